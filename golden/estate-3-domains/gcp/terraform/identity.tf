resource "google_service_account" "report" {
  account_id   = "buestate-report"
  display_name = "buestate report"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "was" {
  account_id   = "buestate-was"
  display_name = "buestate was"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "web" {
  account_id   = "buestate-web"
  display_name = "buestate web"
  depends_on   = [google_project_service.this]
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "report_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.report.member
}

resource "google_secret_manager_secret_iam_member" "report_uses_main" {
  secret_id = google_secret_manager_secret.main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.report.member
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "was_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.was.member
}

resource "google_secret_manager_secret_iam_member" "was_uses_main" {
  secret_id = google_secret_manager_secret.main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.was.member
}

resource "google_storage_bucket_iam_member" "was_uses_documents" {
  bucket = google_storage_bucket.documents.name
  role   = "roles/storage.objectUser"
  member = google_service_account.was.member
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "web_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.web.member
}
