# Password of app_owner in main.
resource "google_secret_manager_secret" "main" {
  secret_id           = "buestate-main"
  deletion_protection = true

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

resource "google_secret_manager_secret_version" "main" {
  secret                 = google_secret_manager_secret.main.id
  secret_data_wo         = ephemeral.random_password.main.result
  secret_data_wo_version = var.main_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.main]
}
