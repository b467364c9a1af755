resource "aws_cloudwatch_log_group" "report" {
  name              = "/buestate/service/report"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_launch_template" "report" {
  name                   = "buestate-report"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "c7i.large"
  vpc_security_group_ids = [aws_security_group.report.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of main ${var.main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/report.env
        permissions: "0600"
        content: |
          MAIN_READ_HOST=main-read.buestate.internal
          MAIN_READ_NAME=main
          MAIN_READ_PORT=3306
          MAIN_READ_SECRET=${aws_secretsmanager_secret.main.arn}
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
          ExecStart=/usr/bin/docker run --rm --name report --env-file /run/cloudgen/report.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/buestate/service/report --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/buestate/report:5.3.0
          ExecStop=/usr/bin/docker stop -t 50 report

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, buestate-report.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.report.arn
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
      Name = "buestate-report"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "buestate-report"
      snapshots = "buestate"
    })
  }
}

resource "aws_autoscaling_group" "report" {
  name                      = "buestate-report"
  min_size                  = 1
  max_size                  = 4
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.internal_report.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = 300
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.report.id
    version = aws_launch_template.report.latest_version
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
      Name = "buestate-report"
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
    aws_iam_role_policy.report,
    aws_cloudwatch_log_group.report,
    aws_secretsmanager_secret_version.main,
    aws_route53_record.internal_main_read,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.report_to_main_read_3306,
    aws_vpc_security_group_egress_rule.report_to_internet_443,
    aws_vpc_security_group_egress_rule.report_to_internet_80,
    aws_vpc_security_group_egress_rule.report_to_private_service_endpoints_443,
    aws_lb_listener.internal_8001,
  ]
}

resource "aws_autoscaling_policy" "report" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.report.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_cloudwatch_log_group" "was" {
  name              = "/buestate/service/was"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_launch_template" "was" {
  name                   = "buestate-was"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "m7i.xlarge"
  vpc_security_group_ids = [aws_security_group.was.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of main ${var.main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/was.env
        permissions: "0600"
        content: |
          CATALOG_API_HOST=catalog-api.buestate.internal
          CATALOG_API_PORT=8010
          CATALOG_API_URL=http://catalog-api.buestate.internal:8010
          DOCUMENTS_BUCKET=${aws_s3_bucket.documents.bucket}
          DOCUMENTS_ENDPOINT=https://s3.ap-northeast-2.amazonaws.com
          DOCUMENTS_REGION=ap-northeast-2
          MAIN_HOST=${aws_db_instance.main.address}
          MAIN_NAME=main
          MAIN_PORT=3306
          MAIN_READ_HOST=main-read.buestate.internal
          MAIN_READ_NAME=main
          MAIN_READ_PORT=3306
          MAIN_READ_SECRET=${aws_secretsmanager_secret.main.arn}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${aws_secretsmanager_secret.main.arn}
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
          ExecStart=/usr/bin/docker run --rm --name was --env-file /run/cloudgen/was.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/buestate/service/was --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/buestate/was:6.0.0
          ExecStop=/usr/bin/docker stop -t 50 was

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, buestate-was.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.was.arn
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
      Name = "buestate-was"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "buestate-was"
      snapshots = "buestate"
    })
  }
}

resource "aws_autoscaling_group" "was" {
  name                      = "buestate-was"
  min_size                  = 2
  max_size                  = 4
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.internal_was.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 600
  default_instance_warmup   = 600
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.was.id
    version = aws_launch_template.was.latest_version
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
      Name = "buestate-was"
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
    aws_iam_role_policy.was,
    aws_cloudwatch_log_group.was,
    aws_secretsmanager_secret_version.main,
    aws_route53_record.internal_main_read,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.was_to_internal_load_balancer_8010,
    aws_vpc_security_group_egress_rule.was_to_main_3306,
    aws_vpc_security_group_egress_rule.was_to_main_read_3306,
    aws_vpc_security_group_egress_rule.was_to_internet_443,
    aws_vpc_security_group_egress_rule.was_to_internet_80,
    aws_vpc_security_group_egress_rule.was_to_private_service_endpoints_443,
    aws_vpc_security_group_egress_rule.was_to_object_store_443,
    aws_lb_listener.internal_8000,
  ]
}

resource "aws_autoscaling_policy" "was" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.was.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_cloudwatch_log_group" "web" {
  name              = "/buestate/service/web"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_launch_template" "web" {
  name                   = "buestate-web"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "c7i.large"
  vpc_security_group_ids = [aws_security_group.web.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
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
          ExecStart=/usr/bin/docker run --rm --name web --env-file /run/cloudgen/web.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/buestate/service/web --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/buestate/web:6.0.0
          ExecStop=/usr/bin/docker stop -t 50 web

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, buestate-web.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.web.arn
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
      Name = "buestate-web"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "buestate-web"
      snapshots = "buestate"
    })
  }
}

resource "aws_autoscaling_group" "web" {
  name                      = "buestate-web"
  min_size                  = 2
  max_size                  = 6
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.public_web.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = 300
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.web.id
    version = aws_launch_template.web.latest_version
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
      Name = "buestate-web"
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
    aws_iam_role_policy.web,
    aws_cloudwatch_log_group.web,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.web_to_internal_load_balancer_8001,
    aws_vpc_security_group_egress_rule.web_to_internal_load_balancer_8000,
    aws_vpc_security_group_egress_rule.web_to_internal_load_balancer_8010,
    aws_vpc_security_group_egress_rule.web_to_internal_load_balancer_8020,
    aws_vpc_security_group_egress_rule.web_to_internet_443,
    aws_vpc_security_group_egress_rule.web_to_internet_80,
    aws_vpc_security_group_egress_rule.web_to_private_service_endpoints_443,
    aws_lb_listener.public_https,
  ]
}

resource "aws_autoscaling_policy" "web" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.web.name
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
  description        = "Disks of buestate"
  execution_role_arn = aws_iam_role.machine_disk_snapshots.arn
  state              = "ENABLED"

  policy_details {
    resource_types = ["VOLUME"]

    target_tags = {
      snapshots = "buestate"
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
