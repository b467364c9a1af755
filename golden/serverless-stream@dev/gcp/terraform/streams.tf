resource "google_pubsub_topic" "readings" {
  name         = "sensors-dev-readings"
  kms_key_name = google_kms_crypto_key.main.id

  # Also what was acknowledged: who reads can go back as far.
  message_retention_duration = "172800s"

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}
