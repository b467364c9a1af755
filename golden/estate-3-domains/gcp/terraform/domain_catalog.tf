# Domain catalog, owned by @buestate/catalog.

resource "google_service_account" "catalog_api" {
  account_id   = "buestate-catalog-api"
  display_name = "buestate catalog-api"
  depends_on   = [google_project_service.this]
}

variable "catalog_main_password_version" {
  description = "Raise by one to give catalog-main a new password, in the database and in its secret."
  type        = number
  default     = 1
}

ephemeral "random_password" "catalog_main" {
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "catalog_main" {
  # The name of a deleted instance stays taken for a week.
  name                = "buestate-catalog-main-${random_id.suffix.hex}"
  region              = "asia-northeast3"
  database_version    = "MYSQL_8_4"
  encryption_key_name = google_kms_crypto_key.main.id
  deletion_protection = true

  settings {
    # Newer engines default to ENTERPRISE_PLUS, which has other tiers.
    edition                     = "ENTERPRISE"
    tier                        = "db-custom-2-8192"
    availability_type           = "REGIONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 50
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
      start_time                     = "18:00"
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
      hour         = 21
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

resource "google_compute_address" "catalog_main_endpoint" {
  name         = "buestate-catalog-main-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "catalog_main_endpoint" {
  name                  = "buestate-catalog-main-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.catalog_main_endpoint.id
  target                = google_sql_database_instance.catalog_main.psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "catalog_main" {
  name      = "catalog_main"
  instance  = google_sql_database_instance.catalog_main.name
  charset   = "utf8mb4"
  collation = "utf8mb4_0900_ai_ci"

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "catalog_main" {
  name                = "app_owner"
  instance            = google_sql_database_instance.catalog_main.name
  host                = "%"
  password_wo         = ephemeral.random_password.catalog_main.result
  password_wo_version = var.catalog_main_password_version
  deletion_policy     = "ABANDON"
}

# Password of app_owner in catalog-main.
resource "google_secret_manager_secret" "catalog_main" {
  secret_id           = "buestate-catalog-main"
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

resource "google_secret_manager_secret_version" "catalog_main" {
  secret                 = google_secret_manager_secret.catalog_main.id
  secret_data_wo         = ephemeral.random_password.catalog_main.result
  secret_data_wo_version = var.catalog_main_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.catalog_main]
}

output "catalog_main_host" {
  description = "Host name of catalog-main inside the network."
  value       = "catalog-main.buestate.internal"
}

output "catalog_main_secret" {
  description = "Secret with the password of app_owner."
  value       = google_secret_manager_secret.catalog_main.id
}

# Read replicas of catalog-main, and the zone of each.
locals {
  catalog_main_replicas = {
    "1" = "asia-northeast3-a"
  }
}

# A replica follows one primary for life, so another primary has other replicas.
# The name of a deleted one stays taken for a week.
resource "random_id" "catalog_main_replica" {
  for_each    = local.catalog_main_replicas
  byte_length = 3

  keepers = {
    primary = google_sql_database_instance.catalog_main.name
  }
}

resource "google_sql_database_instance" "catalog_main_replica" {
  for_each         = local.catalog_main_replicas
  name             = "buestate-catalog-main-read-${each.key}-${random_id.catalog_main_replica[each.key].hex}"
  region           = "asia-northeast3"
  database_version = "MYSQL_8_4"
  instance_type    = "READ_REPLICA_INSTANCE"

  # Encrypted with its primary's key, as every replica in the same region.
  master_instance_name = google_sql_database_instance.catalog_main.name
  deletion_protection  = true

  settings {
    edition           = "ENTERPRISE"
    tier              = "db-custom-2-8192"
    availability_type = "ZONAL"
    disk_type         = "PD_SSD"

    # The primary's may have grown.
    disk_size                   = google_sql_database_instance.catalog_main.settings[0].disk_size
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

resource "google_compute_address" "catalog_main_replica" {
  for_each     = local.catalog_main_replicas
  name         = "buestate-catalog-main-read-${each.key}"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "catalog_main_replica" {
  for_each              = local.catalog_main_replicas
  name                  = "buestate-catalog-main-read-${each.key}"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.catalog_main_replica[each.key].id
  target                = google_sql_database_instance.catalog_main_replica[each.key].psc_service_attachment_link
  recreate_closed_psc   = true
}

output "catalog_main_read_host" {
  description = "Host name of the read replicas of catalog-main inside the network."
  value       = "catalog-main-read.buestate.internal"
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "catalog_api_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.catalog_api.member
}

resource "google_secret_manager_secret_iam_member" "catalog_api_uses_catalog_main" {
  secret_id = google_secret_manager_secret.catalog_main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.catalog_api.member
}

resource "google_dns_record_set" "catalog_api_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "catalog-api.buestate.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.internal.address]
}

resource "google_dns_record_set" "catalog_main_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "catalog-main.buestate.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.catalog_main_endpoint.address]
}

# Every replica's address: a client tries the next one where one does not answer.
resource "google_dns_record_set" "catalog_main_read_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "catalog-main-read.buestate.internal."
  type         = "A"
  ttl          = 10
  rrdatas      = values(google_compute_address.catalog_main_replica)[*].address

  # An address gets into the name once a replica answers there.
  depends_on = [google_compute_forwarding_rule.catalog_main_replica]
}

resource "google_compute_firewall" "catalog_api_from_balancer" {
  name                    = "buestate-catalog-api-from-balancer"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_ranges           = [google_compute_subnetwork.balancer.ip_cidr_range, "35.191.0.0/16", "130.211.0.0/22"]
  target_service_accounts = [google_service_account.catalog_api.email]

  allow {
    protocol = "tcp"
    ports    = ["8010"]
  }
}

resource "google_compute_firewall" "catalog_api_to_catalog_main" {
  name                    = "buestate-catalog-api-to-catalog-main"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.catalog_main_endpoint.address}/32"]
  target_service_accounts = [google_service_account.catalog_api.email]

  allow {
    protocol = "tcp"
    ports    = ["3306"]
  }
}

resource "google_compute_firewall" "catalog_api_to_catalog_main_read" {
  name                    = "buestate-catalog-api-to-catalog-main-read"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = formatlist("%s/32", values(google_compute_address.catalog_main_replica)[*].address)
  target_service_accounts = [google_service_account.catalog_api.email]

  allow {
    protocol = "tcp"
    ports    = ["3306"]
  }
}

resource "google_compute_region_health_check" "catalog_api" {
  name                = "buestate-catalog-api"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  http_health_check {
    port         = 8010
    request_path = "/health"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

# More patient than the load balancer's: what fails it is replaced.
resource "google_compute_region_health_check" "catalog_api_healing" {
  name                = "buestate-catalog-api-healing"
  region              = "asia-northeast3"
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 10

  http_health_check {
    port         = 8010
    request_path = "/health"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_instance_template" "catalog_api" {
  name_prefix  = "buestate-catalog-api-"
  region       = "asia-northeast3"
  machine_type = "e2-standard-2"

  disk {
    boot              = true
    auto_delete       = true
    source_image      = "ubuntu-os-cloud/ubuntu-2404-lts-amd64"
    disk_type         = "pd-balanced"
    disk_size_gb      = 30
    resource_policies = [google_compute_resource_policy.snapshots.id]

    disk_encryption_key {
      kms_key_self_link = google_kms_crypto_key.main.id
    }
  }

  # Without access_config there is no public address.
  network_interface {
    subnetwork = google_compute_subnetwork.application.id
  }

  service_account {
    email = google_service_account.catalog_api.email

    # What it may do is said by its roles.
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  metadata = {
    block-project-ssh-keys = "TRUE"
    enable-oslogin         = "TRUE"
    serial-port-enable     = "FALSE"
    user-data              = <<-EOT
      #cloud-config
      # A change of these numbers replaces the machines, one after the other:
      # rollout ${var.rollout}
      # password of catalog-main ${var.catalog_main_password_version}
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/catalog-api.env
          permissions: "0600"
          content: |
            MAIN_HOST=catalog-main.buestate.internal
            MAIN_NAME=catalog_main
            MAIN_PORT=3306
            MAIN_READ_HOST=catalog-main-read.buestate.internal
            MAIN_READ_NAME=catalog_main
            MAIN_READ_PORT=3306
            MAIN_READ_SECRET=${google_secret_manager_secret.catalog_main.id}
            MAIN_READ_TLS=require
            MAIN_READ_USER=app_owner
            MAIN_SECRET=${google_secret_manager_secret.catalog_main.id}
            MAIN_TLS=require
            MAIN_USER=app_owner
            PORT=8010

        - path: /usr/local/bin/buestate-catalog-api-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/catalog-api.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/catalog-api.env "$target.new"

            # fetch_secret NAME: the newest version of a secret of Secret Manager, as this machine's service account; 44 where it has none.
            fetch_secret() {
              local account token status
              account=http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default
              token=$(curl -sSf --retry 3 --max-time 10 -H 'Metadata-Flavor: Google' "$account/token" | jq -r .access_token) || return 1
              status=$(curl -sS --retry 3 --max-time 10 -H "Authorization: Bearer $token" --output "$target.answer" \
                --write-out '%%{http_code}' "https://secretmanager.googleapis.com/v1/$1/versions/latest:access") || return 1
              case $status in
                200) jq -er .payload.data "$target.answer" | base64 -d || return 1 ;;
                404) return 44 ;;
                *) echo "Secret Manager answered $status for $1" >&2 && return 1 ;;
              esac
              rm -f "$target.answer"
            }

            # secret VARIABLE IDENTIFIER: adds the value of a vault entry; 44 where nobody has filled it yet.
            secret() {
              local value
              value=$(fetch_secret "$2") || return $?
              if [[ $value == *$'\n'* ]]; then
                echo "$1 has several lines, which the environment of a service cannot carry" >&2
                return 1
              fi
              printf '%s=%s\n' "$1" "$value" >>"$target.new"
            }
            secret MAIN_PASSWORD '${google_secret_manager_secret.catalog_main.id}'
            secret MAIN_READ_PASSWORD '${google_secret_manager_secret.catalog_main.id}'
            mv "$target.new" "$target"

        - path: /etc/systemd/system/buestate-catalog-api.service
          content: |
            [Unit]
            Description=buestate catalog-api
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/buestate-catalog-api-environment
            ExecStartPre=-/usr/bin/docker rm --force catalog-api
            ExecStart=/usr/bin/docker run --rm --name catalog-api --env-file /run/cloudgen/catalog-api.env --publish 8010:8010 --log-driver gcplogs registry.example.com/buestate/catalog:1.0.0
            ExecStop=/usr/bin/docker stop -t 50 catalog-api

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, buestate-catalog-api.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "catalog_api" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "buestate-catalog-api-abc"
  region                           = "asia-northeast3"
  base_instance_name               = "buestate-catalog-api"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b", "asia-northeast3-c"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.catalog_api.id
  }

  named_port {
    name = "http"
    port = 8010
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.catalog_api_healing.id
    initial_delay_sec = 600
  }

  # A new machine in each zone first, then an old one goes.
  update_policy {
    type                         = "PROACTIVE"
    minimal_action               = "REPLACE"
    replacement_method           = "SUBSTITUTE"
    instance_redistribution_type = "PROACTIVE"
    max_surge_fixed              = 3
    max_unavailable_fixed        = 0
  }

  lifecycle {
    create_before_destroy = true
  }

  # Machines find their names, their secrets and an open way when they start.
  depends_on = [
    google_compute_route.google_apis,
    google_compute_route.internet,
    google_compute_router_nat.main,
    google_compute_firewall.deny_ingress,
    google_compute_firewall.deny_egress,
    google_compute_firewall.to_google_apis,
    google_compute_firewall.ssh_from_iap,
    google_compute_firewall.deny_network,
    google_compute_firewall.to_internet,
    google_compute_firewall.catalog_api_from_balancer,
    google_compute_firewall.catalog_api_to_catalog_main,
    google_compute_firewall.catalog_api_to_catalog_main_read,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.catalog_main_internal,
    google_dns_record_set.catalog_main_read_internal,
    google_project_iam_member.catalog_api_logs,
    google_secret_manager_secret_iam_member.catalog_api_uses_catalog_main,
    google_compute_forwarding_rule.catalog_main_endpoint,
    google_compute_forwarding_rule.catalog_main_replica,
    google_sql_database.catalog_main,
    google_sql_user.catalog_main,
    google_secret_manager_secret_version.catalog_main,
  ]
}

resource "google_compute_region_autoscaler" "catalog_api" {
  name   = "buestate-catalog-api-abc"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.catalog_api.id

  autoscaling_policy {
    min_replicas = 2
    max_replicas = 6

    # Seconds in which a new machine's load does not count.
    cooldown_period = 600

    cpu_utilization {
      target = 0.6
    }

    # One machine in ten minutes, each drained before it stops.
    scale_in_control {
      max_scaled_in_replicas {
        fixed = 1
      }

      time_window_sec = 600
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_region_backend_service" "catalog_api_internal" {
  name                            = "buestate-catalog-api-internal"
  region                          = "asia-northeast3"
  load_balancing_scheme           = "INTERNAL_MANAGED"
  protocol                        = "HTTP"
  port_name                       = "http"
  timeout_sec                     = 60
  connection_draining_timeout_sec = 60
  health_checks                   = [google_compute_region_health_check.catalog_api.id]

  backend {
    group           = google_compute_region_instance_group_manager.catalog_api.instance_group
    balancing_mode  = "UTILIZATION"
    max_utilization = 0.8
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

resource "google_monitoring_alert_policy" "catalog_main_replica_lag" {
  display_name          = "buestate-catalog-main-replica-lag"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "buestate"
    team   = "commerce"
  }

  conditions {
    display_name = "More than 60 seconds behind for 5 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/replication/replica_lag\" AND resource.labels.database_id = monitoring.regex.full_match(\"${data.google_project.this.project_id}:buestate-catalog-main-read-[0-9]+-[0-9a-f]{6}\")"
      comparison      = "COMPARISON_GT"
      threshold_value = 60
      duration        = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  conditions {
    display_name = "Not replicating for 5 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/replication/replica_lag\" AND resource.labels.database_id = monitoring.regex.full_match(\"${data.google_project.this.project_id}:buestate-catalog-main-read-[0-9]+-[0-9a-f]{6}\")"
      comparison      = "COMPARISON_LT"
      threshold_value = 0
      duration        = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  conditions {
    display_name = "No word of a replica for 5 minutes"

    condition_absent {
      filter   = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/replication/replica_lag\" AND resource.labels.database_id = monitoring.regex.full_match(\"${data.google_project.this.project_id}:buestate-catalog-main-read-[0-9]+-[0-9a-f]{6}\")"
      duration = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "A read replica of catalog-main is more than 60 seconds behind: readers see old data. Look for long transactions and for replicas that are too small. One that does not replicate at all is behind by less than nothing: build it anew."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this, google_sql_database_instance.catalog_main_replica]
}
