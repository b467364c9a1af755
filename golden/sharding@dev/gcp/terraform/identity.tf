resource "google_service_account" "billing" {
  account_id   = "bumart-dev-billing"
  display_name = "bumart-dev billing"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "market" {
  account_id   = "bumart-dev-market"
  display_name = "bumart-dev market"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "main_proxy" {
  account_id   = "bumart-dev-main-proxy"
  display_name = "bumart-dev main-proxy"
  depends_on   = [google_project_service.this]
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "billing_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.billing.member
}

resource "google_secret_manager_secret_iam_member" "billing_uses_ledger" {
  secret_id = google_secret_manager_secret.ledger.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.billing.member
}

resource "google_secret_manager_secret_iam_member" "billing_uses_ledger_shard" {
  for_each  = toset(local.ledger_shards)
  secret_id = google_secret_manager_secret.ledger_shard[each.key].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.billing.member
}

resource "google_secret_manager_secret_iam_member" "billing_uses_ledger_shards_map" {
  secret_id = google_secret_manager_secret.ledger_shards_map.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.billing.member
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "market_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.market.member
}

resource "google_secret_manager_secret_iam_member" "market_uses_main_proxy" {
  secret_id = google_secret_manager_secret.main_proxy.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.market.member
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "main_proxy_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.main_proxy.member
}

resource "google_secret_manager_secret_iam_member" "main_proxy_uses_main" {
  secret_id = google_secret_manager_secret.main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.main_proxy.member
}

resource "google_secret_manager_secret_iam_member" "main_proxy_uses_main_proxy" {
  secret_id = google_secret_manager_secret.main_proxy.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.main_proxy.member
}

resource "google_secret_manager_secret_iam_member" "main_proxy_uses_main_shard" {
  for_each  = toset(local.main_shards)
  secret_id = google_secret_manager_secret.main_shard[each.key].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.main_proxy.member
}
