# Password of app_owner in ledger.
resource "google_secret_manager_secret" "ledger" {
  secret_id           = "bumart-dev-ledger"
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

resource "google_secret_manager_secret_version" "ledger" {
  secret                 = google_secret_manager_secret.ledger.id
  secret_data_wo         = ephemeral.random_password.ledger.result
  secret_data_wo_version = var.ledger_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.ledger]
}

# Password of app_owner in main.
resource "google_secret_manager_secret" "main" {
  secret_id           = "bumart-dev-main"
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

# Password of app_owner in each shard of ledger.
resource "google_secret_manager_secret" "ledger_shard" {
  for_each            = toset(local.ledger_shards)
  secret_id           = "bumart-dev-ledger-shard-${each.key}"
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

resource "google_secret_manager_secret_version" "ledger_shard" {
  for_each               = toset(local.ledger_shards)
  secret                 = google_secret_manager_secret.ledger_shard[each.key].id
  secret_data_wo         = ephemeral.random_password.ledger_shard[each.key].result
  secret_data_wo_version = var.ledger_shard_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.ledger_shard]
}

# Which key is on which shard of ledger. No secret, but applications read it beside those.
resource "google_secret_manager_secret" "ledger_shards_map" {
  secret_id           = "bumart-dev-ledger-shards-map"
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

resource "google_secret_manager_secret_version" "ledger_shards_map" {
  secret      = google_secret_manager_secret.ledger_shards_map.id
  secret_data = "{\"format\":1,\"database\":\"ledger\",\"key\":\"tenant\",\"tables\":[\"entries\"],\"reference_tables\":[],\"shards\":[\"east\",\"west\"],\"strategy\":\"directory\",\"directory\":{\"acme\":\"east\",\"globex\":\"west\",\"initech\":\"west\"},\"default\":\"east\",\"version\":\"5623c7998444\"}"

  # The new map is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

# Password of app_owner in each shard of main.
resource "google_secret_manager_secret" "main_shard" {
  for_each            = toset(local.main_shards)
  secret_id           = "bumart-dev-main-shard-${each.key}"
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

resource "google_secret_manager_secret_version" "main_shard" {
  for_each               = toset(local.main_shards)
  secret                 = google_secret_manager_secret.main_shard[each.key].id
  secret_data_wo         = ephemeral.random_password.main_shard[each.key].result
  secret_data_wo_version = var.main_shard_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.main_shard]
}

ephemeral "random_password" "main_proxy" {
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

# Password of app_owner at main-proxy.
resource "google_secret_manager_secret" "main_proxy" {
  secret_id           = "bumart-dev-main-proxy"
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

resource "google_secret_manager_secret_version" "main_proxy" {
  secret                 = google_secret_manager_secret.main_proxy.id
  secret_data_wo         = ephemeral.random_password.main_proxy.result
  secret_data_wo_version = var.main_proxy_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}
