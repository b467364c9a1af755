# Daily snapshots of the machines' disks, encrypted as the disks are.
resource "google_compute_resource_policy" "snapshots" {
  name   = "bumart-dev-snapshots"
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

resource "google_compute_region_health_check" "main_proxy" {
  name                = "bumart-dev-main-proxy"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  tcp_health_check {
    port = 3307
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

# More patient than the load balancer's: what fails it is replaced.
resource "google_compute_region_health_check" "main_proxy_healing" {
  name                = "bumart-dev-main-proxy-healing"
  region              = "asia-northeast3"
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 10

  tcp_health_check {
    port = 3307
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_instance_template" "main_proxy" {
  name_prefix  = "bumart-dev-main-proxy-"
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
    subnetwork = google_compute_subnetwork.proxy.id
  }

  service_account {
    email = google_service_account.main_proxy.email

    # What it may do is said by its roles.
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  metadata = {
    authorities            = join("\n", concat([google_sql_database_instance.main.server_ca_cert[0].cert], [for id in local.main_shards : google_sql_database_instance.main_shard[id].server_ca_cert[0].cert]))
    block-project-ssh-keys = "TRUE"
    enable-oslogin         = "TRUE"
    serial-port-enable     = "FALSE"
    user-data              = <<-EOT
      #cloud-config
      # A change of these numbers replaces the machines, one after the other:
      # rollout ${var.rollout}
      # password of main ${var.main_password_version}
      # password of main-proxy ${var.main_proxy_password_version}
      # password of main-shard ${var.main_shard_password_version}
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/main-proxy.env
          permissions: "0600"
          content: |
            MAIN_HOST=main.bumart.internal
            MAIN_SHARDS=s0 s1

        - path: /usr/local/bin/bumart-dev-main-proxy-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/main-proxy.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/main-proxy.env "$target.new"

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
            secret MAIN_PROXY_PASSWORD '${google_secret_manager_secret.main_proxy.id}'
            while read -r id host identifier <&3; do
              name=MAIN_SHARD_$${id^^}
              printf '%s=%s\n' "$${name}_HOST" "$host" >>"$target.new"
              secret "$${name}_PASSWORD" "$identifier"
            done 3</etc/cloudgen/main-proxy.main-shard
            # Two proxies on one network do not make the same ids.
            IFS=. read -r _ _ third fourth <<<"$(hostname -I | cut -d ' ' -f 1)"
            echo "WORKER_ID=$(((third & 3) * 256 + fourth))" >>"$target.new"

            # The authorities that the servers' certificates are signed by. The container's user may read them.
            install -d -m 0755 /etc/cloudgen/main-proxy/trust
            curl -sSf --retry 3 --max-time 10 -H 'Metadata-Flavor: Google' \
              http://metadata.google.internal/computeMetadata/v1/instance/attributes/authorities \
              | install -m 0644 /dev/stdin /etc/cloudgen/main-proxy/trust/authorities.pem
            mv "$target.new" "$target"

        # Id, host and the vault's identifier of the password of each shard.
        - path: /etc/cloudgen/main-proxy.main-shard
          content: |
            ${join("\n      ", [for id in local.main_shards : "${id} main-shard-${id}.bumart.internal ${google_secret_manager_secret.main_shard[id].id}"])}

        - path: /etc/cloudgen/main-proxy/database.yaml
          content: |2
            # The one database that clients see: the main server and its shards.
            databaseName: main

            dataSources:
            <SOURCES>
            rules:
            - !SHARDING
              tables:
                orders:
                  actualDataNodes: "shard_s$${0..1}.orders"
                  databaseStrategy:
                    standard:
                      shardingColumn: customer_id
                      shardingAlgorithmName: by_key
                  tableStrategy:
                    none:
                  keyGenerateStrategy:
                    column: order_id
                    keyGeneratorName: snowflake
                order_items:
                  actualDataNodes: "shard_s$${0..1}.order_items"
                  databaseStrategy:
                    standard:
                      shardingColumn: customer_id
                      shardingAlgorithmName: by_key
                  tableStrategy:
                    none:
                  keyGenerateStrategy:
                    column: item_id
                    keyGeneratorName: snowflake
              # Joined on the key, they are joined shard by shard.
              bindingTables:
                - orders, order_items
              shardingAlgorithms:
                by_key:
                  type: INLINE
                  props:
                    algorithm-expression: "shard_s$${Integer.parseInt(customer_id.toString().toLowerCase(java.util.Locale.ROOT).sha256().substring(0, 7), 16) % 2}"
                    # A statement without the key asks every shard.
                    allow-range-query-with-inline-sharding: "true"
              keyGenerators:
                snowflake:
                  type: SNOWFLAKE
                  props:
                    worker-id: <WORKER>

            - !BROADCAST
              tables:
                - countries

            - !SINGLE
              tables:
                - "main.*.*"
              defaultDataSource: main

        - path: /etc/cloudgen/main-proxy/global.yaml
          content: |2
            # ShardingSphere-Proxy: who may log in, and how it behaves.
            mode:
              type: Standalone

            authority:
              users:
                - user: app_owner@%
                  password: <PASSWORD>
                  admin: false
              privilege:
                type: DATABASE_PERMITTED
                props:
                  user-database-mappings: app_owner@%=main

            transaction:
              # One transaction on each server, committed one after the other.
              defaultType: LOCAL

            sqlParser:
              sqlStatementCache:
                initialCapacity: 2000
                maximumSize: 65535
              parseTreeCache:
                initialCapacity: 128
                maximumSize: 1024

            sqlFederation:
              # With it, a join of a spread table and a reference table is no longer left to the shards: the proxy reads both tables whole, from
              # every shard, and a join without equality takes a connection for each row.
              sqlFederationEnabled: false
              allQueryUseSQLFederation: false
              executionPlanCache:
                initialCapacity: 2000
                maximumSize: 65535

            props:
              proxy-frontend-database-protocol-type: PostgreSQL
              proxy-default-port: 3307
              proxy-frontend-ssl-enabled: true
              proxy-frontend-ssl-version: TLSv1.2,TLSv1.3
              proxy-frontend-max-connections: 1000
              proxy-frontend-connection-idle-timeout: 28800
              proxy-backend-query-fetch-size: 1000
              kernel-executor-size: 16
              max-connections-size-per-query: 1
              check-table-metadata-enabled: false
              sql-show: false

        - path: /etc/cloudgen/main-proxy/source.yaml
          content: |2
              <NAME>:
                url: "jdbc:postgresql://<HOST>:5432/main?sslmode=verify-ca&sslrootcert=<RUN>/trust.pem&connectTimeout=10&socketTimeout=1800&tcpKeepAlive=true&ApplicationName=shardingsphere"
                username: app_owner
                password: <PASSWORD>
                connectionTimeoutMilliseconds: 10000
                idleTimeoutMilliseconds: 60000
                maxLifetimeMilliseconds: 1800000
                maxPoolSize: 20
                minPoolSize: 1
                customPoolProps:
                  keepaliveTime: 120000

        - path: /etc/cloudgen/main-proxy/start.sh
          content: |2
            #!/bin/bash
            # Fills what only the environment knows into the configuration beside this script, in memory, and starts ShardingSphere-Proxy.
            #
            # MAIN_HOST, MAIN_PASSWORD: the main server. MAIN_SHARDS: ids of the shards, with spaces between; of each
            # MAIN_SHARD_<ID>_HOST and MAIN_SHARD_<ID>_PASSWORD. MAIN_PROXY_PASSWORD: of the proxy's clients.
            set -euo pipefail
            umask 077
            here=$(cd "$(dirname "$0")" && pwd)
            home=$${SHARDINGSPHERE_HOME:-/opt/shardingsphere-proxy}
            run=$${SHARDINGSPHERE_RUN:-/run/shardingsphere}
            conf=$run/conf
            mkdir -p "$conf"

            # value VARIABLE: what it holds. A value has no control characters.
            value() {
              local value=$${!1:-}
              if [ -z "$value" ]; then
                echo "$1 is not set" >&2
                return 1
              fi
              if [[ $value == *[[:cntrl:]]* ]]; then
                echo "$1 has a control character" >&2
                return 1
              fi
              printf '%s' "$value"
            }

            # quoted VARIABLE: the same as a string of YAML.
            quoted() {
              local value
              value=$(value "$1") || return 1
              value=$${value//\\/\\\\}
              printf '"%s"' "$${value//\"/\\\"}"
            }

            # data_source NAME PREFIX: one data source, of whose host and password PREFIX_HOST and PREFIX_PASSWORD tell.
            template=$(<"$here/source.yaml")
            data_source() {
              local text=$template host password
              host=$(value "$2_HOST") || return 1
              password=$(quoted "$2_PASSWORD") || return 1
              if [[ $host == *[!A-Za-z0-9.-]* ]]; then
                echo "$2_HOST is no host name" >&2
                return 1
              fi
              text=$${text//"<NAME>"/"$1"}
              text=$${text//"<HOST>"/"$host"}
              text=$${text//"<RUN>"/"$run"}
              printf '%s\n' "$${text//"<PASSWORD>"/"$password"}"
            }

            # Numbers of two proxies are apart as long as this one is: 10 bits, the last of the address unless it is given.
            if [ -z "$${WORKER_ID:-}" ]; then
              if ! [[ $(hostname -I) =~ ^[0-9]+\.[0-9]+\.([0-9]+)\.([0-9]+) ]]; then
                echo "WORKER_ID is not set, and there is no IPv4 address to take it from" >&2
                exit 1
              fi
              WORKER_ID=$(((BASH_REMATCH[1] & 3) * 256 + BASH_REMATCH[2]))
            fi

            text=$(<"$here/global.yaml")
            password=$(quoted MAIN_PROXY_PASSWORD)
            printf '%s\n' "$${text//"<PASSWORD>"/"$password"}" >"$conf/global.yaml"

            sources=$(data_source main MAIN)
            for id in $MAIN_SHARDS; do
              source=$(data_source "shard_$id" "MAIN_SHARD_$${id^^}")
              sources+=$'\n'$source
            done
            text=$(<"$here/database.yaml")
            text=$${text//"<WORKER>"/"$WORKER_ID"}
            printf '%s\n' "$${text//"<SOURCES>"/"$sources"$'\n'}" >"$conf/database-main.yaml"
            cp "$home/conf/logback.xml" "$conf/"

            # Certificates of the authorities that the servers' are signed by, in one file.
            for file in "$${SHARDINGSPHERE_TRUST:-$here/trust}"/*; do
              printf '%s\n' "$(<"$file")"
            done >"$run/trust.pem"

            unset MAIN_PASSWORD MAIN_PROXY_PASSWORD $${!MAIN_SHARD_*}
            export TZ=UTC CGROUP_MEM_OPTS='-XX:InitialRAMPercentage=50.0 -XX:MaxRAMPercentage=50.0'
            exec "$home/bin/start.sh" -p 3307 -c "$conf"

        - path: /etc/systemd/system/bumart-dev-main-proxy.service
          content: |
            [Unit]
            Description=bumart-dev main-proxy
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/bumart-dev-main-proxy-environment
            ExecStartPre=-/usr/bin/docker rm --force main-proxy
            ExecStart=/usr/bin/docker run --rm --name main-proxy --env-file /run/cloudgen/main-proxy.env --publish 3307:3307 --log-driver gcplogs --security-opt no-new-privileges --user 10001:10001 --cap-drop ALL --read-only --tmpfs /tmp:exec --tmpfs /run/shardingsphere:uid=10001,gid=10001,mode=0700 --tmpfs /opt/shardingsphere-proxy/logs:uid=10001,gid=10001 --volume /etc/cloudgen/main-proxy:/etc/shardingsphere:ro --entrypoint /bin/bash docker.io/apache/shardingsphere-proxy:5.5.3 /etc/shardingsphere/start.sh
            ExecStop=/usr/bin/docker stop -t 50 main-proxy

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, bumart-dev-main-proxy.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "main_proxy" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "bumart-dev-main-proxy-ab"
  region                           = "asia-northeast3"
  base_instance_name               = "bumart-dev-main-proxy"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.main_proxy.id
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.main_proxy_healing.id
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
    google_compute_firewall.main_proxy_from_market,
    google_compute_firewall.main_proxy_from_balancer,
    google_compute_firewall.main_proxy_to_main,
    google_compute_firewall.main_proxy_to_main_shard,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.main_internal,
    google_dns_record_set.main_shard_internal,
    google_project_iam_member.main_proxy_logs,
    google_secret_manager_secret_iam_member.main_proxy_uses_main,
    google_secret_manager_secret_iam_member.main_proxy_uses_main_proxy,
    google_secret_manager_secret_iam_member.main_proxy_uses_main_shard,
    google_compute_forwarding_rule.main_endpoint,
    google_sql_database.main,
    google_sql_user.main,
    google_secret_manager_secret_version.main,
    google_secret_manager_secret_version.main_proxy,
    google_compute_forwarding_rule.main_shard_endpoint,
    google_sql_database.main_shard,
    google_sql_user.main_shard,
    google_secret_manager_secret_version.main_shard,
  ]
}

resource "google_compute_region_autoscaler" "main_proxy" {
  name   = "bumart-dev-main-proxy-ab"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.main_proxy.id

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

resource "google_compute_region_health_check" "billing" {
  name                = "bumart-dev-billing"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  http_health_check {
    port         = 8000
    request_path = "/healthz"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

# More patient than the load balancer's: what fails it is replaced.
resource "google_compute_region_health_check" "billing_healing" {
  name                = "bumart-dev-billing-healing"
  region              = "asia-northeast3"
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 10

  http_health_check {
    port         = 8000
    request_path = "/healthz"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_instance_template" "billing" {
  name_prefix  = "bumart-dev-billing-"
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
    email = google_service_account.billing.email

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
      # password of ledger ${var.ledger_password_version}
      # password of ledger-shard ${var.ledger_shard_password_version}
      # map of ledger 5623c7998444
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/billing.env
          permissions: "0600"
          content: |
            LEDGER_HOST=ledger.bumart.internal
            LEDGER_NAME=ledger
            LEDGER_PORT=5432
            LEDGER_READ_HOST=ledger.bumart.internal
            LEDGER_READ_NAME=ledger
            LEDGER_READ_PORT=5432
            LEDGER_READ_SECRET=${google_secret_manager_secret.ledger.id}
            LEDGER_READ_TLS=require
            LEDGER_READ_USER=app_owner
            LEDGER_SECRET=${google_secret_manager_secret.ledger.id}
            LEDGER_SHARDS=east west
            LEDGER_SHARDS_MAP_SECRET=${google_secret_manager_secret.ledger_shards_map.id}
            LEDGER_TLS=require
            LEDGER_USER=app_owner
            PORT=8000

        - path: /usr/local/bin/bumart-dev-billing-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/billing.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/billing.env "$target.new"

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
            secret LEDGER_PASSWORD '${google_secret_manager_secret.ledger.id}'
            secret LEDGER_READ_PASSWORD '${google_secret_manager_secret.ledger.id}'
            secret LEDGER_SHARDS_MAP '${google_secret_manager_secret.ledger_shards_map.id}'
            while read -r id host identifier <&3; do
              name=LEDGER_SHARD_$${id^^}
              printf '%s=%s\n' "$${name}_HOST" "$host" >>"$target.new"
              printf '%s=%s\n' "$${name}_PORT" 5432 "$${name}_NAME" ledger "$${name}_USER" app_owner \
                "$${name}_TLS" require "$${name}_SECRET" "$identifier" >>"$target.new"
              secret "$${name}_PASSWORD" "$identifier"
            done 3</etc/cloudgen/billing.ledger-shard
            mv "$target.new" "$target"

        # Id, host and the vault's identifier of the password of each shard.
        - path: /etc/cloudgen/billing.ledger-shard
          content: |
            ${join("\n      ", [for id in local.ledger_shards : "${id} ledger-shard-${id}.bumart.internal ${google_secret_manager_secret.ledger_shard[id].id}"])}

        - path: /etc/systemd/system/bumart-dev-billing.service
          content: |
            [Unit]
            Description=bumart-dev billing
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/bumart-dev-billing-environment
            ExecStartPre=-/usr/bin/docker rm --force billing
            ExecStart=/usr/bin/docker run --rm --name billing --env-file /run/cloudgen/billing.env --publish 8000:8000 --log-driver gcplogs registry.example.com/bumart/billing:5.0.0
            ExecStop=/usr/bin/docker stop -t 50 billing

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, bumart-dev-billing.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "billing" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "bumart-dev-billing-ab"
  region                           = "asia-northeast3"
  base_instance_name               = "bumart-dev-billing"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.billing.id
  }

  named_port {
    name = "http"
    port = 8000
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.billing_healing.id
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
    google_compute_firewall.billing_from_balancer,
    google_compute_firewall.billing_to_ledger,
    google_compute_firewall.billing_to_ledger_shard,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.ledger_internal,
    google_dns_record_set.ledger_shard_internal,
    google_project_iam_member.billing_logs,
    google_secret_manager_secret_iam_member.billing_uses_ledger,
    google_secret_manager_secret_iam_member.billing_uses_ledger_shard,
    google_secret_manager_secret_iam_member.billing_uses_ledger_shards_map,
    google_compute_forwarding_rule.ledger_endpoint,
    google_sql_database.ledger,
    google_sql_user.ledger,
    google_secret_manager_secret_version.ledger,
    google_compute_forwarding_rule.ledger_shard_endpoint,
    google_sql_database.ledger_shard,
    google_sql_user.ledger_shard,
    google_secret_manager_secret_version.ledger_shard,
    google_secret_manager_secret_version.ledger_shards_map,
  ]
}

resource "google_compute_region_autoscaler" "billing" {
  name   = "bumart-dev-billing-ab"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.billing.id

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

resource "google_compute_region_health_check" "market" {
  name                = "bumart-dev-market"
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
resource "google_compute_region_health_check" "market_healing" {
  name                = "bumart-dev-market-healing"
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

resource "google_compute_region_instance_template" "market" {
  name_prefix  = "bumart-dev-market-"
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
    email = google_service_account.market.email

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
      # password of main-proxy ${var.main_proxy_password_version}
      package_update: true
      packages: [curl, docker.io, jq]

      write_files:
        # Containers would send longer packets than the network carries.
        - path: /etc/docker/daemon.json
          content: '{"mtu": 1460}'

        - path: /etc/cloudgen/market.env
          permissions: "0600"
          content: |
            BILLING_HOST=billing.bumart.internal
            BILLING_PORT=8000
            BILLING_URL=http://billing.bumart.internal:8000
            MAIN_HOST=main-proxy.bumart.internal
            MAIN_NAME=main
            MAIN_PORT=3307
            MAIN_SECRET=${google_secret_manager_secret.main_proxy.id}
            MAIN_TLS=require
            MAIN_USER=app_owner
            PORT=8080

        - path: /usr/local/bin/bumart-dev-market-environment
          permissions: "0755"
          content: |
            #!/bin/bash
            # Writes the service's environment, with its secrets, to /run, which is memory.
            set -euo pipefail
            umask 077
            target=/run/cloudgen/market.env
            install -d -m 0700 /run/cloudgen
            cp /etc/cloudgen/market.env "$target.new"

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
            secret MAIN_PASSWORD '${google_secret_manager_secret.main_proxy.id}'
            mv "$target.new" "$target"

        - path: /etc/systemd/system/bumart-dev-market.service
          content: |
            [Unit]
            Description=bumart-dev market
            Wants=network-online.target
            After=network-online.target docker.service
            Wants=docker.service
            StartLimitIntervalSec=0

            [Service]
            Restart=always
            RestartSec=10
            TimeoutStartSec=600
            TimeoutStopSec=60
            ExecStartPre=/usr/local/bin/bumart-dev-market-environment
            ExecStartPre=-/usr/bin/docker rm --force market
            ExecStart=/usr/bin/docker run --rm --name market --env-file /run/cloudgen/market.env --publish 8080:8080 --log-driver gcplogs registry.example.com/bumart/market:5.0.0
            ExecStop=/usr/bin/docker stop -t 50 market

            [Install]
            WantedBy=multi-user.target

      runcmd:
        - [systemctl, daemon-reload]
        - [systemctl, enable, --now, --no-block, bumart-dev-market.service]
    EOT
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_region_instance_group_manager" "market" {
  # Another set of zones makes another group, which is there before the old one goes.
  name                             = "bumart-dev-market-ab"
  region                           = "asia-northeast3"
  base_instance_name               = "bumart-dev-market"
  distribution_policy_zones        = ["asia-northeast3-a", "asia-northeast3-b"]
  distribution_policy_target_shape = "EVEN"

  version {
    instance_template = google_compute_region_instance_template.market.id
  }

  named_port {
    name = "http"
    port = 8080
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.market_healing.id
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
    google_compute_firewall.market_from_balancer,
    google_compute_firewall.market_to_main_proxy,
    google_compute_firewall.market_to_balancer,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.billing_internal,
    google_dns_record_set.main_proxy_internal,
    google_project_iam_member.market_logs,
    google_secret_manager_secret_iam_member.market_uses_main_proxy,
    google_secret_manager_secret_version.main_proxy,
    google_compute_forwarding_rule.main_proxy,
  ]
}

resource "google_compute_region_autoscaler" "market" {
  name   = "bumart-dev-market-ab"
  region = "asia-northeast3"
  target = google_compute_region_instance_group_manager.market.id

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
