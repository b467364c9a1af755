ephemeral "random_password" "ledger" {
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "ledger" {
  # The name of a deleted instance stays taken for a week.
  name                = "bumart-ledger-${random_id.suffix.hex}"
  region              = "asia-northeast3"
  database_version    = "POSTGRES_17"
  encryption_key_name = google_kms_crypto_key.main.id
  deletion_protection = true

  settings {
    # Newer engines default to ENTERPRISE_PLUS, which has other tiers.
    edition                     = "ENTERPRISE"
    tier                        = "db-custom-2-4096"
    availability_type           = "REGIONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 50
    disk_autoresize             = true
    deletion_protection_enabled = true

    user_labels = {
      system = "bumart"
      team   = "market"
    }

    ip_configuration {
      ipv4_enabled = false

      # TLS or nothing.
      ssl_mode = "ENCRYPTED_ONLY"

      psc_config {
        psc_enabled               = true
        allowed_consumer_projects = [data.google_project.this.project_id]
      }
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "19:00"
      location                       = "asia-northeast3"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 7
      }
    }

    final_backup_config {
      enabled        = true
      retention_days = 7
    }

    # Sundays, three hours after the backup begins.
    maintenance_window {
      day          = 7
      hour         = 22
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }

    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }

    database_flags {
      name  = "log_connections"
      value = "on"
    }

    database_flags {
      name  = "log_disconnections"
      value = "on"
    }

    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }

    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }

    database_flags {
      name  = "log_statement"
      value = "ddl"
    }
  }

  # It grows by itself.
  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_address" "ledger_endpoint" {
  name         = "bumart-ledger-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "ledger_endpoint" {
  name                  = "bumart-ledger-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.ledger_endpoint.id
  target                = google_sql_database_instance.ledger.psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "ledger" {
  name     = "ledger"
  instance = google_sql_database_instance.ledger.name

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "ledger" {
  name                = "app_owner"
  instance            = google_sql_database_instance.ledger.name
  password_wo         = ephemeral.random_password.ledger.result
  password_wo_version = var.ledger_password_version
  deletion_policy     = "ABANDON"
}

ephemeral "random_password" "main" {
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "main" {
  # The name of a deleted instance stays taken for a week.
  name                = "bumart-main-${random_id.suffix.hex}"
  region              = "asia-northeast3"
  database_version    = "POSTGRES_17"
  encryption_key_name = google_kms_crypto_key.main.id
  deletion_protection = true

  settings {
    # Newer engines default to ENTERPRISE_PLUS, which has other tiers.
    edition                     = "ENTERPRISE"
    tier                        = "db-custom-2-8192"
    availability_type           = "REGIONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 100
    disk_autoresize             = true
    deletion_protection_enabled = true

    user_labels = {
      system = "bumart"
      team   = "market"
    }

    ip_configuration {
      ipv4_enabled = false

      # TLS or nothing.
      ssl_mode = "ENCRYPTED_ONLY"

      psc_config {
        psc_enabled               = true
        allowed_consumer_projects = [data.google_project.this.project_id]
      }
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "18:00"
      location                       = "asia-northeast3"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 7
      }
    }

    final_backup_config {
      enabled        = true
      retention_days = 7
    }

    # Sundays, three hours after the backup begins.
    maintenance_window {
      day          = 7
      hour         = 21
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }

    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }

    database_flags {
      name  = "log_connections"
      value = "on"
    }

    database_flags {
      name  = "log_disconnections"
      value = "on"
    }

    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }

    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }

    database_flags {
      name  = "log_statement"
      value = "ddl"
    }
  }

  # It grows by itself.
  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_address" "main_endpoint" {
  name         = "bumart-main-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "main_endpoint" {
  name                  = "bumart-main-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.main_endpoint.id
  target                = google_sql_database_instance.main.psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "main" {
  name     = "main"
  instance = google_sql_database_instance.main.name

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "main" {
  name                = "app_owner"
  instance            = google_sql_database_instance.main.name
  password_wo         = ephemeral.random_password.main.result
  password_wo_version = var.main_password_version
  deletion_policy     = "ABANDON"
}

# Shards of ledger: servers like it, each with a part of some tables. An id is for life.
locals {
  ledger_shards = ["east", "west"]
}

ephemeral "random_password" "ledger_shard" {
  for_each         = toset(local.ledger_shards)
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "ledger_shard" {
  for_each = toset(local.ledger_shards)

  # The name of a deleted instance stays taken for a week.
  name                = "bumart-ledger-shard-${each.key}-${random_id.suffix.hex}"
  region              = "asia-northeast3"
  database_version    = "POSTGRES_17"
  encryption_key_name = google_kms_crypto_key.main.id
  deletion_protection = true

  settings {
    # Newer engines default to ENTERPRISE_PLUS, which has other tiers.
    edition                     = "ENTERPRISE"
    tier                        = "db-custom-2-4096"
    availability_type           = "REGIONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 50
    disk_autoresize             = true
    deletion_protection_enabled = true

    user_labels = {
      system = "bumart"
      team   = "market"
    }

    ip_configuration {
      ipv4_enabled = false

      # TLS or nothing.
      ssl_mode = "ENCRYPTED_ONLY"

      psc_config {
        psc_enabled               = true
        allowed_consumer_projects = [data.google_project.this.project_id]
      }
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "19:00"
      location                       = "asia-northeast3"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 7
      }
    }

    final_backup_config {
      enabled        = true
      retention_days = 7
    }

    # Sundays, three hours after the backup begins.
    maintenance_window {
      day          = 7
      hour         = 22
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }

    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }

    database_flags {
      name  = "log_connections"
      value = "on"
    }

    database_flags {
      name  = "log_disconnections"
      value = "on"
    }

    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }

    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }

    database_flags {
      name  = "log_statement"
      value = "ddl"
    }
  }

  # It grows by itself.
  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_address" "ledger_shard_endpoint" {
  for_each     = toset(local.ledger_shards)
  name         = "bumart-ledger-shard-${each.key}-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "ledger_shard_endpoint" {
  for_each              = toset(local.ledger_shards)
  name                  = "bumart-ledger-shard-${each.key}-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.ledger_shard_endpoint[each.key].id
  target                = google_sql_database_instance.ledger_shard[each.key].psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "ledger_shard" {
  for_each = toset(local.ledger_shards)
  name     = "ledger"
  instance = google_sql_database_instance.ledger_shard[each.key].name

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "ledger_shard" {
  for_each            = toset(local.ledger_shards)
  name                = "app_owner"
  instance            = google_sql_database_instance.ledger_shard[each.key].name
  password_wo         = ephemeral.random_password.ledger_shard[each.key].result
  password_wo_version = var.ledger_shard_password_version
  deletion_policy     = "ABANDON"
}

# Shards of main: servers like it, each with a part of some tables. An id is for life.
locals {
  main_shards = ["s0", "s1", "s2", "s3"]
}

ephemeral "random_password" "main_shard" {
  for_each         = toset(local.main_shards)
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "main_shard" {
  for_each = toset(local.main_shards)

  # The name of a deleted instance stays taken for a week.
  name                = "bumart-main-shard-${each.key}-${random_id.suffix.hex}"
  region              = "asia-northeast3"
  database_version    = "POSTGRES_17"
  encryption_key_name = google_kms_crypto_key.main.id
  deletion_protection = true

  settings {
    # Newer engines default to ENTERPRISE_PLUS, which has other tiers.
    edition                     = "ENTERPRISE"
    tier                        = "db-custom-2-8192"
    availability_type           = "REGIONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 200
    disk_autoresize             = true
    deletion_protection_enabled = true

    user_labels = {
      system = "bumart"
      team   = "market"
    }

    ip_configuration {
      ipv4_enabled = false

      # TLS or nothing.
      ssl_mode = "ENCRYPTED_ONLY"

      psc_config {
        psc_enabled               = true
        allowed_consumer_projects = [data.google_project.this.project_id]
      }
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "18:00"
      location                       = "asia-northeast3"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 7
      }
    }

    final_backup_config {
      enabled        = true
      retention_days = 7
    }

    # Sundays, three hours after the backup begins.
    maintenance_window {
      day          = 7
      hour         = 21
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }

    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }

    database_flags {
      name  = "log_connections"
      value = "on"
    }

    database_flags {
      name  = "log_disconnections"
      value = "on"
    }

    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }

    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }

    database_flags {
      name  = "log_statement"
      value = "ddl"
    }
  }

  # It grows by itself.
  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_address" "main_shard_endpoint" {
  for_each     = toset(local.main_shards)
  name         = "bumart-main-shard-${each.key}-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "main_shard_endpoint" {
  for_each              = toset(local.main_shards)
  name                  = "bumart-main-shard-${each.key}-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.main_shard_endpoint[each.key].id
  target                = google_sql_database_instance.main_shard[each.key].psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "main_shard" {
  for_each = toset(local.main_shards)
  name     = "main"
  instance = google_sql_database_instance.main_shard[each.key].name

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "main_shard" {
  for_each            = toset(local.main_shards)
  name                = "app_owner"
  instance            = google_sql_database_instance.main_shard[each.key].name
  password_wo         = ephemeral.random_password.main_shard[each.key].result
  password_wo_version = var.main_shard_password_version
  deletion_policy     = "ABANDON"
}
