# The key of the push service: the owner adds its value, gcloud secrets versions add mediaiot-dev-push-key --data-file=-
resource "google_secret_manager_secret" "push_key" {
  secret_id           = "mediaiot-dev-push-key"
  deletion_protection = false

  replication {
    user_managed {
      replicas {
        location = "asia-northeast3"

        customer_managed_encryption {
          kms_key_name = google_kms_crypto_key.main.id
        }
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}
