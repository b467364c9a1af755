resource "google_service_account" "was" {
  account_id   = "bumarket-was"
  display_name = "bumarket was"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "web" {
  account_id   = "bumarket-web"
  display_name = "bumarket web"
  depends_on   = [google_project_service.this]
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

resource "google_storage_bucket_iam_member" "was_uses_media" {
  bucket = google_storage_bucket.media.name
  role   = "roles/storage.objectUser"
  member = google_service_account.was.member
}

resource "google_secret_manager_secret_iam_member" "was_uses_api_key" {
  secret_id = google_secret_manager_secret.api_key.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.was.member
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "web_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.web.member
}
