# Daily snapshots of the machines' disks, encrypted as the disks are.
resource "google_compute_resource_policy" "snapshots" {
  name   = "buestate-snapshots"
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

resource "google_compute_region_health_check" "report" {
  name                = "buestate-report"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  http_health_check {
    port         = 8001
    request_path = "/health"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

# More patient than the load balancer's: what fails it is replaced.
resource "google_compute_region_health_check" "report_healing" {
  name                = "buestate-report-healing"
  region              = "asia-northeast3"
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 10

  http_health_check {
    port         = 8001
    request_path = "/health"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_instance_template" "report" {
  name_prefix  = "buestate-report-"
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
    email = google_service_account.report.email

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

        - path: /etc/cloudgen/report.env
          permissions: "0600"
          content: |
            MAIN_READ_HOST=main-read.buestate.internal
            MAIN_READ_NAME=main
            MAIN_READ_PORT=3306
            MAIN_READ_SECRET=${google_secret_manager_secret.main.id}
            MAIN_READ_TLS=require
            MAIN_READ_USER=app_owner
            PORT=8001

        - path: /usr/local/bin/buestate-report-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/report.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/report.env "$target.new"

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
            mv "$target.new" "$target"

        - path: /etc/systemd/system/buestate-report.service
          content: |
            [Unit]
            Description=buestate report
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/buestate-report-environment
            ExecStartPre=-/usr/bin/docker rm --force report
            ExecStart=/usr/bin/docker run --rm --name report --env-file /run/cloudgen/report.env --publish 8001:8001 --log-driver gcplogs registry.example.com/buestate/report:5.3.0
            ExecStop=/usr/bin/docker stop -t 50 report

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, buestate-report.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "report" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "buestate-report-abc"
  region                           = "asia-northeast3"
  base_instance_name               = "buestate-report"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b", "asia-northeast3-c"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.report.id
  }

  named_port {
    name = "http"
    port = 8001
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.report_healing.id
    initial_delay_sec = 300
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
    google_compute_firewall.report_from_balancer,
    google_compute_firewall.report_to_main_read,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.main_read_internal,
    google_project_iam_member.report_logs,
    google_secret_manager_secret_iam_member.report_uses_main,
    google_compute_forwarding_rule.main_replica,
    google_sql_database.main,
    google_sql_user.main,
    google_secret_manager_secret_version.main,
  ]
}

resource "google_compute_region_autoscaler" "report" {
  name   = "buestate-report-abc"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.report.id

  autoscaling_policy {
    min_replicas = 1
    max_replicas = 4

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

resource "google_compute_region_health_check" "was" {
  name                = "buestate-was"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  http_health_check {
    port         = 8000
    request_path = "/health"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

# More patient than the load balancer's: what fails it is replaced.
resource "google_compute_region_health_check" "was_healing" {
  name                = "buestate-was-healing"
  region              = "asia-northeast3"
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 10

  http_health_check {
    port         = 8000
    request_path = "/health"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_instance_template" "was" {
  name_prefix  = "buestate-was-"
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
    email = google_service_account.was.email

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

        - path: /etc/cloudgen/was.env
          permissions: "0600"
          content: |
            CATALOG_API_HOST=catalog-api.buestate.internal
            CATALOG_API_PORT=8010
            CATALOG_API_URL=http://catalog-api.buestate.internal:8010
            DOCUMENTS_BUCKET=${google_storage_bucket.documents.name}
            DOCUMENTS_ENDPOINT=https://storage.googleapis.com
            DOCUMENTS_REGION=asia-northeast3
            MAIN_HOST=main.buestate.internal
            MAIN_NAME=main
            MAIN_PORT=3306
            MAIN_READ_HOST=main-read.buestate.internal
            MAIN_READ_NAME=main
            MAIN_READ_PORT=3306
            MAIN_READ_SECRET=${google_secret_manager_secret.main.id}
            MAIN_READ_TLS=require
            MAIN_READ_USER=app_owner
            MAIN_SECRET=${google_secret_manager_secret.main.id}
            MAIN_TLS=require
            MAIN_USER=app_owner
            PORT=8000

        - path: /usr/local/bin/buestate-was-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/was.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/was.env "$target.new"

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

        - path: /etc/systemd/system/buestate-was.service
          content: |
            [Unit]
            Description=buestate was
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/buestate-was-environment
            ExecStartPre=-/usr/bin/docker rm --force was
            ExecStart=/usr/bin/docker run --rm --name was --env-file /run/cloudgen/was.env --publish 8000:8000 --log-driver gcplogs registry.example.com/buestate/was:6.0.0
            ExecStop=/usr/bin/docker stop -t 50 was

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, buestate-was.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "was" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "buestate-was-abc"
  region                           = "asia-northeast3"
  base_instance_name               = "buestate-was"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b", "asia-northeast3-c"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.was.id
  }

  named_port {
    name = "http"
    port = 8000
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.was_healing.id
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
    google_compute_firewall.was_from_balancer,
    google_compute_firewall.was_to_main,
    google_compute_firewall.was_to_main_read,
    google_compute_firewall.was_to_balancer,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.catalog_api_internal,
    google_dns_record_set.main_internal,
    google_dns_record_set.main_read_internal,
    google_project_iam_member.was_logs,
    google_secret_manager_secret_iam_member.was_uses_main,
    google_storage_bucket_iam_member.was_uses_documents,
    google_compute_forwarding_rule.main_endpoint,
    google_compute_forwarding_rule.main_replica,
    google_sql_database.main,
    google_sql_user.main,
    google_secret_manager_secret_version.main,
  ]
}

resource "google_compute_region_autoscaler" "was" {
  name   = "buestate-was-abc"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.was.id

  autoscaling_policy {
    min_replicas = 2
    max_replicas = 4

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

resource "google_compute_region_health_check" "web" {
  name                = "buestate-web"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  http_health_check {
    port         = 8080
    request_path = "/health"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

# More patient than the load balancer's: what fails it is replaced.
resource "google_compute_region_health_check" "web_healing" {
  name                = "buestate-web-healing"
  region              = "asia-northeast3"
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 10

  http_health_check {
    port         = 8080
    request_path = "/health"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_instance_template" "web" {
  name_prefix  = "buestate-web-"
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
    email = google_service_account.web.email

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

        - path: /etc/cloudgen/web.env
          permissions: "0600"
          content: |
            CATALOG_API_HOST=catalog-api.buestate.internal
            CATALOG_API_PORT=8010
            CATALOG_API_URL=http://catalog-api.buestate.internal:8010
            ORDER_API_HOST=order-api.buestate.internal
            ORDER_API_PORT=8020
            ORDER_API_URL=http://order-api.buestate.internal:8020
            PORT=8080
            REPORT_HOST=report.buestate.internal
            REPORT_PORT=8001
            REPORT_URL=http://report.buestate.internal:8001
            WAS_HOST=was.buestate.internal
            WAS_PORT=8000
            WAS_URL=http://was.buestate.internal:8000

        - path: /usr/local/bin/buestate-web-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/web.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/web.env "$target.new"
            mv "$target.new" "$target"

        - path: /etc/systemd/system/buestate-web.service
          content: |
            [Unit]
            Description=buestate web
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/buestate-web-environment
            ExecStartPre=-/usr/bin/docker rm --force web
            ExecStart=/usr/bin/docker run --rm --name web --env-file /run/cloudgen/web.env --publish 8080:8080 --log-driver gcplogs registry.example.com/buestate/web:6.0.0
            ExecStop=/usr/bin/docker stop -t 50 web

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, buestate-web.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "web" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "buestate-web-abc"
  region                           = "asia-northeast3"
  base_instance_name               = "buestate-web"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b", "asia-northeast3-c"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.web.id
  }

  named_port {
    name = "http"
    port = 8080
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.web_healing.id
    initial_delay_sec = 300
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
    google_compute_firewall.web_from_balancer,
    google_compute_firewall.web_to_balancer,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.report_internal,
    google_dns_record_set.was_internal,
    google_dns_record_set.catalog_api_internal,
    google_dns_record_set.order_api_internal,
    google_project_iam_member.web_logs,
  ]
}

resource "google_compute_region_autoscaler" "web" {
  name   = "buestate-web-abc"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.web.id

  autoscaling_policy {
    min_replicas = 2
    max_replicas = 6

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
