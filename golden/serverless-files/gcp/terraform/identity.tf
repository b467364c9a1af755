resource "google_service_account" "summary" {
  account_id   = "uploads-summary"
  display_name = "uploads summary"
  depends_on   = [google_project_service.this]
}

# Whom Pub/Sub brings messages to functions as.
resource "google_service_account" "triggers" {
  account_id   = "uploads-triggers"
  display_name = "uploads triggers of functions"
  depends_on   = [google_project_service.this]
}

resource "google_service_account_iam_member" "triggers" {
  service_account_id = "projects/${data.google_project.this.project_id}/serviceAccounts/${google_service_account.triggers.email}"
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = google_project_service_identity.pubsub.member
}

resource "google_storage_bucket_iam_member" "summary_uses_all_of_media" {
  bucket = google_storage_bucket.media.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.summary.member
}

resource "google_storage_bucket_iam_member" "summary_uses_media" {
  bucket = google_storage_bucket.media.name
  role   = "roles/storage.objectUser"
  member = google_service_account.summary.member

  condition {
    title      = "summaries/"
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.media.name}/objects/summaries/\")"
  }
}

resource "google_project_iam_member" "summary_uses_found" {
  project = data.google_project.this.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.summary.member

  condition {
    title      = "uploads-found"
    expression = "resource.name == \"${google_firestore_database.found.id}\""
  }
}

# Whom functions are built as. It is none of those that they run as.
resource "google_service_account" "build" {
  account_id   = "uploads-build"
  display_name = "uploads builds of functions"
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

resource "google_cloud_run_v2_service_iam_member" "summary_called_by_triggers" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.summary.name
  role     = "roles/run.invoker"
  member   = google_service_account.triggers.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.summary.id]
  }
}
