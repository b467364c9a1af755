resource "aws_cloudwatch_log_group" "catalog" {
  name              = "/bushop-dev/service/catalog"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_launch_template" "catalog" {
  name                   = "bushop-dev-catalog"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "c7i.large"
  vpc_security_group_ids = [aws_security_group.catalog.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of main ${var.main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/catalog.env
        permissions: "0600"
        content: |
          MAIN_READ_HOST=${aws_db_instance.main.address}
          MAIN_READ_NAME=main
          MAIN_READ_PORT=5432
          MAIN_READ_SECRET=${aws_secretsmanager_secret.main.arn}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          PORT=8080
          SEARCH_KEY_SECRET=${aws_secretsmanager_secret.search_key.arn}

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
          secret MAIN_READ_PASSWORD '${aws_secretsmanager_secret.main.arn}'
          # The owner fills this one: until then the service runs without it. Any other failure holds the start back.
          secret SEARCH_KEY '${aws_secretsmanager_secret.search_key.arn}' || {
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
          ExecStart=/usr/bin/docker run --rm --name catalog --env-file /run/cloudgen/catalog.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/bushop-dev/service/catalog --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/bushop/catalog:3.1.0
          ExecStop=/usr/bin/docker stop -t 50 catalog

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bushop-dev-catalog.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.catalog.arn
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
      Name = "bushop-dev-catalog"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "bushop-dev-catalog"
      snapshots = "bushop-dev"
    })
  }
}

resource "aws_autoscaling_group" "catalog" {
  name                      = "bushop-dev-catalog"
  min_size                  = 1
  max_size                  = 2
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.public_catalog.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = 300
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.catalog.id
    version = aws_launch_template.catalog.latest_version
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
      Name = "bushop-dev-catalog"
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
    aws_iam_role_policy.catalog,
    aws_cloudwatch_log_group.catalog,
    aws_secretsmanager_secret_version.main,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.catalog_to_main_5432,
    aws_vpc_security_group_egress_rule.catalog_to_internet_443,
    aws_vpc_security_group_egress_rule.catalog_to_internet_80,
    aws_vpc_security_group_egress_rule.catalog_to_private_service_endpoints_443,
    aws_lb_listener.public_https,
  ]
}

resource "aws_autoscaling_policy" "catalog" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.catalog.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_cloudwatch_log_group" "checkout" {
  name              = "/bushop-dev/service/checkout"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_launch_template" "checkout" {
  name                   = "bushop-dev-checkout"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "m7i.large"
  vpc_security_group_ids = [aws_security_group.checkout.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of main ${var.main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/checkout.env
        permissions: "0600"
        content: |
          MAIN_HOST=${aws_db_instance.main.address}
          MAIN_NAME=main
          MAIN_PORT=5432
          MAIN_READ_HOST=${aws_db_instance.main.address}
          MAIN_READ_NAME=main
          MAIN_READ_PORT=5432
          MAIN_READ_SECRET=${aws_secretsmanager_secret.main.arn}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${aws_secretsmanager_secret.main.arn}
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
          secret MAIN_READ_PASSWORD '${aws_secretsmanager_secret.main.arn}'
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
          ExecStart=/usr/bin/docker run --rm --name checkout --env-file /run/cloudgen/checkout.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/bushop-dev/service/checkout --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/bushop/checkout:3.1.0
          ExecStop=/usr/bin/docker stop -t 50 checkout

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bushop-dev-checkout.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.checkout.arn
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
      Name = "bushop-dev-checkout"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "bushop-dev-checkout"
      snapshots = "bushop-dev"
    })
  }
}

resource "aws_autoscaling_group" "checkout" {
  name                      = "bushop-dev-checkout"
  min_size                  = 1
  max_size                  = 2
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.public_checkout.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = 300
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.checkout.id
    version = aws_launch_template.checkout.latest_version
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
      Name = "bushop-dev-checkout"
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
    aws_iam_role_policy.checkout,
    aws_cloudwatch_log_group.checkout,
    aws_secretsmanager_secret_version.main,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.checkout_to_main_5432,
    aws_vpc_security_group_egress_rule.checkout_to_internet_443,
    aws_vpc_security_group_egress_rule.checkout_to_internet_80,
    aws_vpc_security_group_egress_rule.checkout_to_private_service_endpoints_443,
    aws_lb_listener.public_https,
  ]
}

resource "aws_autoscaling_policy" "checkout" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.checkout.name
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
  description        = "Disks of bushop-dev"
  execution_role_arn = aws_iam_role.machine_disk_snapshots.arn
  state              = "ENABLED"

  policy_details {
    resource_types = ["VOLUME"]

    target_tags = {
      snapshots = "bushop-dev"
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
