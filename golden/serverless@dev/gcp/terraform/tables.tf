resource "google_firestore_database" "products" {
  name                              = "notes-dev-products"
  location_id                       = "asia-northeast3"
  type                              = "FIRESTORE_NATIVE"
  database_edition                  = "STANDARD"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = "DELETE_PROTECTION_DISABLED"

  # By itself Terraform would forget it and leave it there.
  deletion_policy = "DELETE"

  cmek_config {
    kms_key_name = google_kms_crypto_key.main.id
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}
