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
  name                = "buestate-main-${random_id.suffix.hex}"
  region              = "asia-northeast3"
  database_version    = "MYSQL_8_4"
  encryption_key_name = google_kms_crypto_key.main.id
  deletion_protection = true

  settings {
    # Newer engines default to ENTERPRISE_PLUS, which has other tiers.
    edition                     = "ENTERPRISE"
    tier                        = "db-custom-4-16384"
    availability_type           = "REGIONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 200
    disk_autoresize             = true
    deletion_protection_enabled = true

    user_labels = {
      system = "buestate"
      team   = "commerce"
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
      start_time                     = "17:00"
      location                       = "asia-northeast3"
      binary_log_enabled             = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 14
      }
    }

    final_backup_config {
      enabled        = true
      retention_days = 14
    }

    # Sundays, three hours after the backup begins.
    maintenance_window {
      day          = 7
      hour         = 20
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    database_flags {
      name  = "local_infile"
      value = "off"
    }

    database_flags {
      name  = "skip_show_database"
      value = "on"
    }
  }

  # It grows by itself.
  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_address" "main_endpoint" {
  name         = "buestate-main-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "main_endpoint" {
  name                  = "buestate-main-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.main_endpoint.id
  target                = google_sql_database_instance.main.psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "main" {
  name      = "main"
  instance  = google_sql_database_instance.main.name
  charset   = "utf8mb4"
  collation = "utf8mb4_0900_ai_ci"

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "main" {
  name                = "app_owner"
  instance            = google_sql_database_instance.main.name
  host                = "%"
  password_wo         = ephemeral.random_password.main.result
  password_wo_version = var.main_password_version
  deletion_policy     = "ABANDON"
}

# Read replicas of main, and the zone of each.
locals {
  main_replicas = {
    "1" = "asia-northeast3-a"
    "2" = "asia-northeast3-b"
  }
}

# A replica follows one primary for life, so another primary has other replicas.
# The name of a deleted one stays taken for a week.
resource "random_id" "main_replica" {
  for_each    = local.main_replicas
  byte_length = 3

  keepers = {
    primary = google_sql_database_instance.main.name
  }
}

resource "google_sql_database_instance" "main_replica" {
  for_each         = local.main_replicas
  name             = "buestate-main-read-${each.key}-${random_id.main_replica[each.key].hex}"
  region           = "asia-northeast3"
  database_version = "MYSQL_8_4"
  instance_type    = "READ_REPLICA_INSTANCE"

  # Encrypted with its primary's key, as every replica in the same region.
  master_instance_name = google_sql_database_instance.main.name
  deletion_protection  = true

  settings {
    edition           = "ENTERPRISE"
    tier              = "db-custom-4-16384"
    availability_type = "ZONAL"
    disk_type         = "PD_SSD"

    # The primary's may have grown.
    disk_size                   = google_sql_database_instance.main.settings[0].disk_size
    disk_autoresize             = true
    deletion_protection_enabled = true

    user_labels = {
      system = "buestate"
      team   = "commerce"
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

    insights_config {
      query_insights_enabled = true
    }

    database_flags {
      name  = "local_infile"
      value = "off"
    }

    database_flags {
      name  = "skip_show_database"
      value = "on"
    }

    location_preference {
      zone = each.value
    }
  }

  # It grows by itself, and takes no maintenance window of its own.
  lifecycle {
    ignore_changes = [settings[0].disk_size, settings[0].maintenance_window]
  }
}

resource "google_compute_address" "main_replica" {
  for_each     = local.main_replicas
  name         = "buestate-main-read-${each.key}"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "main_replica" {
  for_each              = local.main_replicas
  name                  = "buestate-main-read-${each.key}"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.main_replica[each.key].id
  target                = google_sql_database_instance.main_replica[each.key].psc_service_attachment_link
  recreate_closed_psc   = true
}
