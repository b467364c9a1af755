# Domain ship, owned by @bumall/logistics.

resource "google_service_account" "ship_api" {
  account_id   = "bumall-dev-ship-api"
  display_name = "bumall-dev ship-api"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "ship_worker" {
  account_id   = "bumall-dev-ship-worker"
  display_name = "bumall-dev ship-worker"
  depends_on   = [google_project_service.this]
}

variable "ship_main_password_version" {
  description = "Raise by one to give ship-main a new password, in the database and in its secret."
  type        = number
  default     = 1
}

ephemeral "random_password" "ship_main" {
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "ship_main" {
  # The name of a deleted instance stays taken for a week.
  name                = "bumall-dev-ship-main-${random_id.suffix.hex}"
  region              = "asia-northeast3"
  database_version    = "MYSQL_8_4"
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
      start_time                     = "20:00"
      location                       = "asia-northeast3"
      binary_log_enabled             = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 7
      }
    }

    # Sundays, three hours after the backup begins.
    maintenance_window {
      day          = 7
      hour         = 23
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

resource "google_compute_address" "ship_main_endpoint" {
  name         = "bumall-dev-ship-main-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "ship_main_endpoint" {
  name                  = "bumall-dev-ship-main-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.ship_main_endpoint.id
  target                = google_sql_database_instance.ship_main.psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "ship_main" {
  name      = "ship_main"
  instance  = google_sql_database_instance.ship_main.name
  charset   = "utf8mb4"
  collation = "utf8mb4_0900_ai_ci"

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "ship_main" {
  name                = "app_owner"
  instance            = google_sql_database_instance.ship_main.name
  host                = "%"
  password_wo         = ephemeral.random_password.ship_main.result
  password_wo_version = var.ship_main_password_version
  deletion_policy     = "ABANDON"
}

# Password of app_owner in ship-main.
resource "google_secret_manager_secret" "ship_main" {
  secret_id           = "bumall-dev-ship-main"
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

resource "google_secret_manager_secret_version" "ship_main" {
  secret                 = google_secret_manager_secret.ship_main.id
  secret_data_wo         = ephemeral.random_password.ship_main.result
  secret_data_wo_version = var.ship_main_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.ship_main]
}

output "ship_main_host" {
  description = "Host name of ship-main inside the network."
  value       = "ship-main.bumall.internal"
}

output "ship_main_secret" {
  description = "Secret with the password of app_owner."
  value       = google_secret_manager_secret.ship_main.id
}

resource "google_pubsub_topic" "ship_orders" {
  name         = "bumall-dev-ship-orders"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic" "ship_orders_dead" {
  name         = "bumall-dev-ship-orders-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "ship_orders_dead" {
  name                       = "bumall-dev-ship-orders-dead"
  topic                      = google_pubsub_topic.ship_orders_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "ship_orders" {
  name                       = "bumall-dev-ship-orders"
  topic                      = google_pubsub_topic.ship_orders.id
  ack_deadline_seconds       = 120
  message_retention_duration = "345600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.ship_orders_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "120s"
  }
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "ship_orders" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.ship_orders.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "ship_orders_dead" {
  topic  = google_pubsub_topic.ship_orders_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic" "ship_worker_from_pay_paid_dead" {
  name         = "bumall-dev-ship-worker-from-pay-paid-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "ship_worker_from_pay_paid_dead" {
  name                       = "bumall-dev-ship-worker-from-pay-paid-dead"
  topic                      = google_pubsub_topic.ship_worker_from_pay_paid_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "ship_worker_from_pay_paid" {
  name                       = "bumall-dev-ship-worker-from-pay-paid"
  topic                      = google_pubsub_topic.pay_paid.id
  ack_deadline_seconds       = 60
  message_retention_duration = "345600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  # Cannot be changed: another filter is another subscription, without the messages that wait.
  filter = "attributes.kind = \"paid\" OR attributes.kind = \"refunded\""

  # In order for each ordering key, and not again once it is acknowledged.
  enable_message_ordering      = true
  enable_exactly_once_delivery = true

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.ship_worker_from_pay_paid_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "60s"
  }
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "ship_worker_from_pay_paid" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.ship_worker_from_pay_paid.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "ship_worker_from_pay_paid_dead" {
  topic  = google_pubsub_topic.ship_worker_from_pay_paid_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "ship_api_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.ship_api.member
}

resource "google_secret_manager_secret_iam_member" "ship_api_uses_ship_main" {
  secret_id = google_secret_manager_secret.ship_main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.ship_api.member
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "ship_worker_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.ship_worker.member
}

resource "google_secret_manager_secret_iam_member" "ship_worker_uses_ship_main" {
  secret_id = google_secret_manager_secret.ship_main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.ship_worker.member
}

resource "google_pubsub_subscription_iam_member" "ship_worker_uses_ship_orders" {
  subscription = google_pubsub_subscription.ship_orders.id
  role         = "roles/pubsub.subscriber"
  member       = google_service_account.ship_worker.member
}

resource "google_pubsub_subscription_iam_member" "ship_worker_uses_ship_worker_from_pay_paid" {
  subscription = google_pubsub_subscription.ship_worker_from_pay_paid.id
  role         = "roles/pubsub.subscriber"
  member       = google_service_account.ship_worker.member
}

resource "google_dns_record_set" "ship_api_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "ship-api.bumall.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.internal.address]
}

resource "google_dns_record_set" "ship_main_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "ship-main.bumall.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.ship_main_endpoint.address]
}

resource "google_compute_firewall" "ship_api_from_balancer" {
  name                    = "bumall-dev-ship-api-from-balancer"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_ranges           = [google_compute_subnetwork.balancer.ip_cidr_range, "35.191.0.0/16", "130.211.0.0/22"]
  target_service_accounts = [google_service_account.ship_api.email]

  allow {
    protocol = "tcp"
    ports    = ["8082"]
  }
}

resource "google_compute_firewall" "ship_api_to_ship_main" {
  name                    = "bumall-dev-ship-api-to-ship-main"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.ship_main_endpoint.address}/32"]
  target_service_accounts = [google_service_account.ship_api.email]

  allow {
    protocol = "tcp"
    ports    = ["3306"]
  }
}

resource "google_compute_firewall" "ship_worker_to_ship_main" {
  name                    = "bumall-dev-ship-worker-to-ship-main"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.ship_main_endpoint.address}/32"]
  target_service_accounts = [google_service_account.ship_worker.email]

  allow {
    protocol = "tcp"
    ports    = ["3306"]
  }
}

resource "google_compute_region_health_check" "ship_api" {
  name                = "bumall-dev-ship-api"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  http_health_check {
    port         = 8082
    request_path = "/healthz"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

# More patient than the load balancer's: what fails it is replaced.
resource "google_compute_region_health_check" "ship_api_healing" {
  name                = "bumall-dev-ship-api-healing"
  region              = "asia-northeast3"
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 10

  http_health_check {
    port         = 8082
    request_path = "/healthz"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_instance_template" "ship_api" {
  name_prefix  = "bumall-dev-ship-api-"
  region       = "asia-northeast3"
  machine_type = "e2-custom-2-4096"

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
    email = google_service_account.ship_api.email

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
      # password of ship-main ${var.ship_main_password_version}
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/ship-api.env
          permissions: "0600"
          content: |
            MAIN_HOST=ship-main.bumall.internal
            MAIN_NAME=ship_main
            MAIN_PORT=3306
            MAIN_READ_HOST=ship-main.bumall.internal
            MAIN_READ_NAME=ship_main
            MAIN_READ_PORT=3306
            MAIN_READ_SECRET=${google_secret_manager_secret.ship_main.id}
            MAIN_READ_TLS=require
            MAIN_READ_USER=app_owner
            MAIN_SECRET=${google_secret_manager_secret.ship_main.id}
            MAIN_TLS=require
            MAIN_USER=app_owner
            PORT=8082

        - path: /usr/local/bin/bumall-dev-ship-api-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/ship-api.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/ship-api.env "$target.new"

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
            secret MAIN_PASSWORD '${google_secret_manager_secret.ship_main.id}'
            secret MAIN_READ_PASSWORD '${google_secret_manager_secret.ship_main.id}'
            mv "$target.new" "$target"

        - path: /etc/systemd/system/bumall-dev-ship-api.service
          content: |
            [Unit]
            Description=bumall-dev ship-api
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/bumall-dev-ship-api-environment
            ExecStartPre=-/usr/bin/docker rm --force ship-api
            ExecStart=/usr/bin/docker run --rm --name ship-api --env-file /run/cloudgen/ship-api.env --publish 8082:8082 --log-driver gcplogs registry.example.com/bumall/ship:2.0.0
            ExecStop=/usr/bin/docker stop -t 50 ship-api

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, bumall-dev-ship-api.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "ship_api" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "bumall-dev-ship-api-ab"
  region                           = "asia-northeast3"
  base_instance_name               = "bumall-dev-ship-api"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.ship_api.id
  }

  named_port {
    name = "http"
    port = 8082
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.ship_api_healing.id
    initial_delay_sec = 300
  }

  # A new machine in each zone first, then an old one goes.
  update_policy {
    type                         = "PROACTIVE"
    minimal_action               = "REPLACE"
    replacement_method           = "SUBSTITUTE"
    instance_redistribution_type = "PROACTIVE"
    max_surge_fixed              = 2
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
    google_compute_firewall.ship_api_from_balancer,
    google_compute_firewall.ship_api_to_ship_main,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.ship_main_internal,
    google_project_iam_member.ship_api_logs,
    google_secret_manager_secret_iam_member.ship_api_uses_ship_main,
    google_compute_forwarding_rule.ship_main_endpoint,
    google_sql_database.ship_main,
    google_sql_user.ship_main,
    google_secret_manager_secret_version.ship_main,
  ]
}

resource "google_compute_region_autoscaler" "ship_api" {
  name   = "bumall-dev-ship-api-ab"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.ship_api.id

  autoscaling_policy {
    min_replicas = 1
    max_replicas = 1

    # Seconds in which a new machine's load does not count.
    cooldown_period = 300

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

resource "google_compute_region_instance_template" "ship_worker" {
  name_prefix  = "bumall-dev-ship-worker-"
  region       = "asia-northeast3"
  machine_type = "e2-custom-2-4096"

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
    email = google_service_account.ship_worker.email

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
      # password of ship-main ${var.ship_main_password_version}
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/ship-worker.env
          permissions: "0600"
          content: |
            MAIN_HOST=ship-main.bumall.internal
            MAIN_NAME=ship_main
            MAIN_PORT=3306
            MAIN_READ_HOST=ship-main.bumall.internal
            MAIN_READ_NAME=ship_main
            MAIN_READ_PORT=3306
            MAIN_READ_SECRET=${google_secret_manager_secret.ship_main.id}
            MAIN_READ_TLS=require
            MAIN_READ_USER=app_owner
            MAIN_SECRET=${google_secret_manager_secret.ship_main.id}
            MAIN_TLS=require
            MAIN_USER=app_owner
            ORDERS_BATCH=10
            ORDERS_SOURCE=projects/${data.google_project.this.project_id}/subscriptions/bumall-dev-ship-orders
            ORDERS_SOURCE_ENDPOINT=pubsub.googleapis.com:443
            ORDERS_SOURCE_PROTOCOL=pubsub
            ORDERS_VISIBILITY_SECONDS=120
            PAY_PAID_BATCH=10
            PAY_PAID_SOURCE=projects/${data.google_project.this.project_id}/subscriptions/bumall-dev-ship-worker-from-pay-paid
            PAY_PAID_SOURCE_ENDPOINT=pubsub.googleapis.com:443
            PAY_PAID_SOURCE_PROTOCOL=pubsub
            PAY_PAID_VISIBILITY_SECONDS=60

        - path: /usr/local/bin/bumall-dev-ship-worker-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/ship-worker.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/ship-worker.env "$target.new"

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
            secret MAIN_PASSWORD '${google_secret_manager_secret.ship_main.id}'
            secret MAIN_READ_PASSWORD '${google_secret_manager_secret.ship_main.id}'
            mv "$target.new" "$target"

        - path: /etc/systemd/system/bumall-dev-ship-worker.service
          content: |
            [Unit]
            Description=bumall-dev ship-worker
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/bumall-dev-ship-worker-environment
            ExecStartPre=-/usr/bin/docker rm --force ship-worker
            ExecStart=/usr/bin/docker run --rm --name ship-worker --env-file /run/cloudgen/ship-worker.env --log-driver gcplogs registry.example.com/bumall/ship-worker:2.0.0
            ExecStop=/usr/bin/docker stop -t 50 ship-worker

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, bumall-dev-ship-worker.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "ship_worker" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "bumall-dev-ship-worker-ab"
  region                           = "asia-northeast3"
  base_instance_name               = "bumall-dev-ship-worker"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.ship_worker.id
  }

  # A new machine in each zone first, then an old one goes.
  update_policy {
    type                         = "PROACTIVE"
    minimal_action               = "REPLACE"
    replacement_method           = "SUBSTITUTE"
    instance_redistribution_type = "PROACTIVE"
    max_surge_fixed              = 2
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
    google_compute_firewall.ship_worker_to_ship_main,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.ship_main_internal,
    google_project_iam_member.ship_worker_logs,
    google_secret_manager_secret_iam_member.ship_worker_uses_ship_main,
    google_pubsub_subscription_iam_member.ship_worker_uses_ship_orders,
    google_pubsub_subscription_iam_member.ship_worker_uses_ship_worker_from_pay_paid,
    google_compute_forwarding_rule.ship_main_endpoint,
    google_sql_database.ship_main,
    google_sql_user.ship_main,
    google_secret_manager_secret_version.ship_main,
  ]
}

resource "google_compute_region_autoscaler" "ship_worker" {
  name   = "bumall-dev-ship-worker-ab"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.ship_worker.id

  autoscaling_policy {
    min_replicas = 1
    max_replicas = 10

    # Seconds in which a new machine's load does not count.
    cooldown_period = 300

    cpu_utilization {
      target = 0.6
    }

    # One machine for so many messages that wait; the greatest need of all wins.
    metric {
      name                       = "pubsub.googleapis.com/subscription/num_undelivered_messages"
      filter                     = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.ship_orders.name}\""
      single_instance_assignment = 50
    }

    metric {
      name                       = "pubsub.googleapis.com/subscription/num_undelivered_messages"
      filter                     = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.ship_worker_from_pay_paid.name}\""
      single_instance_assignment = 50
    }

    # One machine in ten minutes. What it has not finished is handed out again.
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

resource "google_compute_region_backend_service" "ship_api_internal" {
  name                            = "bumall-dev-ship-api-internal"
  region                          = "asia-northeast3"
  load_balancing_scheme           = "INTERNAL_MANAGED"
  protocol                        = "HTTP"
  port_name                       = "http"
  timeout_sec                     = 60
  connection_draining_timeout_sec = 60
  health_checks                   = [google_compute_region_health_check.ship_api.id]

  backend {
    group           = google_compute_region_instance_group_manager.ship_api.instance_group
    balancing_mode  = "UTILIZATION"
    max_utilization = 0.8
    capacity_scaler = 1
  }

  log_config {
    enable      = true
    sample_rate = 1
  }
}

resource "google_monitoring_alert_policy" "ship_orders_dead" {
  display_name          = "bumall-dev-ship-orders-dead"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "bumall"
    team        = "platform"
  }

  conditions {
    display_name = "There are dead letters"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.ship_orders_dead.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "ship-orders has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "ship_orders_waiting" {
  display_name          = "bumall-dev-ship-orders-waiting"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "bumall"
    team        = "platform"
  }

  conditions {
    display_name = "The oldest message waits for more than 15 minutes"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.ship_orders.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 900
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "A message of ship-orders has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "ship_worker_from_pay_paid_dead" {
  display_name          = "bumall-dev-ship-worker-from-pay-paid-dead"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "bumall"
    team        = "platform"
  }

  conditions {
    display_name = "There are dead letters"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.ship_worker_from_pay_paid_dead.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "ship-worker-from-pay-paid has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "ship_worker_from_pay_paid_waiting" {
  display_name          = "bumall-dev-ship-worker-from-pay-paid-waiting"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "bumall"
    team        = "platform"
  }

  conditions {
    display_name = "The oldest message waits for more than 15 minutes"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.ship_worker_from_pay_paid.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 900
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "A message of ship-worker-from-pay-paid has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}
