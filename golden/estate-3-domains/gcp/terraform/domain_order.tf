# Domain order, owned by @buestate/order.

resource "google_service_account" "order_api" {
  account_id   = "buestate-order-api"
  display_name = "buestate order-api"
  depends_on   = [google_project_service.this]
}

variable "order_main_password_version" {
  description = "Raise by one to give order-main a new password, in the database and in its secret."
  type        = number
  default     = 1
}

ephemeral "random_password" "order_main" {
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "order_main" {
  # The name of a deleted instance stays taken for a week.
  name                = "buestate-order-main-${random_id.suffix.hex}"
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
      start_time                     = "19:00"
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
      hour         = 22
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

resource "google_compute_address" "order_main_endpoint" {
  name         = "buestate-order-main-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "order_main_endpoint" {
  name                  = "buestate-order-main-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.order_main_endpoint.id
  target                = google_sql_database_instance.order_main.psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "order_main" {
  name      = "order_main"
  instance  = google_sql_database_instance.order_main.name
  charset   = "utf8mb4"
  collation = "utf8mb4_0900_ai_ci"

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "order_main" {
  name                = "app_owner"
  instance            = google_sql_database_instance.order_main.name
  host                = "%"
  password_wo         = ephemeral.random_password.order_main.result
  password_wo_version = var.order_main_password_version
  deletion_policy     = "ABANDON"
}

# Password of app_owner in order-main.
resource "google_secret_manager_secret" "order_main" {
  secret_id           = "buestate-order-main"
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

resource "google_secret_manager_secret_version" "order_main" {
  secret                 = google_secret_manager_secret.order_main.id
  secret_data_wo         = ephemeral.random_password.order_main.result
  secret_data_wo_version = var.order_main_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.order_main]
}

output "order_main_host" {
  description = "Host name of order-main inside the network."
  value       = "order-main.buestate.internal"
}

output "order_main_secret" {
  description = "Secret with the password of app_owner."
  value       = google_secret_manager_secret.order_main.id
}

# Shards of order-main: servers like it, each with a part of some tables. An id is for life.
locals {
  order_main_shards = ["s0", "s1", "s2", "s3"]
}

variable "order_main_shard_password_version" {
  description = "Raise by one to give every shard of order-main a new password, in the database and in its secret."
  type        = number
  default     = 1
}

ephemeral "random_password" "order_main_shard" {
  for_each         = toset(local.order_main_shards)
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "order_main_shard" {
  for_each = toset(local.order_main_shards)

  # The name of a deleted instance stays taken for a week.
  name                = "buestate-order-main-shard-${each.key}-${random_id.suffix.hex}"
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
      start_time                     = "19:00"
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
      hour         = 22
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

resource "google_compute_address" "order_main_shard_endpoint" {
  for_each     = toset(local.order_main_shards)
  name         = "buestate-order-main-shard-${each.key}-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "order_main_shard_endpoint" {
  for_each              = toset(local.order_main_shards)
  name                  = "buestate-order-main-shard-${each.key}-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.order_main_shard_endpoint[each.key].id
  target                = google_sql_database_instance.order_main_shard[each.key].psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "order_main_shard" {
  for_each  = toset(local.order_main_shards)
  name      = "order_main"
  instance  = google_sql_database_instance.order_main_shard[each.key].name
  charset   = "utf8mb4"
  collation = "utf8mb4_0900_ai_ci"

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "order_main_shard" {
  for_each            = toset(local.order_main_shards)
  name                = "app_owner"
  instance            = google_sql_database_instance.order_main_shard[each.key].name
  host                = "%"
  password_wo         = ephemeral.random_password.order_main_shard[each.key].result
  password_wo_version = var.order_main_shard_password_version
  deletion_policy     = "ABANDON"
}

# Password of app_owner in each shard of order-main.
resource "google_secret_manager_secret" "order_main_shard" {
  for_each            = toset(local.order_main_shards)
  secret_id           = "buestate-order-main-shard-${each.key}"
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

resource "google_secret_manager_secret_version" "order_main_shard" {
  for_each               = toset(local.order_main_shards)
  secret                 = google_secret_manager_secret.order_main_shard[each.key].id
  secret_data_wo         = ephemeral.random_password.order_main_shard[each.key].result
  secret_data_wo_version = var.order_main_shard_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.order_main_shard]
}

# Which key is on which shard of order-main. No secret, but applications read it beside those.
resource "google_secret_manager_secret" "order_main_shards_map" {
  secret_id           = "buestate-order-main-shards-map"
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

resource "google_secret_manager_secret_version" "order_main_shards_map" {
  secret      = google_secret_manager_secret.order_main_shards_map.id
  secret_data = "{\"format\":1,\"database\":\"order_main\",\"key\":\"customer_id\",\"tables\":[\"orders\",\"order_items\"],\"reference_tables\":[\"countries\"],\"shards\":[\"s0\",\"s1\",\"s2\",\"s3\"],\"strategy\":\"hash\",\"hash\":{\"function\":\"sha256\",\"of\":\"lower-case text\",\"hex_digits\":7,\"modulo\":4},\"version\":\"638bce8b8e18\"}"

  # The new map is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "order_api_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.order_api.member
}

resource "google_secret_manager_secret_iam_member" "order_api_uses_order_main" {
  secret_id = google_secret_manager_secret.order_main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.order_api.member
}

resource "google_secret_manager_secret_iam_member" "order_api_uses_order_main_shard" {
  for_each  = toset(local.order_main_shards)
  secret_id = google_secret_manager_secret.order_main_shard[each.key].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.order_api.member
}

resource "google_secret_manager_secret_iam_member" "order_api_uses_order_main_shards_map" {
  secret_id = google_secret_manager_secret.order_main_shards_map.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.order_api.member
}

resource "google_dns_record_set" "order_api_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "order-api.buestate.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.internal.address]
}

resource "google_dns_record_set" "order_main_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "order-main.buestate.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.order_main_endpoint.address]
}

resource "google_dns_record_set" "order_main_shard_internal" {
  for_each     = toset(local.order_main_shards)
  managed_zone = google_dns_managed_zone.internal.name
  name         = "order-main-shard-${each.key}.buestate.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.order_main_shard_endpoint[each.key].address]
}

resource "google_compute_firewall" "order_api_from_balancer" {
  name                    = "buestate-order-api-from-balancer"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_ranges           = [google_compute_subnetwork.balancer.ip_cidr_range, "35.191.0.0/16", "130.211.0.0/22"]
  target_service_accounts = [google_service_account.order_api.email]

  allow {
    protocol = "tcp"
    ports    = ["8020"]
  }
}

resource "google_compute_firewall" "order_api_to_order_main" {
  name                    = "buestate-order-api-to-order-main"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.order_main_endpoint.address}/32"]
  target_service_accounts = [google_service_account.order_api.email]

  allow {
    protocol = "tcp"
    ports    = ["3306"]
  }
}

resource "google_compute_firewall" "order_api_to_order_main_shard" {
  name                    = "buestate-order-api-to-order-main-shard"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = formatlist("%s/32", values(google_compute_address.order_main_shard_endpoint)[*].address)
  target_service_accounts = [google_service_account.order_api.email]

  allow {
    protocol = "tcp"
    ports    = ["3306"]
  }
}

resource "google_compute_firewall" "order_api_to_balancer" {
  name                    = "buestate-order-api-to-balancer"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.internal.address}/32"]
  target_service_accounts = [google_service_account.order_api.email]

  allow {
    protocol = "tcp"
    ports    = ["8010"]
  }
}

resource "google_compute_region_health_check" "order_api" {
  name                = "buestate-order-api"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  http_health_check {
    port         = 8020
    request_path = "/health"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

# More patient than the load balancer's: what fails it is replaced.
resource "google_compute_region_health_check" "order_api_healing" {
  name                = "buestate-order-api-healing"
  region              = "asia-northeast3"
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 10

  http_health_check {
    port         = 8020
    request_path = "/health"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_instance_template" "order_api" {
  name_prefix  = "buestate-order-api-"
  region       = "asia-northeast3"
  machine_type = "e2-standard-4"

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
    email = google_service_account.order_api.email

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
      # password of order-main ${var.order_main_password_version}
      # password of order-main-shard ${var.order_main_shard_password_version}
      # map of order-main 638bce8b8e18
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/order-api.env
          permissions: "0600"
          content: |
            CATALOG_API_HOST=catalog-api.buestate.internal
            CATALOG_API_PORT=8010
            CATALOG_API_URL=http://catalog-api.buestate.internal:8010
            MAIN_HOST=order-main.buestate.internal
            MAIN_NAME=order_main
            MAIN_PORT=3306
            MAIN_READ_HOST=order-main.buestate.internal
            MAIN_READ_NAME=order_main
            MAIN_READ_PORT=3306
            MAIN_READ_SECRET=${google_secret_manager_secret.order_main.id}
            MAIN_READ_TLS=require
            MAIN_READ_USER=app_owner
            MAIN_SECRET=${google_secret_manager_secret.order_main.id}
            MAIN_SHARDS=s0 s1 s2 s3
            MAIN_SHARDS_MAP_SECRET=${google_secret_manager_secret.order_main_shards_map.id}
            MAIN_TLS=require
            MAIN_USER=app_owner
            PORT=8020

        - path: /usr/local/bin/buestate-order-api-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/order-api.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/order-api.env "$target.new"

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
            secret MAIN_PASSWORD '${google_secret_manager_secret.order_main.id}'
            secret MAIN_READ_PASSWORD '${google_secret_manager_secret.order_main.id}'
            secret MAIN_SHARDS_MAP '${google_secret_manager_secret.order_main_shards_map.id}'
            while read -r id host identifier <&3; do
              name=MAIN_SHARD_$${id^^}
              printf '%s=%s\n' "$${name}_HOST" "$host" >>"$target.new"
              printf '%s=%s\n' "$${name}_PORT" 3306 "$${name}_NAME" order_main "$${name}_USER" app_owner \
                "$${name}_TLS" require "$${name}_SECRET" "$identifier" >>"$target.new"
              secret "$${name}_PASSWORD" "$identifier"
            done 3</etc/cloudgen/order-api.order-main-shard
            mv "$target.new" "$target"

        # Id, host and the vault's identifier of the password of each shard.
        - path: /etc/cloudgen/order-api.order-main-shard
          content: |
            ${join("\n      ", [for id in local.order_main_shards : "${id} order-main-shard-${id}.buestate.internal ${google_secret_manager_secret.order_main_shard[id].id}"])}

        - path: /etc/systemd/system/buestate-order-api.service
          content: |
            [Unit]
            Description=buestate order-api
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/buestate-order-api-environment
            ExecStartPre=-/usr/bin/docker rm --force order-api
            ExecStart=/usr/bin/docker run --rm --name order-api --env-file /run/cloudgen/order-api.env --publish 8020:8020 --log-driver gcplogs registry.example.com/buestate/order:1.0.0
            ExecStop=/usr/bin/docker stop -t 50 order-api

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, buestate-order-api.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "order_api" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "buestate-order-api-abc"
  region                           = "asia-northeast3"
  base_instance_name               = "buestate-order-api"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b", "asia-northeast3-c"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.order_api.id
  }

  named_port {
    name = "http"
    port = 8020
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.order_api_healing.id
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
    google_compute_firewall.order_api_from_balancer,
    google_compute_firewall.order_api_to_order_main,
    google_compute_firewall.order_api_to_order_main_shard,
    google_compute_firewall.order_api_to_balancer,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.catalog_api_internal,
    google_dns_record_set.order_main_internal,
    google_dns_record_set.order_main_shard_internal,
    google_project_iam_member.order_api_logs,
    google_secret_manager_secret_iam_member.order_api_uses_order_main,
    google_secret_manager_secret_iam_member.order_api_uses_order_main_shard,
    google_secret_manager_secret_iam_member.order_api_uses_order_main_shards_map,
    google_compute_forwarding_rule.order_main_endpoint,
    google_sql_database.order_main,
    google_sql_user.order_main,
    google_secret_manager_secret_version.order_main,
    google_compute_forwarding_rule.order_main_shard_endpoint,
    google_sql_database.order_main_shard,
    google_sql_user.order_main_shard,
    google_secret_manager_secret_version.order_main_shard,
    google_secret_manager_secret_version.order_main_shards_map,
  ]
}

resource "google_compute_region_autoscaler" "order_api" {
  name   = "buestate-order-api-abc"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.order_api.id

  autoscaling_policy {
    min_replicas = 2
    max_replicas = 8

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

resource "google_compute_region_backend_service" "order_api_internal" {
  name                            = "buestate-order-api-internal"
  region                          = "asia-northeast3"
  load_balancing_scheme           = "INTERNAL_MANAGED"
  protocol                        = "HTTP"
  port_name                       = "http"
  timeout_sec                     = 60
  connection_draining_timeout_sec = 60
  health_checks                   = [google_compute_region_health_check.order_api.id]

  backend {
    group           = google_compute_region_instance_group_manager.order_api.instance_group
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

resource "google_monitoring_alert_policy" "order_main_shard_load" {
  for_each              = toset(local.order_main_shards)
  display_name          = "buestate-order-main-shard-load-${each.key}"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "buestate"
    team   = "commerce"
  }

  conditions {
    display_name = "Processor load over 80% for 15 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/cpu/utilization\" AND resource.labels.database_id = \"${data.google_project.this.project_id}:${google_sql_database_instance.order_main_shard[each.key].name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0.8
      duration        = "900s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MEAN"
      }
    }
  }

  documentation {
    content   = "A shard of order-main has had more than 80% processor load for 15 minutes. If the others are as busy, add shards or take larger ones."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "order_main_shard_storage" {
  for_each              = toset(local.order_main_shards)
  display_name          = "buestate-order-main-shard-storage-${each.key}"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "buestate"
    team   = "commerce"
  }

  conditions {
    display_name = "Too little free, and the disk has not grown for 15 minutes"

    condition_prometheus_query_language {
      query = <<-EOT
        cloudsql_googleapis_com:database_disk_quota{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:buestate-order-main-shard-${each.key}-${random_id.suffix.hex}"}
        - cloudsql_googleapis_com:database_disk_bytes_used{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:buestate-order-main-shard-${each.key}-${random_id.suffix.hex}"}
        < 0.75 * clamp_max(5e9 + cloudsql_googleapis_com:database_disk_quota{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:buestate-order-main-shard-${each.key}-${random_id.suffix.hex}"} / 25, 25e9)
      EOT

      duration            = "900s"
      evaluation_interval = "60s"

      # There is no such metric before the first server.
      disable_metric_validation = true
    }
  }

  documentation {
    content   = "The storage of a shard of order-main is nearly full and has not grown by itself for 15 minutes. Look for a failed update among the operations of the instance (`gcloud sql operations list --instance=INSTANCE`), or make it larger: `gcloud sql instances patch INSTANCE --storage-size=SIZE`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "order_main_shard_hot" {
  display_name          = "buestate-order-main-shard-hot"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "buestate"
    team   = "commerce"
  }

  conditions {
    display_name = "25 percentage points above the mean for 15 minutes"

    condition_prometheus_query_language {
      query = <<-EOT
        avg by (database_id) (cloudsql_googleapis_com:database_cpu_utilization{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:buestate-order-main-shard-(s0|s1|s2|s3)-${random_id.suffix.hex}"})
        - on () group_left ()
        avg(cloudsql_googleapis_com:database_cpu_utilization{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:buestate-order-main-shard-(s0|s1|s2|s3)-${random_id.suffix.hex}"})
        > 0.25
      EOT

      duration            = "900s"
      evaluation_interval = "60s"

      # There is no such metric before the first server.
      disable_metric_validation = true
    }
  }

  documentation {
    content   = "A shard of order-main is more than 25 percentage points busier than the mean of all: one key, or one range of customer_id, draws the load."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_dashboard" "order_main_shards" {
  dashboard_json = jsonencode({
    displayName = "buestate-order-main-shards"
    mosaicLayout = {
      columns = 48
      tiles = [
        {
          width  = 24
          height = 16
          widget = {
            title = "Processor load"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "cloudsql_googleapis_com:database_cpu_utilization{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:buestate-order-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"}"
                  unitOverride    = "1"
                }
              }]
            }
          }
        },
        {
          xPos   = 24
          width  = 24
          height = 16
          widget = {
            title = "Free storage"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "cloudsql_googleapis_com:database_disk_quota{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:buestate-order-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"} - cloudsql_googleapis_com:database_disk_bytes_used{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:buestate-order-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"}"
                  unitOverride    = "By"
                }
              }]
            }
          }
        },
        {
          yPos   = 16
          width  = 24
          height = 16
          widget = {
            title = "Connections"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "sum by (database_id) (cloudsql_googleapis_com:database_network_connections{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:buestate-order-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"})"
                  unitOverride    = "1"
                }
              }]
            }
          }
        },
        {
          xPos   = 24
          yPos   = 16
          width  = 24
          height = 16
          widget = {
            title = "Reads and writes of the disk per second"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "rate(cloudsql_googleapis_com:database_disk_read_ops_count{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:buestate-order-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"}[5m]) + rate(cloudsql_googleapis_com:database_disk_write_ops_count{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:buestate-order-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"}[5m])"
                  unitOverride    = "1"
                }
              }]
            }
          }
        },
      ]
    }
  })

  depends_on = [google_project_service.this]
}
