resource "google_service_account" "intake" {
  account_id   = "mediaiot-intake"
  display_name = "mediaiot intake"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "alarm" {
  account_id   = "mediaiot-alarm"
  display_name = "mediaiot alarm"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "archive" {
  account_id   = "mediaiot-archive"
  display_name = "mediaiot archive"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "close" {
  account_id   = "mediaiot-close"
  display_name = "mediaiot close"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "hot" {
  account_id   = "mediaiot-hot"
  display_name = "mediaiot hot"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "mean" {
  account_id   = "mediaiot-mean"
  display_name = "mediaiot mean"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "means_api" {
  account_id   = "mediaiot-means-api"
  display_name = "mediaiot means-api"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "notify" {
  account_id   = "mediaiot-notify"
  display_name = "mediaiot notify"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "pictures_api" {
  account_id   = "mediaiot-pictures-api"
  display_name = "mediaiot pictures-api"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "report" {
  account_id   = "mediaiot-report"
  display_name = "mediaiot report"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "rollup" {
  account_id   = "mediaiot-rollup"
  display_name = "mediaiot rollup"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "summary" {
  account_id   = "mediaiot-summary"
  display_name = "mediaiot summary"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "nightly" {
  account_id   = "mediaiot-nightly"
  display_name = "mediaiot workflow nightly"
  depends_on   = [google_project_service.this]
}

# Whom Pub/Sub brings messages to functions as.
resource "google_service_account" "triggers" {
  account_id   = "mediaiot-triggers"
  display_name = "mediaiot triggers of functions"
  depends_on   = [google_project_service.this]
}

resource "google_service_account_iam_member" "triggers" {
  service_account_id = "projects/${data.google_project.this.project_id}/serviceAccounts/${google_service_account.triggers.email}"
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = google_project_service_identity.pubsub.member
}

# Google's own role that inserts rows also deletes tables.
resource "google_project_iam_custom_role" "inserter" {
  # The id of a deleted role stays taken for some weeks.
  role_id     = "mediaiot_inserter_${random_id.suffix.hex}"
  title       = "mediaiot inserts rows"
  description = "Inserts rows into tables of BigQuery, and reads none"
  permissions = ["bigquery.tables.get", "bigquery.tables.updateData"]
  depends_on  = [google_project_service.this]
}

# Whom Pub/Sub writes rows as.
resource "google_service_account" "facts" {
  account_id   = "mediaiot-facts"
  display_name = "mediaiot rows of facts"
  depends_on   = [google_project_service.this]
}

resource "google_service_account_iam_member" "facts" {
  service_account_id = "projects/${data.google_project.this.project_id}/serviceAccounts/${google_service_account.facts.email}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_project_service_identity.pubsub.member
}

# On this one table; Pub/Sub asks for this role.
resource "google_bigquery_table_iam_member" "facts_readings_filled" {
  dataset_id = google_bigquery_table.facts_readings.dataset_id
  table_id   = google_bigquery_table.facts_readings.table_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.facts.member
}

resource "google_pubsub_topic_iam_member" "intake_uses_readings" {
  topic  = google_pubsub_topic.readings.name
  role   = "roles/pubsub.publisher"
  member = google_service_account.intake.member
}

resource "google_storage_bucket_iam_member" "archive_uses_raw" {
  bucket = google_storage_bucket.raw.name
  role   = "roles/storage.objectUser"
  member = google_service_account.archive.member
}

resource "google_project_iam_member" "archive_uses_means" {
  project = data.google_project.this.project_id
  role    = "roles/datastore.viewer"
  member  = google_service_account.archive.member

  condition {
    title      = "mediaiot-means"
    expression = "resource.name == \"${google_firestore_database.means.id}\""
  }
}

resource "google_pubsub_topic_iam_member" "hot_uses_alerts" {
  topic  = google_pubsub_topic.alerts.name
  role   = "roles/pubsub.publisher"
  member = google_service_account.hot.member
}

resource "google_storage_bucket_iam_member" "mean_uses_raw" {
  bucket = google_storage_bucket.raw.name
  role   = "roles/storage.objectUser"
  member = google_service_account.mean.member
}

resource "google_project_iam_member" "mean_uses_means" {
  project = data.google_project.this.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.mean.member

  condition {
    title      = "mediaiot-means"
    expression = "resource.name == \"${google_firestore_database.means.id}\""
  }
}

resource "google_project_iam_member" "means_api_uses_means" {
  project = data.google_project.this.project_id
  role    = "roles/datastore.viewer"
  member  = google_service_account.means_api.member

  condition {
    title      = "mediaiot-means"
    expression = "resource.name == \"${google_firestore_database.means.id}\""
  }
}

resource "google_secret_manager_secret_iam_member" "notify_uses_push_key" {
  secret_id = google_secret_manager_secret.push_key.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.notify.member
}

resource "google_project_iam_member" "pictures_api_uses_pictures" {
  project = data.google_project.this.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.pictures_api.member

  condition {
    title      = "mediaiot-pictures"
    expression = "resource.name == \"${google_firestore_database.pictures.id}\""
  }
}

resource "google_bigquery_dataset_iam_member" "rollup_uses_facts" {
  dataset_id = google_bigquery_dataset.facts.dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = google_service_account.rollup.member
}

resource "google_project_iam_member" "rollup_uses_jobs_of_bigquery" {
  project = data.google_project.this.project_id
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.rollup.member
}

resource "google_bigquery_table_iam_member" "rollup_uses_rows_of_facts_days" {
  dataset_id = google_bigquery_dataset.facts.dataset_id
  table_id   = google_bigquery_table.facts_days.table_id
  role       = google_project_iam_custom_role.inserter.name
  member     = google_service_account.rollup.member
}

resource "google_bigquery_table_iam_member" "rollup_uses_rows_of_facts_readings" {
  dataset_id = google_bigquery_dataset.facts.dataset_id
  table_id   = google_bigquery_table.facts_readings.table_id
  role       = google_project_iam_custom_role.inserter.name
  member     = google_service_account.rollup.member
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

resource "google_pubsub_topic_iam_member" "summary_uses_uploaded" {
  topic  = google_pubsub_topic.uploaded.name
  role   = "roles/pubsub.publisher"
  member = google_service_account.summary.member
}

resource "google_project_iam_member" "summary_uses_pictures" {
  project = data.google_project.this.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.summary.member

  condition {
    title      = "mediaiot-pictures"
    expression = "resource.name == \"${google_firestore_database.pictures.id}\""
  }
}

# Whom functions are built as. It is none of those that they run as.
resource "google_service_account" "build" {
  account_id   = "mediaiot-build"
  display_name = "mediaiot builds of functions"
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

resource "google_cloud_run_v2_service_iam_member" "alarm_called_by_triggers" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.alarm.name
  role     = "roles/run.invoker"
  member   = google_service_account.triggers.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.alarm.id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "archive_called_by_nightly" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.archive.name
  role     = "roles/run.invoker"
  member   = google_service_account.nightly.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.archive.id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "close_called_by_nightly" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.close.name
  role     = "roles/run.invoker"
  member   = google_service_account.nightly.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.close.id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "hot_called_by_triggers" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.hot.name
  role     = "roles/run.invoker"
  member   = google_service_account.triggers.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.hot.id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "mean_called_by_triggers" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.mean.name
  role     = "roles/run.invoker"
  member   = google_service_account.triggers.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.mean.id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "notify_called_by_triggers" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.notify.name
  role     = "roles/run.invoker"
  member   = google_service_account.triggers.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.notify.id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "report_called_by_nightly" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.report.name
  role     = "roles/run.invoker"
  member   = google_service_account.nightly.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.report.id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "rollup_called_by_nightly" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.rollup.name
  role     = "roles/run.invoker"
  member   = google_service_account.nightly.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.rollup.id]
  }
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

# Whom Cloud Scheduler starts workflows as.
resource "google_service_account" "schedules" {
  account_id   = "mediaiot-schedules"
  display_name = "mediaiot schedules of workflows"
  depends_on   = [google_project_service.this]
}

# Can be granted on the project only.
resource "google_project_iam_member" "schedules" {
  project = data.google_project.this.project_id
  role    = "roles/workflows.invoker"
  member  = google_service_account.schedules.member
}

resource "google_service_account_iam_member" "schedules" {
  service_account_id = "projects/${data.google_project.this.project_id}/serviceAccounts/${google_service_account.schedules.email}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_project_service_identity.cloudscheduler.member
}

resource "google_cloud_run_v2_service_iam_member" "means_api_called_by_api_public" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.means_api.name
  role     = "roles/run.invoker"
  member   = google_service_account.api_public.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.means_api.id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "pictures_api_called_by_api_public" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.pictures_api.name
  role     = "roles/run.invoker"
  member   = google_service_account.api_public.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.pictures_api.id]
  }
}
