# Domain pay, owned by @bumall/pay.

resource "google_service_account" "pay_api" {
  account_id   = "bumall-dev-pay-api"
  display_name = "bumall-dev pay-api"
  depends_on   = [google_project_service.this]
}

variable "pay_main_password_version" {
  description = "Raise by one to give pay-main a new password, in the database and in its secret."
  type        = number
  default     = 1
}

ephemeral "random_password" "pay_main" {
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "pay_main" {
  # The name of a deleted instance stays taken for a week.
  name                = "bumall-dev-pay-main-${random_id.suffix.hex}"
  region              = "asia-northeast3"
  database_version    = "POSTGRES_17"
  encryption_key_name = google_kms_crypto_key.main.id
  deletion_protection = false

  settings {
    # Newer engines default to ENTERPRISE_PLUS, which has other tiers.
    edition                     = "ENTERPRISE"
    tier                        = "db-custom-2-4096"
    availability_type           = "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 20
    disk_autoresize             = true
    deletion_protection_enabled = false

    user_labels = {
      environment = "dev"
      system      = "bumall"
      team        = "platform"
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

resource "google_compute_address" "pay_main_endpoint" {
  name         = "bumall-dev-pay-main-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "pay_main_endpoint" {
  name                  = "bumall-dev-pay-main-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.pay_main_endpoint.id
  target                = google_sql_database_instance.pay_main.psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "pay_main" {
  name     = "pay_main"
  instance = google_sql_database_instance.pay_main.name

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "pay_main" {
  name                = "app_owner"
  instance            = google_sql_database_instance.pay_main.name
  password_wo         = ephemeral.random_password.pay_main.result
  password_wo_version = var.pay_main_password_version
  deletion_policy     = "ABANDON"
}

# Password of app_owner in pay-main.
resource "google_secret_manager_secret" "pay_main" {
  secret_id           = "bumall-dev-pay-main"
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

resource "google_secret_manager_secret_version" "pay_main" {
  secret                 = google_secret_manager_secret.pay_main.id
  secret_data_wo         = ephemeral.random_password.pay_main.result
  secret_data_wo_version = var.pay_main_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.pay_main]
}

output "pay_main_host" {
  description = "Host name of pay-main inside the network."
  value       = "pay-main.bumall.internal"
}

output "pay_main_secret" {
  description = "Secret with the password of app_owner."
  value       = google_secret_manager_secret.pay_main.id
}

resource "google_pubsub_topic" "pay_paid" {
  name         = "bumall-dev-pay-paid"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# Key of the payment provider: the owner adds its value, gcloud secrets versions add bumall-dev-pay-psp-key --data-file=-
resource "google_secret_manager_secret" "pay_psp_key" {
  secret_id           = "bumall-dev-pay-psp-key"
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

resource "google_secret_manager_secret_iam_member" "pay_api_uses_pay_main" {
  secret_id = google_secret_manager_secret.pay_main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.pay_api.member
}

resource "google_secret_manager_secret_iam_member" "pay_api_uses_pay_psp_key" {
  secret_id = google_secret_manager_secret.pay_psp_key.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.pay_api.member
}

resource "google_project_iam_member" "pay_api_uses_session" {
  project = data.google_project.this.project_id
  role    = "roles/memorystore.dbConnectionUser"
  member  = google_service_account.pay_api.member

  condition {
    title      = "bumall-dev-session"
    expression = "resource.name == \"${google_memorystore_instance.session.id}\""
  }
}

resource "google_pubsub_topic_iam_member" "pay_api_uses_pay_paid" {
  topic  = google_pubsub_topic.pay_paid.name
  role   = "roles/pubsub.publisher"
  member = google_service_account.pay_api.member
}

resource "google_dns_record_set" "pay_api_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "pay-api.bumall.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.internal.address]
}

resource "google_dns_record_set" "pay_main_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "pay-main.bumall.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.pay_main_endpoint.address]
}

resource "google_compute_firewall" "pay_api_run_to_pay_main" {
  name               = "bumall-dev-pay-api-run-to-pay-main"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["${google_compute_address.pay_main_endpoint.address}/32"]
  target_tags        = ["bumall-dev-pay-api"]

  allow {
    protocol = "tcp"
    ports    = ["5432"]
  }
}

resource "google_compute_firewall" "pay_api_run_to_session" {
  name               = "bumall-dev-pay-api-run-to-session"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["${local.session_address}/32"]
  target_tags        = ["bumall-dev-pay-api"]

  allow {
    protocol = "tcp"
    ports    = ["6379"]
  }
}

resource "google_compute_firewall" "pay_api_run_to_balancer" {
  name               = "bumall-dev-pay-api-run-to-balancer"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["${google_compute_address.internal.address}/32"]
  target_tags        = ["bumall-dev-pay-api"]

  allow {
    protocol = "tcp"
    ports    = ["8082"]
  }
}

variable "pay_psp_key_secret_version" {
  description = "Version of the secret pay-psp-key that containers get; 0 until its owner has filled it."
  type        = number
  default     = 0
}

resource "google_secret_manager_secret_iam_member" "pay_api_uses_session_authority" {
  secret_id = google_secret_manager_secret.session_authority.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.pay_api.member
}

resource "google_cloud_run_v2_service" "pay_api" {
  name     = "bumall-dev-pay-api"
  location = "asia-northeast3"

  # Through a load balancer and in no other way. It cannot say who it is, so nobody is asked:
  # who reaches it is said by the firewall rules of those who call.
  ingress              = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  default_uri_disabled = true
  invoker_iam_disabled = true

  # It holds nothing that would be lost with it.
  deletion_protection = false

  scaling {
    min_instance_count = 1
  }

  template {
    # Another number makes a revision of its own.
    labels = {
      rollout = var.rollout
    }

    service_account                  = google_service_account.pay_api.email
    encryption_key                   = google_kms_crypto_key.main.id
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = 160

    # Of a request.
    timeout = "60s"

    scaling {
      max_instance_count = 1
    }

    vpc_access {
      # What goes out goes through the network: firewall rules, private names, address translation.
      egress = "ALL_TRAFFIC"

      network_interfaces {
        subnetwork = google_compute_subnetwork.containers.id
        tags       = ["bumall-dev", "bumall-dev-pay-api"]
      }
    }

    containers {
      image = "asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/bumall-dev-pay/pay:2.0.0"

      resources {
        limits = {
          cpu    = "2"
          memory = "4Gi"
        }

        # Processors are there between requests too, as on a machine.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      ports {
        container_port = 8081
      }

      startup_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 24

        http_get {
          path = "/healthz"
          port = 8081
        }
      }

      # More patient: what fails it is restarted.
      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 10
        failure_threshold = 10

        http_get {
          path = "/healthz"
          port = 8081
        }
      }

      env {
        name  = "MAIN_HOST"
        value = "pay-main.bumall.internal"
      }

      env {
        name  = "MAIN_NAME"
        value = "pay_main"
      }

      env {
        name = "MAIN_PASSWORD"

        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.pay_main.secret_id
            version = google_secret_manager_secret_version.pay_main.version
          }
        }
      }

      env {
        name  = "MAIN_PORT"
        value = "5432"
      }

      env {
        name  = "MAIN_READ_HOST"
        value = "pay-main.bumall.internal"
      }

      env {
        name  = "MAIN_READ_NAME"
        value = "pay_main"
      }

      env {
        name = "MAIN_READ_PASSWORD"

        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.pay_main.secret_id
            version = google_secret_manager_secret_version.pay_main.version
          }
        }
      }

      env {
        name  = "MAIN_READ_PORT"
        value = "5432"
      }

      env {
        name  = "MAIN_READ_SECRET"
        value = google_secret_manager_secret.pay_main.id
      }

      env {
        name  = "MAIN_READ_TLS"
        value = "require"
      }

      env {
        name  = "MAIN_READ_USER"
        value = "app_owner"
      }

      env {
        name  = "MAIN_SECRET"
        value = google_secret_manager_secret.pay_main.id
      }

      env {
        name  = "MAIN_TLS"
        value = "require"
      }

      env {
        name  = "MAIN_USER"
        value = "app_owner"
      }

      env {
        name  = "PAID_ENDPOINT"
        value = "pubsub.googleapis.com:443"
      }

      env {
        name  = "PAID_PROTOCOL"
        value = "pubsub"
      }

      env {
        name  = "PAID_TOPIC"
        value = "projects/${data.google_project.this.project_id}/topics/bumall-dev-pay-paid"
      }

      dynamic "env" {
        for_each = var.pay_psp_key_secret_version > 0 ? [var.pay_psp_key_secret_version] : []

        content {
          name = "PSP_KEY"

          value_source {
            secret_key_ref {
              secret  = google_secret_manager_secret.pay_psp_key.secret_id
              version = env.value
            }
          }
        }
      }

      env {
        name  = "PSP_KEY_SECRET"
        value = google_secret_manager_secret.pay_psp_key.id
      }

      env {
        name  = "SESSION_AUTH"
        value = "token"
      }

      env {
        name  = "SESSION_CA_FILE"
        value = "/etc/cloudgen/trust/session/authority.pem"
      }

      env {
        name  = "SESSION_HOST"
        value = "session.bumall.internal"
      }

      env {
        name  = "SESSION_PORT"
        value = "6379"
      }

      env {
        name  = "SESSION_TLS"
        value = "require"
      }

      env {
        name  = "SESSION_USER"
        value = ""
      }

      env {
        name  = "SHIP_API_HOST"
        value = "ship-api.bumall.internal"
      }

      env {
        name  = "SHIP_API_PORT"
        value = "8082"
      }

      env {
        name  = "SHIP_API_URL"
        value = "http://ship-api.bumall.internal:8082"
      }

      volume_mounts {
        name       = "session"
        mount_path = "/etc/cloudgen/trust/session"
      }
    }

    volumes {
      name = "session"

      secret {
        secret = google_secret_manager_secret.session_authority.secret_id

        items {
          path    = "authority.pem"
          version = google_secret_manager_secret_version.session_authority.version
        }
      }
    }
  }

  # Containers find their names, their secrets and an open way when they start.
  depends_on = [
    google_compute_route.google_apis,
    google_compute_route.internet,
    google_compute_router_nat.main,
    google_compute_firewall.deny_egress_of_containers,
    google_compute_firewall.to_google_apis_of_containers,
    google_compute_firewall.deny_network_of_containers,
    google_compute_firewall.to_internet_of_containers,
    google_compute_firewall.pay_api_run_to_pay_main,
    google_compute_firewall.pay_api_run_to_session,
    google_compute_firewall.pay_api_run_to_balancer,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.artifact_registry,
    google_dns_record_set.artifact_registry_any,
    google_dns_record_set.ship_api_internal,
    google_dns_record_set.pay_main_internal,
    google_dns_record_set.session_internal,
    google_secret_manager_secret_iam_member.pay_api_uses_pay_main,
    google_secret_manager_secret_iam_member.pay_api_uses_pay_psp_key,
    google_project_iam_member.pay_api_uses_session,
    google_pubsub_topic_iam_member.pay_api_uses_pay_paid,
    google_compute_forwarding_rule.pay_main_endpoint,
    google_sql_database.pay_main,
    google_sql_user.pay_main,
    google_secret_manager_secret_version.pay_main,
    google_pubsub_subscription.market_mailer_from_pay_paid,
    google_pubsub_subscription.ship_worker_from_pay_paid,
    google_artifact_registry_repository_iam_member.images_of_containers,
    google_kms_crypto_key_iam_member.agents,
    google_secret_manager_secret_iam_member.pay_api_uses_session_authority,
  ]
}

resource "google_compute_region_network_endpoint_group" "pay_api" {
  name                  = "bumall-dev-pay-api"
  region                = "asia-northeast3"
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.pay_api.name
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Cloud Run knows which containers are well and how long a request may take: a check or a time here would be refused.
resource "google_compute_region_backend_service" "pay_api_internal_run" {
  name                  = "bumall-dev-pay-api-internal-run"
  region                = "asia-northeast3"
  load_balancing_scheme = "INTERNAL_MANAGED"
  protocol              = "HTTPS"

  backend {
    group           = google_compute_region_network_endpoint_group.pay_api.id
    balancing_mode  = "UTILIZATION"
    capacity_scaler = 1
  }

  log_config {
    enable      = true
    sample_rate = 1
  }

  lifecycle {
    create_before_destroy = true
  }
}
