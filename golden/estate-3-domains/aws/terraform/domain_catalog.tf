# Domain catalog, owned by @buestate/catalog.

resource "aws_security_group" "catalog_api" {
  name        = "buestate-catalog-api"
  description = "Service catalog-api"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-catalog-api"
  }
}

resource "aws_security_group" "catalog_main" {
  name        = "buestate-catalog-main"
  description = "Database catalog-main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-catalog-main"
  }
}

resource "aws_security_group" "catalog_main_read" {
  name        = "buestate-catalog-main-read"
  description = "Read replicas of catalog-main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-catalog-main-read"
  }
}

variable "catalog_main_password_version" {
  description = "Raise by one to rotate the password of the database catalog-main and its secret together."
  type        = number
  default     = 1
}

# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "catalog_main" {
  length  = 30
  special = false
}

resource "aws_db_subnet_group" "catalog_main" {
  name       = "buestate-catalog-main"
  subnet_ids = values(aws_subnet.data)[*].id
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "catalog_main" {
  for_each          = toset(["error", "slowquery"])
  name              = "/aws/rds/instance/buestate-catalog-main/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_parameter_group" "catalog_main" {
  name        = "buestate-catalog-main-mysql8-4"
  description = "Database catalog-main"
  family      = "mysql8.4"

  parameter {
    name  = "require_secure_transport"
    value = "1"
  }

  parameter {
    name  = "log_output"
    value = "FILE"
  }

  parameter {
    name  = "slow_query_log"
    value = "1"
  }

  parameter {
    name  = "long_query_time"
    value = "1"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "catalog_main" {
  identifier        = "buestate-catalog-main"
  engine            = "mysql"
  engine_version    = "8.4"
  instance_class    = "db.m7g.large"
  allocated_storage = 50

  # It grows by itself up to this.
  max_allocated_storage                 = 100
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "catalog_main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.catalog_main.result
  password_wo_version                   = var.catalog_main_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = true
  db_subnet_group_name                  = aws_db_subnet_group.catalog_main.name
  vpc_security_group_ids                = [aws_security_group.catalog_main.id]
  publicly_accessible                   = false
  port                                  = 3306
  parameter_group_name                  = aws_db_parameter_group.catalog_main.name
  backup_window                         = "18:00-18:30"
  backup_retention_period               = 14
  maintenance_window                    = "sun:20:00-sun:21:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = false
  deletion_protection                   = true
  final_snapshot_identifier             = "buestate-catalog-main-final"
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["error", "slowquery"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.catalog_main, aws_iam_role_policy.database_enhanced_monitoring]
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "catalog_main_replica_database_logs" {
  for_each          = toset(["1/error", "1/slowquery"])
  name              = "/aws/rds/instance/buestate-catalog-main-replica-${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

# Subnets, key, engine, storage and port are the primary's. The maintenance of each falls on a day of its own.
resource "aws_db_instance" "catalog_main_replica" {
  for_each = {
    "1" = {
      zone        = "ap-northeast-2a"
      maintenance = "mon:20:00-mon:21:00"
    }
  }

  identifier                          = "buestate-catalog-main-replica-${each.key}"
  replicate_source_db                 = aws_db_instance.catalog_main.identifier
  instance_class                      = "db.m7g.large"
  max_allocated_storage               = 100
  storage_type                        = "gp3"
  storage_encrypted                   = true
  iam_database_authentication_enabled = true
  availability_zone                   = each.value.zone
  multi_az                            = false
  publicly_accessible                 = false
  parameter_group_name                = aws_db_parameter_group.catalog_main.name
  maintenance_window                  = each.value.maintenance
  copy_tags_to_snapshot               = true
  deletion_protection                 = true

  # RDS takes no last snapshot of a replica.
  skip_final_snapshot                   = true
  auto_minor_version_upgrade            = true
  vpc_security_group_ids                = [aws_security_group.catalog_main_read.id]
  enabled_cloudwatch_logs_exports       = ["error", "slowquery"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.catalog_main_replica_database_logs]
}

resource "aws_secretsmanager_secret" "catalog_main" {
  name                    = "buestate/catalog-main"
  description             = "Password of the login app_owner of the database catalog-main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

# The database first: should it fail, the vault holds no password that nothing accepts.
resource "aws_secretsmanager_secret_version" "catalog_main" {
  secret_id                = aws_secretsmanager_secret.catalog_main.id
  secret_string_wo         = ephemeral.random_password.catalog_main.result
  secret_string_wo_version = var.catalog_main_password_version
  depends_on               = [aws_db_instance.catalog_main]
}

resource "aws_vpc_security_group_egress_rule" "internal_load_balancer_to_catalog_api_8010" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "internal load balancer to catalog-api"
  ip_protocol                  = "tcp"
  from_port                    = 8010
  to_port                      = 8010
  referenced_security_group_id = aws_security_group.catalog_api.id
}

resource "aws_vpc_security_group_ingress_rule" "internal_load_balancer_to_catalog_api_8010" {
  security_group_id            = aws_security_group.catalog_api.id
  description                  = "internal load balancer to catalog-api"
  ip_protocol                  = "tcp"
  from_port                    = 8010
  to_port                      = 8010
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "catalog_api_to_catalog_main_3306" {
  security_group_id            = aws_security_group.catalog_api.id
  description                  = "catalog-api to catalog-main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.catalog_main.id
}

resource "aws_vpc_security_group_ingress_rule" "catalog_api_to_catalog_main_3306" {
  security_group_id            = aws_security_group.catalog_main.id
  description                  = "catalog-api to catalog-main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.catalog_api.id
}

resource "aws_vpc_security_group_egress_rule" "catalog_api_to_catalog_main_read_3306" {
  security_group_id            = aws_security_group.catalog_api.id
  description                  = "catalog-api to catalog-main-read"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.catalog_main_read.id
}

resource "aws_vpc_security_group_ingress_rule" "catalog_api_to_catalog_main_read_3306" {
  security_group_id            = aws_security_group.catalog_main_read.id
  description                  = "catalog-api to catalog-main-read"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.catalog_api.id
}

resource "aws_vpc_security_group_egress_rule" "catalog_api_to_internet_443" {
  security_group_id = aws_security_group.catalog_api.id
  description       = "catalog-api to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "catalog_api_to_internet_80" {
  security_group_id = aws_security_group.catalog_api.id
  description       = "catalog-api to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "catalog_api_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.catalog_api.id
  description                  = "catalog-api to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "catalog_api_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "catalog-api to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.catalog_api.id
}

resource "aws_lb_target_group" "internal_catalog_api" {
  name                 = "buestate-catalog-api-i8010"
  vpc_id               = aws_vpc.main.id
  port                 = 8010
  protocol             = "HTTP"
  deregistration_delay = 60

  health_check {
    path              = "/health"
    matcher           = "200"
    interval          = 15
    timeout           = 5
    healthy_threshold = 2
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "internal_catalog_api" {
  zone_id = aws_route53_zone.internal.zone_id
  name    = "catalog-api.buestate.internal"
  type    = "A"

  alias {
    name                   = aws_lb.internal.dns_name
    zone_id                = aws_lb.internal.zone_id
    evaluate_target_health = false
  }
}

resource "aws_cloudwatch_metric_alarm" "catalog_main_replica_lag" {
  for_each          = aws_db_instance.catalog_main_replica
  alarm_name        = "buestate-catalog-main-replica-lag-${each.key}"
  alarm_description = "A read replica of catalog-main is more than 60 seconds behind: readers see old data. Look for long transactions and for replicas that are too small."
  namespace         = "AWS/RDS"
  metric_name       = "ReplicaLag"

  dimensions = {
    DBInstanceIdentifier = each.value.identifier
  }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = 60
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  # A replica that sends no measurements is gone.
  insufficient_data_actions = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "catalog_main_replica_stopped" {
  for_each          = aws_db_instance.catalog_main_replica
  alarm_name        = "buestate-catalog-main-replica-stopped-${each.key}"
  alarm_description = "A read replica of catalog-main has stopped replicating: readers see old data. Its error stands in the RDS console; make the replica anew where it cannot go on."
  namespace         = "AWS/RDS"
  metric_name       = "ReplicaLag"

  dimensions = {
    DBInstanceIdentifier = each.value.identifier
  }

  statistic          = "Maximum"
  period             = 60
  evaluation_periods = 5

  # MySQL says that a replica is -1 seconds late when it does not replicate.
  comparison_operator = "LessThanThreshold"
  threshold           = 0
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_route53_health_check" "catalog_main_replica_lag" {
  for_each                = aws_cloudwatch_metric_alarm.catalog_main_replica_lag
  type                    = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name   = each.value.alarm_name
  cloudwatch_alarm_region = "ap-northeast-2"

  # A replica that sends no measurements is gone.
  insufficient_data_health_status = "Unhealthy"

  # Route 53 copies the alarm, and copies it again when these change.
  triggers = {
    minutes   = each.value.evaluation_periods
    threshold = each.value.threshold
  }

  tags = {
    Name = each.value.alarm_name
  }
}

resource "aws_route53_health_check" "catalog_main_replica_stopped" {
  for_each                = aws_cloudwatch_metric_alarm.catalog_main_replica_stopped
  type                    = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name   = each.value.alarm_name
  cloudwatch_alarm_region = "ap-northeast-2"

  # A replica that sends no measurements is gone.
  insufficient_data_health_status = "Unhealthy"

  # Route 53 copies the alarm, and copies it again when these change.
  triggers = {
    minutes   = each.value.evaluation_periods
    threshold = each.value.threshold
  }

  tags = {
    Name = each.value.alarm_name
  }
}

# A replica is well while none of its alarms is on.
resource "aws_route53_health_check" "catalog_main_replica" {
  for_each = aws_db_instance.catalog_main_replica
  type     = "CALCULATED"

  child_healthchecks = [
    aws_route53_health_check.catalog_main_replica_lag[each.key].id,
    aws_route53_health_check.catalog_main_replica_stopped[each.key].id,
  ]

  child_health_threshold = 2

  tags = {
    Name = "buestate-catalog-main-replica-${each.key}"
  }
}

# The one name that readers are told: each answer is one replica, all equally often.
resource "aws_route53_record" "internal_catalog_main_read" {
  for_each        = aws_db_instance.catalog_main_replica
  zone_id         = aws_route53_zone.internal.zone_id
  name            = "catalog-main-read.buestate.internal"
  type            = "CNAME"
  ttl             = 5
  records         = [each.value.address]
  set_identifier  = each.key
  health_check_id = aws_route53_health_check.catalog_main_replica[each.key].id

  weighted_routing_policy {
    weight = 1
  }
}

resource "aws_cloudwatch_log_group" "catalog_api" {
  name              = "/buestate/service/catalog-api"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_iam_role" "catalog_api" {
  name        = "buestate-catalog-api"
  description = "Service catalog-api"

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

resource "aws_iam_instance_profile" "catalog_api" {
  name = "buestate-catalog-api"
  role = aws_iam_role.catalog_api.name
}

resource "aws_iam_role_policy" "catalog_api" {
  name = "grants"
  role = aws_iam_role.catalog_api.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [aws_secretsmanager_secret.catalog_main.arn]
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
        Resource = "${aws_cloudwatch_log_group.catalog_api.arn}:log-stream:*"
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

resource "aws_launch_template" "catalog_api" {
  name                   = "buestate-catalog-api"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "m7i.large"
  vpc_security_group_ids = [aws_security_group.catalog_api.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of catalog-main ${var.catalog_main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/catalog-api.env
        permissions: "0600"
        content: |
          MAIN_HOST=${aws_db_instance.catalog_main.address}
          MAIN_NAME=catalog_main
          MAIN_PORT=3306
          MAIN_READ_HOST=catalog-main-read.buestate.internal
          MAIN_READ_NAME=catalog_main
          MAIN_READ_PORT=3306
          MAIN_READ_SECRET=${aws_secretsmanager_secret.catalog_main.arn}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${aws_secretsmanager_secret.catalog_main.arn}
          MAIN_TLS=require
          MAIN_USER=app_owner
          PORT=8010

      - path: /usr/local/bin/buestate-catalog-api-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/catalog-api.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/catalog-api.env "$target.new"

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
          secret MAIN_PASSWORD '${aws_secretsmanager_secret.catalog_main.arn}'
          secret MAIN_READ_PASSWORD '${aws_secretsmanager_secret.catalog_main.arn}'
          mv "$target.new" "$target"

      - path: /etc/systemd/system/buestate-catalog-api.service
        content: |
          [Unit]
          Description=buestate catalog-api
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/buestate-catalog-api-environment
          ExecStartPre=-/usr/bin/docker rm --force catalog-api
          ExecStart=/usr/bin/docker run --rm --name catalog-api --env-file /run/cloudgen/catalog-api.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/buestate/service/catalog-api --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/buestate/catalog:1.0.0
          ExecStop=/usr/bin/docker stop -t 50 catalog-api

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, buestate-catalog-api.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.catalog_api.arn
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
      Name = "buestate-catalog-api"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "buestate-catalog-api"
      snapshots = "buestate"
    })
  }
}

resource "aws_autoscaling_group" "catalog_api" {
  name                      = "buestate-catalog-api"
  min_size                  = 2
  max_size                  = 6
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.internal_catalog_api.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 600
  default_instance_warmup   = 600
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.catalog_api.id
    version = aws_launch_template.catalog_api.latest_version
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
      Name = "buestate-catalog-api"
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
    aws_iam_role_policy.catalog_api,
    aws_cloudwatch_log_group.catalog_api,
    aws_secretsmanager_secret_version.catalog_main,
    aws_route53_record.internal_catalog_main_read,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.catalog_api_to_catalog_main_3306,
    aws_vpc_security_group_egress_rule.catalog_api_to_catalog_main_read_3306,
    aws_vpc_security_group_egress_rule.catalog_api_to_internet_443,
    aws_vpc_security_group_egress_rule.catalog_api_to_internet_80,
    aws_vpc_security_group_egress_rule.catalog_api_to_private_service_endpoints_443,
    aws_lb_listener.internal_8010,
  ]
}

resource "aws_autoscaling_policy" "catalog_api" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.catalog_api.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

output "catalog_main_host" {
  description = "Host of the database catalog-main."
  value       = aws_db_instance.catalog_main.address
}

output "catalog_main_read_host" {
  description = "Host of the read replicas of catalog-main."
  value       = "catalog-main-read.buestate.internal"
}
