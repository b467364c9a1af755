# Domain market, owned by @bumall/market.

resource "google_service_account" "market_mailer" {
  account_id   = "bumall-dev-market-mailer"
  display_name = "bumall-dev market-mailer"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "market_web" {
  account_id   = "bumall-dev-market-web"
  display_name = "bumall-dev market-web"
  depends_on   = [google_project_service.this]
}

variable "market_main_password_version" {
  description = "Raise by one to give market-main a new password, in the database and in its secret."
  type        = number
  default     = 1
}

ephemeral "random_password" "market_main" {
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "market_main" {
  # The name of a deleted instance stays taken for a week.
  name                = "bumall-dev-market-main-${random_id.suffix.hex}"
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
      start_time                     = "18:00"
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

resource "google_compute_address" "market_main_endpoint" {
  name         = "bumall-dev-market-main-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "market_main_endpoint" {
  name                  = "bumall-dev-market-main-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.market_main_endpoint.id
  target                = google_sql_database_instance.market_main.psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "market_main" {
  name     = "market_main"
  instance = google_sql_database_instance.market_main.name

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "market_main" {
  name                = "app_owner"
  instance            = google_sql_database_instance.market_main.name
  password_wo         = ephemeral.random_password.market_main.result
  password_wo_version = var.market_main_password_version
  deletion_policy     = "ABANDON"
}

# Password of app_owner in market-main.
resource "google_secret_manager_secret" "market_main" {
  secret_id           = "bumall-dev-market-main"
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

resource "google_secret_manager_secret_version" "market_main" {
  secret                 = google_secret_manager_secret.market_main.id
  secret_data_wo         = ephemeral.random_password.market_main.result
  secret_data_wo_version = var.market_main_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.market_main]
}

output "market_main_host" {
  description = "Host name of market-main inside the network."
  value       = "market-main.bumall.internal"
}

output "market_main_secret" {
  description = "Secret with the password of app_owner."
  value       = google_secret_manager_secret.market_main.id
}

resource "google_pubsub_topic" "market_mailer_from_pay_paid_dead" {
  name         = "bumall-dev-market-mailer-from-pay-paid-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "market_mailer_from_pay_paid_dead" {
  name                       = "bumall-dev-market-mailer-from-pay-paid-dead"
  topic                      = google_pubsub_topic.market_mailer_from_pay_paid_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "market_mailer_from_pay_paid" {
  name                       = "bumall-dev-market-mailer-from-pay-paid"
  topic                      = google_pubsub_topic.pay_paid.id
  ack_deadline_seconds       = 60
  message_retention_duration = "345600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  # In order for each ordering key, and not again once it is acknowledged.
  enable_message_ordering      = true
  enable_exactly_once_delivery = true

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.market_mailer_from_pay_paid_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "60s"
  }
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "market_mailer_from_pay_paid" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.market_mailer_from_pay_paid.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "market_mailer_from_pay_paid_dead" {
  topic  = google_pubsub_topic.market_mailer_from_pay_paid_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "market_mailer_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.market_mailer.member
}

resource "google_artifact_registry_repository_iam_member" "market_mailer_images" {
  location   = google_artifact_registry_repository.images["mailer"].location
  repository = google_artifact_registry_repository.images["mailer"].repository_id
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.market_mailer.member
}

resource "google_pubsub_subscription_iam_member" "market_mailer_uses_market_mailer_from_pay_paid" {
  subscription = google_pubsub_subscription.market_mailer_from_pay_paid.id
  role         = "roles/pubsub.subscriber"
  member       = google_service_account.market_mailer.member
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "market_web_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.market_web.member
}

resource "google_artifact_registry_repository_iam_member" "market_web_images" {
  location   = google_artifact_registry_repository.images["market"].location
  repository = google_artifact_registry_repository.images["market"].repository_id
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.market_web.member
}

resource "google_secret_manager_secret_iam_member" "market_web_uses_market_main" {
  secret_id = google_secret_manager_secret.market_main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.market_web.member
}

resource "google_storage_bucket_iam_member" "market_web_uses_media" {
  bucket = google_storage_bucket.media.name
  role   = "roles/storage.objectUser"
  member = google_service_account.market_web.member
}

resource "google_project_iam_member" "market_web_uses_session" {
  project = data.google_project.this.project_id
  role    = "roles/memorystore.dbConnectionUser"
  member  = google_service_account.market_web.member

  condition {
    title      = "bumall-dev-session"
    expression = "resource.name == \"${google_memorystore_instance.session.id}\""
  }
}

resource "google_pubsub_topic_iam_member" "market_web_uses_ship_orders" {
  topic  = google_pubsub_topic.ship_orders.name
  role   = "roles/pubsub.publisher"
  member = google_service_account.market_web.member
}

resource "google_dns_record_set" "market_main_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "market-main.bumall.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.market_main_endpoint.address]
}

resource "google_compute_firewall" "market_web_from_balancer" {
  name                    = "bumall-dev-market-web-from-balancer"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_ranges           = [google_compute_subnetwork.balancer.ip_cidr_range, "35.191.0.0/16", "130.211.0.0/22"]
  target_service_accounts = [google_service_account.market_web.email]

  allow {
    protocol = "tcp"
    ports    = ["8080"]
  }
}

resource "google_compute_firewall" "market_web_to_market_main" {
  name                    = "bumall-dev-market-web-to-market-main"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.market_main_endpoint.address}/32"]
  target_service_accounts = [google_service_account.market_web.email]

  allow {
    protocol = "tcp"
    ports    = ["5432"]
  }
}

resource "google_compute_firewall" "market_web_to_session" {
  name                    = "bumall-dev-market-web-to-session"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${local.session_address}/32"]
  target_service_accounts = [google_service_account.market_web.email]

  allow {
    protocol = "tcp"
    ports    = ["6379"]
  }
}

resource "google_compute_firewall" "market_web_to_balancer" {
  name                    = "bumall-dev-market-web-to-balancer"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.internal.address}/32"]
  target_service_accounts = [google_service_account.market_web.email]

  allow {
    protocol = "tcp"
    ports    = ["8081"]
  }
}

resource "google_compute_region_instance_template" "market_mailer" {
  name_prefix  = "bumall-dev-market-mailer-"
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
    email = google_service_account.market_mailer.email

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
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/market-mailer.env
          permissions: "0600"
          content: |
            PAY_PAID_BATCH=10
            PAY_PAID_SOURCE=projects/${data.google_project.this.project_id}/subscriptions/bumall-dev-market-mailer-from-pay-paid
            PAY_PAID_SOURCE_ENDPOINT=pubsub.googleapis.com:443
            PAY_PAID_SOURCE_PROTOCOL=pubsub
            PAY_PAID_VISIBILITY_SECONDS=60

        - path: /usr/local/bin/bumall-dev-market-mailer-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/market-mailer.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/market-mailer.env "$target.new"

            # The registry wants to know who asks; the credentials stay in memory.
            export DOCKER_CONFIG=/run/cloudgen/docker
            account=http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default
            curl -sSf --retry 3 --max-time 10 -H 'Metadata-Flavor: Google' "$account/token" | jq -r .access_token \
              | docker login --username oauth2accesstoken --password-stdin https://asia-northeast3-docker.pkg.dev
            docker pull --quiet asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/bumall-dev-mailer/mailer:1.0.0
            mv "$target.new" "$target"

        - path: /etc/systemd/system/bumall-dev-market-mailer.service
          content: |
            [Unit]
            Description=bumall-dev market-mailer
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/bumall-dev-market-mailer-environment
            ExecStartPre=-/usr/bin/docker rm --force market-mailer
            ExecStart=/usr/bin/docker run --rm --name market-mailer --env-file /run/cloudgen/market-mailer.env --log-driver gcplogs asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/bumall-dev-mailer/mailer:1.0.0
            ExecStop=/usr/bin/docker stop -t 50 market-mailer

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, bumall-dev-market-mailer.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "market_mailer" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "bumall-dev-market-mailer-ab"
  region                           = "asia-northeast3"
  base_instance_name               = "bumall-dev-market-mailer"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.market_mailer.id
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
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.artifact_registry,
    google_dns_record_set.artifact_registry_any,
    google_project_iam_member.market_mailer_logs,
    google_artifact_registry_repository_iam_member.market_mailer_images,
    google_pubsub_subscription_iam_member.market_mailer_uses_market_mailer_from_pay_paid,
  ]
}

resource "google_compute_region_autoscaler" "market_mailer" {
  name   = "bumall-dev-market-mailer-ab"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.market_mailer.id

  autoscaling_policy {
    min_replicas = 1
    max_replicas = 2

    # Seconds in which a new machine's load does not count.
    cooldown_period = 300

    cpu_utilization {
      target = 0.6
    }

    # One machine for so many messages that wait; the greatest need of all wins.
    metric {
      name                       = "pubsub.googleapis.com/subscription/num_undelivered_messages"
      filter                     = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.market_mailer_from_pay_paid.name}\""
      single_instance_assignment = 100
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

resource "google_compute_region_health_check" "market_web" {
  name                = "bumall-dev-market-web"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  http_health_check {
    port         = 8080
    request_path = "/healthz"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

# More patient than the load balancer's: what fails it is replaced.
resource "google_compute_region_health_check" "market_web_healing" {
  name                = "bumall-dev-market-web-healing"
  region              = "asia-northeast3"
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 10

  http_health_check {
    port         = 8080
    request_path = "/healthz"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_instance_template" "market_web" {
  name_prefix  = "bumall-dev-market-web-"
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
    email = google_service_account.market_web.email

    # What it may do is said by its roles.
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  metadata = {
    session-authority      = local.session_authority
    block-project-ssh-keys = "TRUE"
    enable-oslogin         = "TRUE"
    serial-port-enable     = "FALSE"
    user-data              = <<-EOT
      #cloud-config
      # A change of these numbers replaces the machines, one after the other:
      # rollout ${var.rollout}
      # password of market-main ${var.market_main_password_version}
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/market-web.env
          permissions: "0600"
          content: |
            MAIN_HOST=market-main.bumall.internal
            MAIN_NAME=market_main
            MAIN_PORT=5432
            MAIN_READ_HOST=market-main.bumall.internal
            MAIN_READ_NAME=market_main
            MAIN_READ_PORT=5432
            MAIN_READ_SECRET=${google_secret_manager_secret.market_main.id}
            MAIN_READ_TLS=require
            MAIN_READ_USER=app_owner
            MAIN_SECRET=${google_secret_manager_secret.market_main.id}
            MAIN_TLS=require
            MAIN_USER=app_owner
            MEDIA_BUCKET=${google_storage_bucket.media.name}
            MEDIA_ENDPOINT=https://storage.googleapis.com
            MEDIA_REGION=asia-northeast3
            PAY_API_HOST=pay-api.bumall.internal
            PAY_API_PORT=8081
            PAY_API_URL=http://pay-api.bumall.internal:8081
            PORT=8080
            SESSION_AUTH=token
            SESSION_CA_FILE=/etc/cloudgen/trust/session.pem
            SESSION_HOST=session.bumall.internal
            SESSION_PORT=6379
            SESSION_TLS=require
            SESSION_USER=
            SHIP_ORDERS_ENDPOINT=pubsub.googleapis.com:443
            SHIP_ORDERS_PROTOCOL=pubsub
            SHIP_ORDERS_QUEUE=projects/${data.google_project.this.project_id}/topics/bumall-dev-ship-orders

        - path: /usr/local/bin/bumall-dev-market-web-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/market-web.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/market-web.env "$target.new"

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
            secret MAIN_PASSWORD '${google_secret_manager_secret.market_main.id}'
            secret MAIN_READ_PASSWORD '${google_secret_manager_secret.market_main.id}'

            # The authority that signed the certificate of session. The container's user may read it.
            install -d -m 0755 /etc/cloudgen/trust
            curl -sSf --retry 3 --max-time 10 -H 'Metadata-Flavor: Google' \
              http://metadata.google.internal/computeMetadata/v1/instance/attributes/session-authority \
              | install -m 0644 /dev/stdin /etc/cloudgen/trust/session.pem

            # The registry wants to know who asks; the credentials stay in memory.
            export DOCKER_CONFIG=/run/cloudgen/docker
            account=http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default
            curl -sSf --retry 3 --max-time 10 -H 'Metadata-Flavor: Google' "$account/token" | jq -r .access_token \
              | docker login --username oauth2accesstoken --password-stdin https://asia-northeast3-docker.pkg.dev
            docker pull --quiet asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/bumall-dev-market/market:2.0.0
            mv "$target.new" "$target"

        - path: /etc/systemd/system/bumall-dev-market-web.service
          content: |
            [Unit]
            Description=bumall-dev market-web
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/bumall-dev-market-web-environment
            ExecStartPre=-/usr/bin/docker rm --force market-web
            ExecStart=/usr/bin/docker run --rm --name market-web --env-file /run/cloudgen/market-web.env --publish 8080:8080 --volume /etc/cloudgen/trust:/etc/cloudgen/trust:ro --log-driver gcplogs asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/bumall-dev-market/market:2.0.0
            ExecStop=/usr/bin/docker stop -t 50 market-web

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, bumall-dev-market-web.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "market_web" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "bumall-dev-market-web-ab"
  region                           = "asia-northeast3"
  base_instance_name               = "bumall-dev-market-web"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.market_web.id
  }

  named_port {
    name = "http"
    port = 8080
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.market_web_healing.id
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
    google_compute_firewall.market_web_from_balancer,
    google_compute_firewall.market_web_to_market_main,
    google_compute_firewall.market_web_to_session,
    google_compute_firewall.market_web_to_balancer,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.artifact_registry,
    google_dns_record_set.artifact_registry_any,
    google_dns_record_set.pay_api_internal,
    google_dns_record_set.market_main_internal,
    google_dns_record_set.session_internal,
    google_project_iam_member.market_web_logs,
    google_artifact_registry_repository_iam_member.market_web_images,
    google_secret_manager_secret_iam_member.market_web_uses_market_main,
    google_storage_bucket_iam_member.market_web_uses_media,
    google_project_iam_member.market_web_uses_session,
    google_pubsub_topic_iam_member.market_web_uses_ship_orders,
    google_compute_forwarding_rule.market_main_endpoint,
    google_sql_database.market_main,
    google_sql_user.market_main,
    google_secret_manager_secret_version.market_main,
    google_pubsub_subscription.ship_orders,
  ]
}

resource "google_compute_region_autoscaler" "market_web" {
  name   = "bumall-dev-market-web-ab"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.market_web.id

  autoscaling_policy {
    min_replicas = 1
    max_replicas = 2

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

resource "google_compute_region_backend_service" "market_web_public" {
  name                            = "bumall-dev-market-web-public"
  region                          = "asia-northeast3"
  load_balancing_scheme           = "EXTERNAL_MANAGED"
  protocol                        = "HTTP"
  port_name                       = "http"
  timeout_sec                     = 60
  connection_draining_timeout_sec = 60
  health_checks                   = [google_compute_region_health_check.market_web.id]
  security_policy                 = google_compute_region_security_policy.public.id

  backend {
    group           = google_compute_region_instance_group_manager.market_web.instance_group
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

resource "google_monitoring_alert_policy" "market_mailer_from_pay_paid_dead" {
  display_name          = "bumall-dev-market-mailer-from-pay-paid-dead"
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
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.market_mailer_from_pay_paid_dead.name}\""
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
    content   = "market-mailer-from-pay-paid has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "market_mailer_from_pay_paid_waiting" {
  display_name          = "bumall-dev-market-mailer-from-pay-paid-waiting"
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
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.market_mailer_from_pay_paid.name}\""
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
    content   = "A message of market-mailer-from-pay-paid has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}
