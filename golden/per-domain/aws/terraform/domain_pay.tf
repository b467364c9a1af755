# Domain pay, owned by @bumall/pay.

resource "aws_security_group" "pay_api" {
  name        = "bumall-pay-api"
  description = "Service pay-api"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-pay-api"
  }
}

resource "aws_security_group" "pay_main" {
  name        = "bumall-pay-main"
  description = "Database pay-main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-pay-main"
  }
}

variable "pay_main_password_version" {
  description = "Raise by one to rotate the password of the database pay-main and its secret together."
  type        = number
  default     = 1
}

# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "pay_main" {
  length  = 30
  special = false
}

resource "aws_db_subnet_group" "pay_main" {
  name       = "bumall-pay-main"
  subnet_ids = values(aws_subnet.data)[*].id
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "pay_main" {
  for_each          = toset(["postgresql", "upgrade"])
  name              = "/aws/rds/instance/bumall-pay-main/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_parameter_group" "pay_main" {
  name        = "bumall-pay-main-postgres17"
  description = "Database pay-main"
  family      = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "pay_main" {
  identifier        = "bumall-pay-main"
  engine            = "postgres"
  engine_version    = "17"
  instance_class    = "db.t4g.medium"
  allocated_storage = 50

  # It grows by itself up to this.
  max_allocated_storage                 = 100
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "pay_main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.pay_main.result
  password_wo_version                   = var.pay_main_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = true
  db_subnet_group_name                  = aws_db_subnet_group.pay_main.name
  vpc_security_group_ids                = [aws_security_group.pay_main.id]
  publicly_accessible                   = false
  port                                  = 5432
  parameter_group_name                  = aws_db_parameter_group.pay_main.name
  backup_window                         = "19:00-19:30"
  backup_retention_period               = 7
  maintenance_window                    = "sun:21:00-sun:22:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = false
  deletion_protection                   = true
  final_snapshot_identifier             = "bumall-pay-main-final"
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.pay_main, aws_iam_role_policy.database_enhanced_monitoring]
}

resource "aws_secretsmanager_secret" "pay_main" {
  name                    = "bumall/pay-main"
  description             = "Password of the login app_owner of the database pay-main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

# The database first: should it fail, the vault holds no password that nothing accepts.
resource "aws_secretsmanager_secret_version" "pay_main" {
  secret_id                = aws_secretsmanager_secret.pay_main.id
  secret_string_wo         = ephemeral.random_password.pay_main.result
  secret_string_wo_version = var.pay_main_password_version
  depends_on               = [aws_db_instance.pay_main]
}

# Its owner fills it; Terraform never sees the value.
resource "aws_secretsmanager_secret" "pay_psp_key" {
  name                    = "bumall/pay-psp-key"
  description             = "key of the payment provider"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

resource "aws_vpc_security_group_egress_rule" "internal_load_balancer_to_pay_api_8081" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "internal load balancer to pay-api"
  ip_protocol                  = "tcp"
  from_port                    = 8081
  to_port                      = 8081
  referenced_security_group_id = aws_security_group.pay_api.id
}

resource "aws_vpc_security_group_ingress_rule" "internal_load_balancer_to_pay_api_8081" {
  security_group_id            = aws_security_group.pay_api.id
  description                  = "internal load balancer to pay-api"
  ip_protocol                  = "tcp"
  from_port                    = 8081
  to_port                      = 8081
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "pay_api_to_internal_load_balancer_8082" {
  security_group_id            = aws_security_group.pay_api.id
  description                  = "pay-api to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8082
  to_port                      = 8082
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "pay_api_to_internal_load_balancer_8082" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "pay-api to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8082
  to_port                      = 8082
  referenced_security_group_id = aws_security_group.pay_api.id
}

resource "aws_vpc_security_group_egress_rule" "pay_api_to_pay_main_5432" {
  security_group_id            = aws_security_group.pay_api.id
  description                  = "pay-api to pay-main"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.pay_main.id
}

resource "aws_vpc_security_group_ingress_rule" "pay_api_to_pay_main_5432" {
  security_group_id            = aws_security_group.pay_main.id
  description                  = "pay-api to pay-main"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.pay_api.id
}

resource "aws_vpc_security_group_egress_rule" "pay_api_to_internet_443" {
  security_group_id = aws_security_group.pay_api.id
  description       = "pay-api to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "pay_api_to_internet_80" {
  security_group_id = aws_security_group.pay_api.id
  description       = "pay-api to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "pay_api_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.pay_api.id
  description                  = "pay-api to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "pay_api_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "pay-api to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.pay_api.id
}

resource "aws_lb_target_group" "internal_pay_api" {
  name                 = "bumall-pay-api-i8081"
  vpc_id               = aws_vpc.main.id
  port                 = 8081
  protocol             = "HTTP"
  deregistration_delay = 60

  health_check {
    path              = "/healthz"
    matcher           = "200"
    interval          = 15
    timeout           = 5
    healthy_threshold = 2
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "internal_pay_api" {
  zone_id = aws_route53_zone.internal.zone_id
  name    = "pay-api.bumall.internal"
  type    = "A"

  alias {
    name                   = aws_lb.internal.dns_name
    zone_id                = aws_lb.internal.zone_id
    evaluate_target_health = false
  }
}

resource "aws_cloudwatch_log_group" "pay_api" {
  name              = "/bumall/service/pay-api"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_iam_role" "pay_api" {
  name        = "bumall-pay-api"
  description = "Service pay-api"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Service = "ec2.amazonaws.com"
      }
      Action = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_instance_profile" "pay_api" {
  name = "bumall-pay-api"
  role = aws_iam_role.pay_api.name
}

resource "aws_iam_role_policy" "pay_api" {
  name = "grants"
  role = aws_iam_role.pay_api.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [aws_secretsmanager_secret.pay_main.arn, aws_secretsmanager_secret.pay_psp_key.arn]
      },
      {
        Sid      = "DataKey"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.data.arn
        Condition = {
          StringEquals = {
            "kms:ViaService" = ["secretsmanager.ap-northeast-2.amazonaws.com"]
          }
        }
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.pay_api.arn}:log-stream:*"
      },
      {
        Sid      = "SessionAgent"
        Effect   = "Allow"
        Action   = "ssm:UpdateInstanceInformation"
        Resource = "arn:aws:ec2:ap-northeast-2:${data.aws_caller_identity.current.account_id}:instance/*"
      },
      {
        Sid    = "SessionChannels"
        Effect = "Allow"
        Action = [
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_launch_template" "pay_api" {
  name                   = "bumall-pay-api"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "c7i.large"
  vpc_security_group_ids = [aws_security_group.pay_api.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of pay-main ${var.pay_main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/pay-api.env
        permissions: "0600"
        content: |
          MAIN_HOST=${aws_db_instance.pay_main.address}
          MAIN_NAME=pay_main
          MAIN_PORT=5432
          MAIN_READ_HOST=${aws_db_instance.pay_main.address}
          MAIN_READ_NAME=pay_main
          MAIN_READ_PORT=5432
          MAIN_READ_SECRET=${aws_secretsmanager_secret.pay_main.arn}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${aws_secretsmanager_secret.pay_main.arn}
          MAIN_TLS=require
          MAIN_USER=app_owner
          PORT=8081
          PSP_KEY_SECRET=${aws_secretsmanager_secret.pay_psp_key.arn}
          SHIP_API_HOST=ship-api.bumall.internal
          SHIP_API_PORT=8082
          SHIP_API_URL=http://ship-api.bumall.internal:8082

      - path: /usr/local/bin/bumall-pay-api-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/pay-api.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/pay-api.env "$target.new"

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
          secret MAIN_PASSWORD '${aws_secretsmanager_secret.pay_main.arn}'
          secret MAIN_READ_PASSWORD '${aws_secretsmanager_secret.pay_main.arn}'
          # The owner fills this one: until then the service runs without it. Any other failure holds the start back.
          secret PSP_KEY '${aws_secretsmanager_secret.pay_psp_key.arn}' || {
            [ $? -eq 44 ] || exit 1
            echo 'PSP_KEY is not filled yet' >&2
          }
          mv "$target.new" "$target"

      - path: /etc/systemd/system/bumall-pay-api.service
        content: |
          [Unit]
          Description=bumall pay-api
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumall-pay-api-environment
          ExecStartPre=-/usr/bin/docker rm --force pay-api
          ExecStart=/usr/bin/docker run --rm --name pay-api --env-file /run/cloudgen/pay-api.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/bumall/service/pay-api --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/bumall/pay:2.0.0
          ExecStop=/usr/bin/docker stop -t 50 pay-api

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumall-pay-api.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.pay_api.arn
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
      Name = "bumall-pay-api"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "bumall-pay-api"
      snapshots = "bumall"
    })
  }
}

resource "aws_autoscaling_group" "pay_api" {
  name                      = "bumall-pay-api"
  min_size                  = 2
  max_size                  = 4
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.internal_pay_api.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = 300
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.pay_api.id
    version = aws_launch_template.pay_api.latest_version
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
      Name = "bumall-pay-api"
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
    aws_iam_role_policy.pay_api,
    aws_cloudwatch_log_group.pay_api,
    aws_secretsmanager_secret_version.pay_main,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.pay_api_to_internal_load_balancer_8082,
    aws_vpc_security_group_egress_rule.pay_api_to_pay_main_5432,
    aws_vpc_security_group_egress_rule.pay_api_to_internet_443,
    aws_vpc_security_group_egress_rule.pay_api_to_internet_80,
    aws_vpc_security_group_egress_rule.pay_api_to_private_service_endpoints_443,
    aws_lb_listener.internal_8081,
  ]
}

resource "aws_autoscaling_policy" "pay_api" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.pay_api.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

output "pay_main_host" {
  description = "Host of the database pay-main."
  value       = aws_db_instance.pay_main.address
}

output "pay_psp_key_secret" {
  description = "Secret pay-psp-key, to be filled by its owner."
  value       = aws_secretsmanager_secret.pay_psp_key.arn
}
