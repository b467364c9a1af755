# Domain order, owned by @buestate/order.

resource "aws_security_group" "order_api" {
  name        = "buestate-order-api"
  description = "Service order-api"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-order-api"
  }
}

resource "aws_security_group" "order_main" {
  name        = "buestate-order-main"
  description = "Database order-main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-order-main"
  }
}

resource "aws_security_group" "order_main_shard" {
  name        = "buestate-order-main-shard"
  description = "Shards of order-main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-order-main-shard"
  }
}

variable "order_main_password_version" {
  description = "Raise by one to rotate the password of the database order-main and its secret together."
  type        = number
  default     = 1
}

# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "order_main" {
  length  = 30
  special = false
}

resource "aws_db_subnet_group" "order_main" {
  name       = "buestate-order-main"
  subnet_ids = values(aws_subnet.data)[*].id
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "order_main" {
  for_each          = toset(["error", "slowquery"])
  name              = "/aws/rds/instance/buestate-order-main/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_parameter_group" "order_main" {
  name        = "buestate-order-main-mysql8-4"
  description = "Database order-main"
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

resource "aws_db_instance" "order_main" {
  identifier        = "buestate-order-main"
  engine            = "mysql"
  engine_version    = "8.4"
  instance_class    = "db.m7g.large"
  allocated_storage = 50

  # It grows by itself up to this.
  max_allocated_storage                 = 100
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "order_main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.order_main.result
  password_wo_version                   = var.order_main_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = true
  db_subnet_group_name                  = aws_db_subnet_group.order_main.name
  vpc_security_group_ids                = [aws_security_group.order_main.id]
  publicly_accessible                   = false
  port                                  = 3306
  parameter_group_name                  = aws_db_parameter_group.order_main.name
  backup_window                         = "19:00-19:30"
  backup_retention_period               = 14
  maintenance_window                    = "sun:21:00-sun:22:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = false
  deletion_protection                   = true
  final_snapshot_identifier             = "buestate-order-main-final"
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["error", "slowquery"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.order_main, aws_iam_role_policy.database_enhanced_monitoring]
}

# Each shard is known by its id for as long as it lives; the order is the one in which rows are spread.
locals {
  order_main_shards = ["s0", "s1", "s2", "s3"]
}

variable "order_main_shard_password_version" {
  description = "Raise by one to rotate the passwords of all shards of order-main and their secrets together."
  type        = number
  default     = 1
}

# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "order_main_shard" {
  for_each = toset(local.order_main_shards)
  length   = 30
  special  = false
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "order_main_shard_database_logs" {
  for_each          = toset([for pair in setproduct(local.order_main_shards, ["error", "slowquery"]) : join("/", pair)])
  name              = "/aws/rds/instance/buestate-order-main-shard-${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_instance" "order_main_shard" {
  for_each          = toset(local.order_main_shards)
  identifier        = "buestate-order-main-shard-${each.key}"
  engine            = "mysql"
  engine_version    = "8.4"
  instance_class    = "db.m7g.large"
  allocated_storage = 50

  # It grows by itself up to this.
  max_allocated_storage                 = 100
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "order_main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.order_main_shard[each.key].result
  password_wo_version                   = var.order_main_shard_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = true
  db_subnet_group_name                  = aws_db_subnet_group.order_main.name
  vpc_security_group_ids                = [aws_security_group.order_main_shard.id]
  publicly_accessible                   = false
  port                                  = 3306
  parameter_group_name                  = aws_db_parameter_group.order_main.name
  backup_window                         = "19:00-19:30"
  backup_retention_period               = 14
  maintenance_window                    = "sun:21:00-sun:22:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = false
  deletion_protection                   = true
  final_snapshot_identifier             = "buestate-order-main-shard-${each.key}-final"
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["error", "slowquery"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7

  depends_on = [
    aws_cloudwatch_log_group.order_main_shard_database_logs,
    aws_iam_role_policy.database_enhanced_monitoring,
  ]
}

resource "aws_secretsmanager_secret" "order_main" {
  name                    = "buestate/order-main"
  description             = "Password of the login app_owner of the database order-main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

# The database first: should it fail, the vault holds no password that nothing accepts.
resource "aws_secretsmanager_secret_version" "order_main" {
  secret_id                = aws_secretsmanager_secret.order_main.id
  secret_string_wo         = ephemeral.random_password.order_main.result
  secret_string_wo_version = var.order_main_password_version
  depends_on               = [aws_db_instance.order_main]
}

resource "aws_secretsmanager_secret" "order_main_shard" {
  for_each                = toset(local.order_main_shards)
  name                    = "buestate/order-main-shard/${each.key}"
  description             = "Password of the login app_owner of the shard ${each.key} of order-main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "order_main_shard" {
  for_each                 = aws_secretsmanager_secret.order_main_shard
  secret_id                = each.value.id
  secret_string_wo         = ephemeral.random_password.order_main_shard[each.key].result
  secret_string_wo_version = var.order_main_shard_password_version
  depends_on               = [aws_db_instance.order_main_shard]
}

resource "aws_secretsmanager_secret" "order_main_shard_map" {
  name                    = "buestate/order-main-shard-map"
  description             = "Which shard of order-main holds which rows"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

# No secret: state and plan show it.
resource "aws_secretsmanager_secret_version" "order_main_shard_map" {
  secret_id = aws_secretsmanager_secret.order_main_shard_map.id

  secret_string = jsonencode({
    format           = 1
    database         = "order_main"
    key              = "customer_id"
    tables           = ["orders", "order_items"]
    reference_tables = ["countries"]
    shards           = ["s0", "s1", "s2", "s3"]
    strategy         = "hash"
    hash = {
      function   = "sha256"
      of         = "lower-case text"
      hex_digits = 7
      modulo     = 4
    }
    version = "638bce8b8e18"
  })
}

resource "aws_vpc_security_group_egress_rule" "internal_load_balancer_to_order_api_8020" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "internal load balancer to order-api"
  ip_protocol                  = "tcp"
  from_port                    = 8020
  to_port                      = 8020
  referenced_security_group_id = aws_security_group.order_api.id
}

resource "aws_vpc_security_group_ingress_rule" "internal_load_balancer_to_order_api_8020" {
  security_group_id            = aws_security_group.order_api.id
  description                  = "internal load balancer to order-api"
  ip_protocol                  = "tcp"
  from_port                    = 8020
  to_port                      = 8020
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "order_api_to_internal_load_balancer_8010" {
  security_group_id            = aws_security_group.order_api.id
  description                  = "order-api to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8010
  to_port                      = 8010
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "order_api_to_internal_load_balancer_8010" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "order-api to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8010
  to_port                      = 8010
  referenced_security_group_id = aws_security_group.order_api.id
}

resource "aws_vpc_security_group_egress_rule" "order_api_to_order_main_3306" {
  security_group_id            = aws_security_group.order_api.id
  description                  = "order-api to order-main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.order_main.id
}

resource "aws_vpc_security_group_ingress_rule" "order_api_to_order_main_3306" {
  security_group_id            = aws_security_group.order_main.id
  description                  = "order-api to order-main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.order_api.id
}

resource "aws_vpc_security_group_egress_rule" "order_api_to_order_main_shard_3306" {
  security_group_id            = aws_security_group.order_api.id
  description                  = "order-api to order-main-shard"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.order_main_shard.id
}

resource "aws_vpc_security_group_ingress_rule" "order_api_to_order_main_shard_3306" {
  security_group_id            = aws_security_group.order_main_shard.id
  description                  = "order-api to order-main-shard"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.order_api.id
}

resource "aws_vpc_security_group_egress_rule" "order_api_to_internet_443" {
  security_group_id = aws_security_group.order_api.id
  description       = "order-api to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "order_api_to_internet_80" {
  security_group_id = aws_security_group.order_api.id
  description       = "order-api to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "order_api_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.order_api.id
  description                  = "order-api to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "order_api_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "order-api to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.order_api.id
}

resource "aws_lb_target_group" "internal_order_api" {
  name                 = "buestate-order-api-i8020"
  vpc_id               = aws_vpc.main.id
  port                 = 8020
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

resource "aws_route53_record" "internal_order_api" {
  zone_id = aws_route53_zone.internal.zone_id
  name    = "order-api.buestate.internal"
  type    = "A"

  alias {
    name                   = aws_lb.internal.dns_name
    zone_id                = aws_lb.internal.zone_id
    evaluate_target_health = false
  }
}

resource "aws_cloudwatch_metric_alarm" "order_main_shard_load" {
  for_each          = aws_db_instance.order_main_shard
  alarm_name        = "buestate-order-main-shard-load-${each.key}"
  alarm_description = "A shard of order-main has had more than 80% processor load for 15 minutes. If the others are as busy, add shards or take larger ones."
  namespace         = "AWS/RDS"
  metric_name       = "CPUUtilization"

  dimensions = {
    DBInstanceIdentifier = each.value.identifier
  }

  statistic           = "Average"
  period              = 60
  evaluation_periods  = 15
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "order_main_shard_storage" {
  for_each          = aws_db_instance.order_main_shard
  alarm_name        = "buestate-order-main-shard-storage-${each.key}"
  alarm_description = "A shard of order-main has less than 7.5 GiB of storage left; it grows by itself up to 100 GiB and then no more."
  namespace         = "AWS/RDS"
  metric_name       = "FreeStorageSpace"

  dimensions = {
    DBInstanceIdentifier = each.value.identifier
  }

  statistic           = "Average"
  period              = 60
  evaluation_periods  = 15
  comparison_operator = "LessThanThreshold"

  # Bytes: 15% of 50 GiB.
  threshold     = 8053063680
  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "order_main_shard_hot" {
  for_each            = toset(local.order_main_shards)
  alarm_name          = "buestate-order-main-shard-hot-${each.key}"
  alarm_description   = "A shard of order-main is more than 25 percentage points busier than the mean of all: one key, or one range of customer_id, draws the load."
  evaluation_periods  = 15
  comparison_operator = "GreaterThanThreshold"
  threshold           = 25

  metric_query {
    id          = "above"
    label       = "Percentage points above the mean"
    expression  = "load_${each.key} - AVG(METRICS())"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = local.order_main_shards
    iterator = shard

    content {
      id = "load_${shard.value}"

      metric {
        namespace   = "AWS/RDS"
        metric_name = "CPUUtilization"

        dimensions = {
          DBInstanceIdentifier = "buestate-order-main-shard-${shard.value}"
        }

        stat   = "Average"
        period = 60
      }
    }
  }

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_dashboard" "order_main_shards" {
  dashboard_name = "buestate-order-main-shards"

  dashboard_body = jsonencode({
    widgets = [
      {
        type   = "metric"
        x      = 0
        y      = 0
        width  = 12
        height = 7
        properties = {
          title   = "Processor load, percent"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Average"
          period  = 60
          metrics = [for id in local.order_main_shards : ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "buestate-order-main-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 0
        width  = 12
        height = 7
        properties = {
          title   = "Connections"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Maximum"
          period  = 60
          metrics = [for id in local.order_main_shards : ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", "buestate-order-main-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 7
        width  = 12
        height = 7
        properties = {
          title   = "Free storage, bytes"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Minimum"
          period  = 60
          metrics = [for id in local.order_main_shards : ["AWS/RDS", "FreeStorageSpace", "DBInstanceIdentifier", "buestate-order-main-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 7
        width  = 12
        height = 7
        properties = {
          title   = "Write operations per second"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Average"
          period  = 60
          metrics = [for id in local.order_main_shards : ["AWS/RDS", "WriteIOPS", "DBInstanceIdentifier", "buestate-order-main-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 14
        width  = 12
        height = 7
        properties = {
          title   = "Write latency, seconds"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Average"
          period  = 60
          metrics = [for id in local.order_main_shards : ["AWS/RDS", "WriteLatency", "DBInstanceIdentifier", "buestate-order-main-shard-${id}"]]
        }
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "order_api" {
  name              = "/buestate/service/order-api"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_iam_role" "order_api" {
  name        = "buestate-order-api"
  description = "Service order-api"

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

resource "aws_iam_instance_profile" "order_api" {
  name = "buestate-order-api"
  role = aws_iam_role.order_api.name
}

resource "aws_iam_role_policy" "order_api" {
  name = "grants"
  role = aws_iam_role.order_api.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadSecrets"
        Effect = "Allow"
        Action = "secretsmanager:GetSecretValue"
        Resource = [
          aws_secretsmanager_secret.order_main.arn,
          "arn:aws:secretsmanager:ap-northeast-2:${data.aws_caller_identity.current.account_id}:secret:buestate/order-main-shard/*",
          aws_secretsmanager_secret.order_main_shard_map.arn,
        ]
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
        Resource = "${aws_cloudwatch_log_group.order_api.arn}:log-stream:*"
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

resource "aws_launch_template" "order_api" {
  name                   = "buestate-order-api"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "m7i.xlarge"
  vpc_security_group_ids = [aws_security_group.order_api.id]

  user_data = base64gzip(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of order-main ${var.order_main_password_version}
    # password of order-main-shard ${var.order_main_shard_password_version}
    # map of order-main 638bce8b8e18
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/order-api.env
        permissions: "0600"
        content: |
          CATALOG_API_HOST=catalog-api.buestate.internal
          CATALOG_API_PORT=8010
          CATALOG_API_URL=http://catalog-api.buestate.internal:8010
          MAIN_HOST=${aws_db_instance.order_main.address}
          MAIN_NAME=order_main
          MAIN_PORT=3306
          MAIN_READ_HOST=${aws_db_instance.order_main.address}
          MAIN_READ_NAME=order_main
          MAIN_READ_PORT=3306
          MAIN_READ_SECRET=${aws_secretsmanager_secret.order_main.arn}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${aws_secretsmanager_secret.order_main.arn}
          MAIN_SHARDS=s0 s1 s2 s3
          MAIN_SHARDS_MAP_SECRET=${aws_secretsmanager_secret.order_main_shard_map.arn}
          MAIN_TLS=require
          MAIN_USER=app_owner
          PORT=8020

      - path: /usr/local/bin/buestate-order-api-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/order-api.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/order-api.env "$target.new"

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
          secret MAIN_PASSWORD '${aws_secretsmanager_secret.order_main.arn}'
          secret MAIN_READ_PASSWORD '${aws_secretsmanager_secret.order_main.arn}'
          secret MAIN_SHARDS_MAP '${aws_secretsmanager_secret.order_main_shard_map.arn}'
          while read -r id domain <&3; do
            host=buestate-order-main-shard-$id$domain
            identifier=buestate/order-main-shard/$id
            name=MAIN_SHARD_$${id^^}
            printf '%s=%s\n' "$${name}_HOST" "$host" >>"$target.new"
            printf '%s=%s\n' "$${name}_PORT" 3306 "$${name}_NAME" order_main "$${name}_USER" app_owner \
              "$${name}_TLS" require "$${name}_SECRET" "$identifier" >>"$target.new"
            secret "$${name}_PASSWORD" "$identifier"
          done 3</etc/cloudgen/order-api.order-main-shard
          mv "$target.new" "$target"

      # Id of each shard, and what follows it in the host.
      - path: /etc/cloudgen/order-api.order-main-shard
        content: |
          ${join("\n      ", [for id in local.order_main_shards : "${id} ${trimprefix(aws_db_instance.order_main_shard[id].address, "buestate-order-main-shard-${id}")}"])}

      - path: /etc/systemd/system/buestate-order-api.service
        content: |
          [Unit]
          Description=buestate order-api
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/buestate-order-api-environment
          ExecStartPre=-/usr/bin/docker rm --force order-api
          ExecStart=/usr/bin/docker run --rm --name order-api --env-file /run/cloudgen/order-api.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/buestate/service/order-api --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/buestate/order:1.0.0
          ExecStop=/usr/bin/docker stop -t 50 order-api

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, buestate-order-api.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.order_api.arn
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
      Name = "buestate-order-api"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "buestate-order-api"
      snapshots = "buestate"
    })
  }
}

resource "aws_autoscaling_group" "order_api" {
  name                      = "buestate-order-api"
  min_size                  = 2
  max_size                  = 8
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.internal_order_api.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 600
  default_instance_warmup   = 600
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.order_api.id
    version = aws_launch_template.order_api.latest_version
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
      Name = "buestate-order-api"
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
    aws_iam_role_policy.order_api,
    aws_cloudwatch_log_group.order_api,
    aws_secretsmanager_secret_version.order_main,
    aws_secretsmanager_secret_version.order_main_shard,
    aws_secretsmanager_secret_version.order_main_shard_map,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.order_api_to_internal_load_balancer_8010,
    aws_vpc_security_group_egress_rule.order_api_to_order_main_3306,
    aws_vpc_security_group_egress_rule.order_api_to_order_main_shard_3306,
    aws_vpc_security_group_egress_rule.order_api_to_internet_443,
    aws_vpc_security_group_egress_rule.order_api_to_internet_80,
    aws_vpc_security_group_egress_rule.order_api_to_private_service_endpoints_443,
    aws_lb_listener.internal_8020,
  ]
}

resource "aws_autoscaling_policy" "order_api" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.order_api.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

output "order_main_host" {
  description = "Host of the database order-main."
  value       = aws_db_instance.order_main.address
}

output "order_main_shard_hosts" {
  description = "Hosts of the shards of order-main, by their ids."
  value       = { for id, server in aws_db_instance.order_main_shard : id => server.address }
}
