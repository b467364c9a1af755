# The authority that signed the certificate of session. No secret, but containers get their files from here.
resource "google_secret_manager_secret" "session_authority" {
  secret_id           = "bumall-session-authority"
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

resource "google_secret_manager_secret_version" "session_authority" {
  secret      = google_secret_manager_secret.session_authority.id
  secret_data = local.session_authority

  # The new certificates are there before the old ones go.
  lifecycle {
    create_before_destroy = true
  }
}
