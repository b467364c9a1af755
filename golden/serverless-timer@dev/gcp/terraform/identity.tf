resource "google_service_account" "close" {
  account_id   = "nightly-dev-close"
  display_name = "nightly-dev close"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "mailer" {
  account_id   = "nightly-dev-mailer"
  display_name = "nightly-dev mailer"
  depends_on   = [google_project_service.this]
}

# Whom Pub/Sub brings messages to functions as.
resource "google_service_account" "triggers" {
  account_id   = "nightly-dev-triggers"
  display_name = "nightly-dev triggers of functions"
  depends_on   = [google_project_service.this]
}

resource "google_service_account_iam_member" "triggers" {
  service_account_id = "projects/${data.google_project.this.project_id}/serviceAccounts/${google_service_account.triggers.email}"
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = google_project_service_identity.pubsub.member
}

resource "google_storage_bucket_iam_member" "close_uses_reports" {
  bucket = google_storage_bucket.reports.name
  role   = "roles/storage.objectUser"
  member = google_service_account.close.member
}

resource "google_pubsub_topic_iam_member" "close_uses_mails" {
  topic  = google_pubsub_topic.mails.name
  role   = "roles/pubsub.publisher"
  member = google_service_account.close.member
}

resource "google_secret_manager_secret_iam_member" "mailer_uses_mail_key" {
  secret_id = google_secret_manager_secret.mail_key.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.mailer.member
}

# Whom functions are built as. It is none of those that they run as.
resource "google_service_account" "build" {
  account_id   = "nightly-dev-build"
  display_name = "nightly-dev builds of functions"
  depends_on   = [google_project_service.this]
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "build_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build_reads_sources" {
  bucket = google_storage_bucket.function_sources.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

# Cloud Functions builds from a copy, in a bucket that it makes itself with the first function of the region.
resource "google_project_iam_member" "build_reads_copies" {
  project = data.google_project.this.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title      = "sources of functions"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${data.google_project.this.number}-asia-northeast3\")"
  }
}

resource "google_artifact_registry_repository_iam_member" "build_writes_images" {
  location   = google_artifact_registry_repository.functions.location
  repository = google_artifact_registry_repository.functions.repository_id
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

# A grant takes about a minute to be known everywhere. A build that comes sooner fails.
resource "time_sleep" "build" {
  create_duration = "60s"

  depends_on = [
    google_project_iam_member.build_logs,
    google_storage_bucket_iam_member.build_reads_sources,
    google_project_iam_member.build_reads_copies,
    google_artifact_registry_repository_iam_member.build_writes_images,
  ]
}

resource "google_cloud_run_v2_service_iam_member" "close_called_by_triggers" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.close.name
  role     = "roles/run.invoker"
  member   = google_service_account.triggers.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.close.id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "mailer_called_by_triggers" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.mailer.name
  role     = "roles/run.invoker"
  member   = google_service_account.triggers.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.mailer.id]
  }
}
