resource "aws_cloudwatch_log_group" "main_proxy" {
  name              = "/bumart/service/main-proxy"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_launch_template" "main_proxy" {
  name                   = "bumart-main-proxy"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "c7i.large"
  vpc_security_group_ids = [aws_security_group.main_proxy.id]

  user_data = base64gzip(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of main ${var.main_password_version}
    # password of main-proxy ${var.main_proxy_password_version}
    # password of main-shard ${var.main_shard_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/main-proxy.env
        permissions: "0600"
        content: |
          MAIN_HOST=${aws_db_instance.main.address}
          MAIN_SHARDS=s0 s1 s2 s3

      - path: /usr/local/bin/bumart-main-proxy-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/main-proxy.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/main-proxy.env "$target.new"

          metadata=http://169.254.169.254/latest
          read_metadata() { curl -fsS --retry 5 --retry-connrefused -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"; }
          token=$(curl -fsS --retry 5 --retry-connrefused -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token")
          role=$(read_metadata iam/security-credentials/)
          identity=$(read_metadata "iam/security-credentials/$role")

          # call REGION SERVICE HOST TARGET BODY OPTION...: a request signed by this machine's identity.
          # The credentials go through standard input: a command line is visible to every process.
          call() {
            jq -r '"user = \"\(.AccessKeyId):\(.SecretAccessKey)\"", "header = \"X-Amz-Security-Token: \(.Token)\""' <<<"$identity" |
              curl -sS --retry 5 --retry-connrefused --config - --aws-sigv4 "aws:amz:$1:$2" \
                -H 'Content-Type: application/x-amz-json-1.1' -H "X-Amz-Target: $4" --data "$5" "$${@:6}" "https://$3/"
          }

          # fetch_secret ARN: prints the value of a secret; 44 where it has none yet.
          fetch_secret() {
            local status
            status=$(call ap-northeast-2 secretsmanager secretsmanager.ap-northeast-2.amazonaws.com secretsmanager.GetSecretValue \
              "{\"SecretId\":\"$1\"}" --output "$target.answer" --write-out '%%{http_code}') || return 1
            if [ "$status" != 200 ]; then
              grep -q ResourceNotFoundException "$target.answer" && return 44
              echo "Secrets Manager answered $status for $1" >&2
              return 1
            fi
            jq -er .SecretString "$target.answer" || return 1
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
          secret MAIN_PASSWORD '${aws_secretsmanager_secret.main.arn}'
          secret MAIN_PROXY_PASSWORD '${aws_secretsmanager_secret.main_proxy.arn}'
          while read -r id domain <&3; do
            host=bumart-main-shard-$id$domain
            identifier=bumart/main-shard/$id
            name=MAIN_SHARD_$${id^^}
            printf '%s=%s\n' "$${name}_HOST" "$host" >>"$target.new"
            secret "$${name}_PASSWORD" "$identifier"
          done 3</etc/cloudgen/main-proxy.main-shard
          # Two proxies on one network do not make the same ids.
          IFS=. read -r _ _ third fourth <<<"$(hostname -I | cut -d ' ' -f 1)"
          echo "WORKER_ID=$(((third & 3) * 256 + fourth))" >>"$target.new"

          # The authorities that sign the certificates of RDS, as AWS publishes them. Where they cannot be had, those of the last start serve on.
          authorities=/etc/cloudgen/main-proxy/trust/rds.pem
          if curl -fsS --retry 5 --retry-connrefused -o "$target.authorities" \
            https://truststore.pki.rds.amazonaws.com/ap-northeast-2/ap-northeast-2-bundle.pem; then
            install -D -m 0644 "$target.authorities" "$authorities"
            rm -f "$target.authorities"
          fi
          [ -s "$authorities" ]
          mv "$target.new" "$target"

      # Id of each shard, and what follows it in the host.
      - path: /etc/cloudgen/main-proxy.main-shard
        content: |
          ${join("\n      ", [for id in local.main_shards : "${id} ${trimprefix(aws_db_instance.main_shard[id].address, "bumart-main-shard-${id}")}"])}

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
                actualDataNodes: "shard_s$${0..3}.orders"
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
                actualDataNodes: "shard_s$${0..3}.order_items"
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
                  algorithm-expression: "shard_s$${Integer.parseInt(customer_id.toString().toLowerCase(java.util.Locale.ROOT).sha256().substring(0, 7), 16) % 4}"
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
              url: "jdbc:postgresql://<HOST>:5432/main?sslmode=verify-full&sslrootcert=<RUN>/trust.pem&connectTimeout=10&socketTimeout=1800&tcpKeepAlive=true&ApplicationName=shardingsphere"
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

      - path: /etc/systemd/system/bumart-main-proxy.service
        content: |
          [Unit]
          Description=bumart main-proxy
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumart-main-proxy-environment
          ExecStartPre=-/usr/bin/docker rm --force main-proxy
          ExecStart=/usr/bin/docker run --rm --name main-proxy --env-file /run/cloudgen/main-proxy.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/bumart/service/main-proxy --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m --user 10001:10001 --cap-drop ALL --read-only --tmpfs /tmp:exec --tmpfs /run/shardingsphere:uid=10001,gid=10001,mode=0700 --tmpfs /opt/shardingsphere-proxy/logs:uid=10001,gid=10001 --volume /etc/cloudgen/main-proxy:/etc/shardingsphere:ro --entrypoint /bin/bash docker.io/apache/shardingsphere-proxy:5.5.3 /etc/shardingsphere/start.sh
          ExecStop=/usr/bin/docker stop -t 50 main-proxy

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumart-main-proxy.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.main_proxy.arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/sda1"

    ebs {
      volume_type           = "gp3"
      volume_size           = 30
      encrypted             = true
      kms_key_id            = aws_kms_key.data.arn
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"

    tags = merge(local.tags, {
      Name = "bumart-main-proxy"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "bumart-main-proxy"
      snapshots = "bumart"
    })
  }
}

resource "aws_autoscaling_group" "main_proxy" {
  name                      = "bumart-main-proxy"
  min_size                  = 2
  max_size                  = 4
  vpc_zone_identifier       = values(aws_subnet.proxy)[*].id
  target_group_arns         = [aws_lb_target_group.main_proxy.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = 300
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.main_proxy.id
    version = aws_launch_template.main_proxy.latest_version
  }

  # A new machine serves before an old one goes. No automatic rollback: it would need a fixed image.
  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 100
      max_healthy_percentage = 200
    }
  }

  dynamic "tag" {
    for_each = merge(local.tags, {
      Name = "bumart-main-proxy"
    })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = false
    }
  }

  lifecycle {
    ignore_changes = [desired_capacity]
  }

  # A machine starts its service once, when it boots: what it needs for that must be there.
  depends_on = [
    aws_iam_role_policy.main_proxy,
    aws_cloudwatch_log_group.main_proxy,
    aws_secretsmanager_secret_version.main,
    aws_secretsmanager_secret_version.main_proxy,
    aws_secretsmanager_secret_version.main_shard,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_route_table_association.proxy,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.main_proxy_to_main_5432,
    aws_vpc_security_group_egress_rule.main_proxy_to_main_shard_5432,
    aws_vpc_security_group_egress_rule.main_proxy_to_internet_443,
    aws_vpc_security_group_egress_rule.main_proxy_to_internet_80,
    aws_vpc_security_group_egress_rule.main_proxy_to_private_service_endpoints_443,
    aws_lb_listener.main_proxy,
  ]
}

resource "aws_autoscaling_policy" "main_proxy" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.main_proxy.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_cloudwatch_log_group" "billing" {
  name              = "/bumart/service/billing"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_launch_template" "billing" {
  name                   = "bumart-billing"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "c7i.large"
  vpc_security_group_ids = [aws_security_group.billing.id]

  user_data = base64gzip(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of ledger ${var.ledger_password_version}
    # password of ledger-shard ${var.ledger_shard_password_version}
    # map of ledger 5623c7998444
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/billing.env
        permissions: "0600"
        content: |
          LEDGER_HOST=${aws_db_instance.ledger.address}
          LEDGER_NAME=ledger
          LEDGER_PORT=5432
          LEDGER_READ_HOST=${aws_db_instance.ledger.address}
          LEDGER_READ_NAME=ledger
          LEDGER_READ_PORT=5432
          LEDGER_READ_SECRET=${aws_secretsmanager_secret.ledger.arn}
          LEDGER_READ_TLS=require
          LEDGER_READ_USER=app_owner
          LEDGER_SECRET=${aws_secretsmanager_secret.ledger.arn}
          LEDGER_SHARDS=east west
          LEDGER_SHARDS_MAP_SECRET=${aws_secretsmanager_secret.ledger_shard_map.arn}
          LEDGER_TLS=require
          LEDGER_USER=app_owner
          PORT=8000

      - path: /usr/local/bin/bumart-billing-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/billing.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/billing.env "$target.new"

          metadata=http://169.254.169.254/latest
          read_metadata() { curl -fsS --retry 5 --retry-connrefused -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"; }
          token=$(curl -fsS --retry 5 --retry-connrefused -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token")
          role=$(read_metadata iam/security-credentials/)
          identity=$(read_metadata "iam/security-credentials/$role")

          # call REGION SERVICE HOST TARGET BODY OPTION...: a request signed by this machine's identity.
          # The credentials go through standard input: a command line is visible to every process.
          call() {
            jq -r '"user = \"\(.AccessKeyId):\(.SecretAccessKey)\"", "header = \"X-Amz-Security-Token: \(.Token)\""' <<<"$identity" |
              curl -sS --retry 5 --retry-connrefused --config - --aws-sigv4 "aws:amz:$1:$2" \
                -H 'Content-Type: application/x-amz-json-1.1' -H "X-Amz-Target: $4" --data "$5" "$${@:6}" "https://$3/"
          }

          # fetch_secret ARN: prints the value of a secret; 44 where it has none yet.
          fetch_secret() {
            local status
            status=$(call ap-northeast-2 secretsmanager secretsmanager.ap-northeast-2.amazonaws.com secretsmanager.GetSecretValue \
              "{\"SecretId\":\"$1\"}" --output "$target.answer" --write-out '%%{http_code}') || return 1
            if [ "$status" != 200 ]; then
              grep -q ResourceNotFoundException "$target.answer" && return 44
              echo "Secrets Manager answered $status for $1" >&2
              return 1
            fi
            jq -er .SecretString "$target.answer" || return 1
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
          secret LEDGER_PASSWORD '${aws_secretsmanager_secret.ledger.arn}'
          secret LEDGER_READ_PASSWORD '${aws_secretsmanager_secret.ledger.arn}'
          secret LEDGER_SHARDS_MAP '${aws_secretsmanager_secret.ledger_shard_map.arn}'
          while read -r id domain <&3; do
            host=bumart-ledger-shard-$id$domain
            identifier=bumart/ledger-shard/$id
            name=LEDGER_SHARD_$${id^^}
            printf '%s=%s\n' "$${name}_HOST" "$host" >>"$target.new"
            printf '%s=%s\n' "$${name}_PORT" 5432 "$${name}_NAME" ledger "$${name}_USER" app_owner \
              "$${name}_TLS" require "$${name}_SECRET" "$identifier" >>"$target.new"
            secret "$${name}_PASSWORD" "$identifier"
          done 3</etc/cloudgen/billing.ledger-shard
          mv "$target.new" "$target"

      # Id of each shard, and what follows it in the host.
      - path: /etc/cloudgen/billing.ledger-shard
        content: |
          ${join("\n      ", [for id in local.ledger_shards : "${id} ${trimprefix(aws_db_instance.ledger_shard[id].address, "bumart-ledger-shard-${id}")}"])}

      - path: /etc/systemd/system/bumart-billing.service
        content: |
          [Unit]
          Description=bumart billing
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumart-billing-environment
          ExecStartPre=-/usr/bin/docker rm --force billing
          ExecStart=/usr/bin/docker run --rm --name billing --env-file /run/cloudgen/billing.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/bumart/service/billing --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/bumart/billing:5.0.0
          ExecStop=/usr/bin/docker stop -t 50 billing

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumart-billing.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.billing.arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/sda1"

    ebs {
      volume_type           = "gp3"
      volume_size           = 30
      encrypted             = true
      kms_key_id            = aws_kms_key.data.arn
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"

    tags = merge(local.tags, {
      Name = "bumart-billing"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "bumart-billing"
      snapshots = "bumart"
    })
  }
}

resource "aws_autoscaling_group" "billing" {
  name                      = "bumart-billing"
  min_size                  = 2
  max_size                  = 4
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.internal_billing.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = 300
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.billing.id
    version = aws_launch_template.billing.latest_version
  }

  # A new machine serves before an old one goes. No automatic rollback: it would need a fixed image.
  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 100
      max_healthy_percentage = 200
    }
  }

  dynamic "tag" {
    for_each = merge(local.tags, {
      Name = "bumart-billing"
    })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = false
    }
  }

  lifecycle {
    ignore_changes = [desired_capacity]
  }

  # A machine starts its service once, when it boots: what it needs for that must be there.
  depends_on = [
    aws_iam_role_policy.billing,
    aws_cloudwatch_log_group.billing,
    aws_secretsmanager_secret_version.ledger,
    aws_secretsmanager_secret_version.ledger_shard,
    aws_secretsmanager_secret_version.ledger_shard_map,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_route_table_association.proxy,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.billing_to_ledger_5432,
    aws_vpc_security_group_egress_rule.billing_to_ledger_shard_5432,
    aws_vpc_security_group_egress_rule.billing_to_internet_443,
    aws_vpc_security_group_egress_rule.billing_to_internet_80,
    aws_vpc_security_group_egress_rule.billing_to_private_service_endpoints_443,
    aws_lb_listener.internal_8000,
  ]
}

resource "aws_autoscaling_policy" "billing" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.billing.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_cloudwatch_log_group" "market" {
  name              = "/bumart/service/market"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_launch_template" "market" {
  name                   = "bumart-market"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "m7i.large"
  vpc_security_group_ids = [aws_security_group.market.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of main-proxy ${var.main_proxy_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/market.env
        permissions: "0600"
        content: |
          BILLING_HOST=billing.bumart.internal
          BILLING_PORT=8000
          BILLING_URL=http://billing.bumart.internal:8000
          MAIN_HOST=main-proxy.bumart.internal
          MAIN_NAME=main
          MAIN_PORT=3307
          MAIN_SECRET=${aws_secretsmanager_secret.main_proxy.arn}
          MAIN_TLS=require
          MAIN_USER=app_owner
          PORT=8080

      - path: /usr/local/bin/bumart-market-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/market.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/market.env "$target.new"

          metadata=http://169.254.169.254/latest
          read_metadata() { curl -fsS --retry 5 --retry-connrefused -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"; }
          token=$(curl -fsS --retry 5 --retry-connrefused -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token")
          role=$(read_metadata iam/security-credentials/)
          identity=$(read_metadata "iam/security-credentials/$role")

          # call REGION SERVICE HOST TARGET BODY OPTION...: a request signed by this machine's identity.
          # The credentials go through standard input: a command line is visible to every process.
          call() {
            jq -r '"user = \"\(.AccessKeyId):\(.SecretAccessKey)\"", "header = \"X-Amz-Security-Token: \(.Token)\""' <<<"$identity" |
              curl -sS --retry 5 --retry-connrefused --config - --aws-sigv4 "aws:amz:$1:$2" \
                -H 'Content-Type: application/x-amz-json-1.1' -H "X-Amz-Target: $4" --data "$5" "$${@:6}" "https://$3/"
          }

          # fetch_secret ARN: prints the value of a secret; 44 where it has none yet.
          fetch_secret() {
            local status
            status=$(call ap-northeast-2 secretsmanager secretsmanager.ap-northeast-2.amazonaws.com secretsmanager.GetSecretValue \
              "{\"SecretId\":\"$1\"}" --output "$target.answer" --write-out '%%{http_code}') || return 1
            if [ "$status" != 200 ]; then
              grep -q ResourceNotFoundException "$target.answer" && return 44
              echo "Secrets Manager answered $status for $1" >&2
              return 1
            fi
            jq -er .SecretString "$target.answer" || return 1
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
          secret MAIN_PASSWORD '${aws_secretsmanager_secret.main_proxy.arn}'
          mv "$target.new" "$target"

      - path: /etc/systemd/system/bumart-market.service
        content: |
          [Unit]
          Description=bumart market
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumart-market-environment
          ExecStartPre=-/usr/bin/docker rm --force market
          ExecStart=/usr/bin/docker run --rm --name market --env-file /run/cloudgen/market.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/bumart/service/market --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/bumart/market:5.0.0
          ExecStop=/usr/bin/docker stop -t 50 market

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumart-market.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.market.arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/sda1"

    ebs {
      volume_type           = "gp3"
      volume_size           = 30
      encrypted             = true
      kms_key_id            = aws_kms_key.data.arn
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"

    tags = merge(local.tags, {
      Name = "bumart-market"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "bumart-market"
      snapshots = "bumart"
    })
  }
}

resource "aws_autoscaling_group" "market" {
  name                      = "bumart-market"
  min_size                  = 2
  max_size                  = 12
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.public_market.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = 300
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.market.id
    version = aws_launch_template.market.latest_version
  }

  # A new machine serves before an old one goes. No automatic rollback: it would need a fixed image.
  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 100
      max_healthy_percentage = 200
    }
  }

  dynamic "tag" {
    for_each = merge(local.tags, {
      Name = "bumart-market"
    })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = false
    }
  }

  lifecycle {
    ignore_changes = [desired_capacity]
  }

  # A machine starts its service once, when it boots: what it needs for that must be there.
  depends_on = [
    aws_iam_role_policy.market,
    aws_cloudwatch_log_group.market,
    aws_secretsmanager_secret_version.main_proxy,
    aws_route53_record.internal_main_proxy,
    aws_autoscaling_group.main_proxy,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_route_table_association.proxy,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.market_to_internal_load_balancer_8000,
    aws_vpc_security_group_egress_rule.market_to_main_proxy_load_balancer_3307,
    aws_vpc_security_group_ingress_rule.market_to_main_proxy_load_balancer_3307,
    aws_vpc_security_group_egress_rule.market_to_internet_443,
    aws_vpc_security_group_egress_rule.market_to_internet_80,
    aws_vpc_security_group_egress_rule.market_to_private_service_endpoints_443,
    aws_lb_listener.public_https,
  ]
}

resource "aws_autoscaling_policy" "market" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.market.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

# A snapshot of every machine's disk each day, kept for seven days.
resource "aws_dlm_lifecycle_policy" "machine_disks" {
  description        = "Disks of bumart"
  execution_role_arn = aws_iam_role.machine_disk_snapshots.arn
  state              = "ENABLED"

  policy_details {
    resource_types = ["VOLUME"]

    target_tags = {
      snapshots = "bumart"
    }

    schedule {
      name      = "daily"
      copy_tags = true

      create_rule {
        interval      = 24
        interval_unit = "HOURS"
        times         = ["18:00"]
      }

      # By age: snapshots of machines that are gone go too. A policy cannot change from one way to the other.
      retain_rule {
        interval      = 7
        interval_unit = "DAYS"
      }
    }
  }

  depends_on = [aws_iam_role_policy.machine_disk_snapshots]
}
