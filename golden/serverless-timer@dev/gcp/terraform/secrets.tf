# The owner adds its value, gcloud secrets versions add nightly-dev-mail-key --data-file=-
resource "google_secret_manager_secret" "mail_key" {
  secret_id           = "nightly-dev-mail-key"
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
