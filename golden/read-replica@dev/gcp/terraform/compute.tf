# Daily snapshots of the machines' disks, encrypted as the disks are.
resource "google_compute_resource_policy" "snapshots" {
  name   = "bushop-dev-snapshots"
  region = "asia-northeast3"

  snapshot_schedule_policy {
    schedule {
      daily_schedule {
        days_in_cycle = 1
        start_time    = "18:00"
      }
    }

    retention_policy {
      max_retention_days    = 7
      on_source_disk_delete = "APPLY_RETENTION_POLICY"
    }

    snapshot_properties {
      storage_locations = ["asia-northeast3"]
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_health_check" "catalog" {
  name                = "bushop-dev-catalog"
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
resource "google_compute_region_health_check" "catalog_healing" {
  name                = "bushop-dev-catalog-healing"
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

resource "google_compute_region_instance_template" "catalog" {
  name_prefix  = "bushop-dev-catalog-"
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
    email = google_service_account.catalog.email

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
      # password of main ${var.main_password_version}
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/catalog.env
          permissions: "0600"
          content: |
            MAIN_READ_HOST=main.bushop.internal
            MAIN_READ_NAME=main
            MAIN_READ_PORT=5432
            MAIN_READ_SECRET=${google_secret_manager_secret.main.id}
            MAIN_READ_TLS=require
            MAIN_READ_USER=app_owner
            PORT=8080
            SEARCH_KEY_SECRET=${google_secret_manager_secret.search_key.id}

        - path: /usr/local/bin/bushop-dev-catalog-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/catalog.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/catalog.env "$target.new"

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
            secret MAIN_READ_PASSWORD '${google_secret_manager_secret.main.id}'
            # The owner fills this one: until then the service runs without it. Any other failure holds the start back.
            secret SEARCH_KEY '${google_secret_manager_secret.search_key.id}' || {
              [ $? -eq 44 ] || exit 1
              echo 'SEARCH_KEY is not filled yet' >&2
            }
            mv "$target.new" "$target"

        - path: /etc/systemd/system/bushop-dev-catalog.service
          content: |
            [Unit]
            Description=bushop-dev catalog
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/bushop-dev-catalog-environment
            ExecStartPre=-/usr/bin/docker rm --force catalog
            ExecStart=/usr/bin/docker run --rm --name catalog --env-file /run/cloudgen/catalog.env --publish 8080:8080 --log-driver gcplogs registry.example.com/bushop/catalog:3.1.0
            ExecStop=/usr/bin/docker stop -t 50 catalog

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, bushop-dev-catalog.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "catalog" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "bushop-dev-catalog-ab"
  region                           = "asia-northeast3"
  base_instance_name               = "bushop-dev-catalog"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.catalog.id
  }

  named_port {
    name = "http"
    port = 8080
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.catalog_healing.id
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
    google_compute_firewall.catalog_from_balancer,
    google_compute_firewall.catalog_to_main,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.main_internal,
    google_project_iam_member.catalog_logs,
    google_secret_manager_secret_iam_member.catalog_uses_main,
    google_secret_manager_secret_iam_member.catalog_uses_search_key,
    google_compute_forwarding_rule.main_endpoint,
    google_sql_database.main,
    google_sql_user.main,
    google_secret_manager_secret_version.main,
  ]
}

resource "google_compute_region_autoscaler" "catalog" {
  name   = "bushop-dev-catalog-ab"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.catalog.id

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

resource "google_compute_region_health_check" "checkout" {
  name                = "bushop-dev-checkout"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  http_health_check {
    port         = 8081
    request_path = "/healthz"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

# More patient than the load balancer's: what fails it is replaced.
resource "google_compute_region_health_check" "checkout_healing" {
  name                = "bushop-dev-checkout-healing"
  region              = "asia-northeast3"
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 10

  http_health_check {
    port         = 8081
    request_path = "/healthz"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_instance_template" "checkout" {
  name_prefix  = "bushop-dev-checkout-"
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
    email = google_service_account.checkout.email

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
      # password of main ${var.main_password_version}
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/checkout.env
          permissions: "0600"
          content: |
            MAIN_HOST=main.bushop.internal
            MAIN_NAME=main
            MAIN_PORT=5432
            MAIN_READ_HOST=main.bushop.internal
            MAIN_READ_NAME=main
            MAIN_READ_PORT=5432
            MAIN_READ_SECRET=${google_secret_manager_secret.main.id}
            MAIN_READ_TLS=require
            MAIN_READ_USER=app_owner
            MAIN_SECRET=${google_secret_manager_secret.main.id}
            MAIN_TLS=require
            MAIN_USER=app_owner
            PORT=8081

        - path: /usr/local/bin/bushop-dev-checkout-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/checkout.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/checkout.env "$target.new"

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
            secret MAIN_PASSWORD '${google_secret_manager_secret.main.id}'
            secret MAIN_READ_PASSWORD '${google_secret_manager_secret.main.id}'
            mv "$target.new" "$target"

        - path: /etc/systemd/system/bushop-dev-checkout.service
          content: |
            [Unit]
            Description=bushop-dev checkout
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/bushop-dev-checkout-environment
            ExecStartPre=-/usr/bin/docker rm --force checkout
            ExecStart=/usr/bin/docker run --rm --name checkout --env-file /run/cloudgen/checkout.env --publish 8081:8081 --log-driver gcplogs registry.example.com/bushop/checkout:3.1.0
            ExecStop=/usr/bin/docker stop -t 50 checkout

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, bushop-dev-checkout.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "checkout" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "bushop-dev-checkout-ab"
  region                           = "asia-northeast3"
  base_instance_name               = "bushop-dev-checkout"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.checkout.id
  }

  named_port {
    name = "http"
    port = 8081
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.checkout_healing.id
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
    google_compute_firewall.checkout_from_balancer,
    google_compute_firewall.checkout_to_main,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.main_internal,
    google_project_iam_member.checkout_logs,
    google_secret_manager_secret_iam_member.checkout_uses_main,
    google_compute_forwarding_rule.main_endpoint,
    google_sql_database.main,
    google_sql_user.main,
    google_secret_manager_secret_version.main,
  ]
}

resource "google_compute_region_autoscaler" "checkout" {
  name   = "bushop-dev-checkout-ab"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.checkout.id

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
