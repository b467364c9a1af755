resource "google_service_account" "catalog" {
  account_id   = "bushop-dev-catalog"
  display_name = "bushop-dev catalog"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "checkout" {
  account_id   = "bushop-dev-checkout"
  display_name = "bushop-dev checkout"
  depends_on   = [google_project_service.this]
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "catalog_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.catalog.member
}

resource "google_secret_manager_secret_iam_member" "catalog_uses_main" {
  secret_id = google_secret_manager_secret.main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.catalog.member
}

resource "google_secret_manager_secret_iam_member" "catalog_uses_search_key" {
  secret_id = google_secret_manager_secret.search_key.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.catalog.member
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "checkout_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.checkout.member
}

resource "google_secret_manager_secret_iam_member" "checkout_uses_main" {
  secret_id = google_secret_manager_secret.main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.checkout.member
}
