# A key ring can never be deleted, so a system that is made again needs a new name.
resource "google_kms_key_ring" "main" {
  name       = "mediaiot-dev-${random_id.suffix.hex}"
  location   = "asia-northeast3"
  depends_on = [google_project_service.this]
}

resource "google_kms_crypto_key" "main" {
  name            = "main"
  key_ring        = google_kms_key_ring.main.id
  rotation_period = "7776000s"
}

resource "google_project_service_identity" "secretmanager" {
  provider   = google-beta
  service    = "secretmanager.googleapis.com"
  depends_on = [google_project_service.this]
}

resource "google_project_service_identity" "pubsub" {
  provider   = google-beta
  service    = "pubsub.googleapis.com"
  depends_on = [google_project_service.this]
}

resource "google_project_service_identity" "run" {
  provider   = google-beta
  service    = "run.googleapis.com"
  depends_on = [google_project_service.this]
}

resource "google_project_service_identity" "artifactregistry" {
  provider   = google-beta
  service    = "artifactregistry.googleapis.com"
  depends_on = [google_project_service.this]
}

resource "google_project_service_identity" "cloudfunctions" {
  provider   = google-beta
  service    = "cloudfunctions.googleapis.com"
  depends_on = [google_project_service.this]
}

resource "google_project_service_identity" "firestore" {
  provider   = google-beta
  service    = "firestore.googleapis.com"
  depends_on = [google_project_service.this]
}

resource "google_project_service_identity" "workflows" {
  provider   = google-beta
  service    = "workflows.googleapis.com"
  depends_on = [google_project_service.this]
}

# Cloud Storage makes its agent when it is asked for it.
data "google_storage_project_service_account" "this" {}

# BigQuery makes its agent when it is asked for it.
data "google_bigquery_default_service_account" "this" {
  depends_on = [google_project_service.this]
}

# The agents of Google's services encrypt and decrypt; workloads never see the key.
resource "google_kms_crypto_key_iam_member" "agents" {
  for_each = {
    compute          = "serviceAccount:service-${data.google_project.this.number}@compute-system.iam.gserviceaccount.com"
    secretmanager    = google_project_service_identity.secretmanager.member
    pubsub           = google_project_service_identity.pubsub.member
    run              = google_project_service_identity.run.member
    artifactregistry = google_project_service_identity.artifactregistry.member
    cloudfunctions   = google_project_service_identity.cloudfunctions.member
    firestore        = google_project_service_identity.firestore.member
    workflows        = google_project_service_identity.workflows.member
    storage          = data.google_storage_project_service_account.this.member
    bigquery         = "serviceAccount:bq-${data.google_project.this.number}@bigquery-encryption.iam.gserviceaccount.com"
  }

  crypto_key_id = google_kms_crypto_key.main.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
  depends_on    = [data.google_bigquery_default_service_account.this]
}
