# Password of app_owner in main.
resource "google_secret_manager_secret" "main" {
  secret_id           = "bushop-dev-main"
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

# The owner adds its value, gcloud secrets versions add bushop-dev-search-key --data-file=-
resource "google_secret_manager_secret" "search_key" {
  secret_id           = "bushop-dev-search-key"
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
