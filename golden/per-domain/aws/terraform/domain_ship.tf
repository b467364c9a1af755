# Domain ship, owned by @bumall/logistics.

resource "aws_security_group" "ship_api" {
  name        = "bumall-ship-api"
  description = "Service ship-api"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-ship-api"
  }
}

resource "aws_security_group" "ship_worker" {
  name        = "bumall-ship-worker"
  description = "Service ship-worker"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-ship-worker"
  }
}

resource "aws_security_group" "ship_main" {
  name        = "bumall-ship-main"
  description = "Database ship-main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-ship-main"
  }
}

variable "ship_main_password_version" {
  description = "Raise by one to rotate the password of the database ship-main and its secret together."
  type        = number
  default     = 1
}

# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "ship_main" {
  length  = 30
  special = false
}

resource "aws_db_subnet_group" "ship_main" {
  name       = "bumall-ship-main"
  subnet_ids = values(aws_subnet.data)[*].id
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "ship_main" {
  for_each          = toset(["error", "slowquery"])
  name              = "/aws/rds/instance/bumall-ship-main/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_parameter_group" "ship_main" {
  name        = "bumall-ship-main-mysql8-4"
  description = "Database ship-main"
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

resource "aws_db_instance" "ship_main" {
  identifier        = "bumall-ship-main"
  engine            = "mysql"
  engine_version    = "8.4"
  instance_class    = "db.t4g.medium"
  allocated_storage = 50

  # It grows by itself up to this.
  max_allocated_storage                 = 100
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "ship_main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.ship_main.result
  password_wo_version                   = var.ship_main_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = true
  db_subnet_group_name                  = aws_db_subnet_group.ship_main.name
  vpc_security_group_ids                = [aws_security_group.ship_main.id]
  publicly_accessible                   = false
  port                                  = 3306
  parameter_group_name                  = aws_db_parameter_group.ship_main.name
  backup_window                         = "20:00-20:30"
  backup_retention_period               = 7
  maintenance_window                    = "sun:22:00-sun:23:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = false
  deletion_protection                   = true
  final_snapshot_identifier             = "bumall-ship-main-final"
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["error", "slowquery"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.ship_main, aws_iam_role_policy.database_enhanced_monitoring]
}

# What was taken from ship-orders too often and never done.
resource "aws_sqs_queue" "ship_orders_dead" {
  name              = "bumall-ship-orders-dead"
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "ship_orders" {
  name                       = "bumall-ship-orders"
  kms_master_key_id          = aws_kms_key.data.arn
  visibility_timeout_seconds = 120
  message_retention_seconds  = 345600

  # Workers wait for messages instead of asking again and again.
  receive_wait_time_seconds = 20

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.ship_orders_dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "ship_orders_dead" {
  queue_url = aws_sqs_queue.ship_orders_dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.ship_orders.arn]
  })
}

resource "aws_sqs_queue_policy" "ship_orders" {
  queue_url = aws_sqs_queue.ship_orders.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.ship_orders.arn
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
    }]
  })
}

resource "aws_sqs_queue_policy" "ship_orders_dead" {
  queue_url = aws_sqs_queue.ship_orders_dead.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.ship_orders_dead.arn
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
    }]
  })
}

# What was taken from ship-worker-from-pay-paid too often and never done.
resource "aws_sqs_queue" "ship_worker_from_pay_paid_dead" {
  name              = "bumall-ship-worker-from-pay-paid-dead.fifo"
  fifo_queue        = true
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "ship_worker_from_pay_paid" {
  name              = "bumall-ship-worker-from-pay-paid.fifo"
  fifo_queue        = true
  kms_master_key_id = aws_kms_key.data.arn

  # Who sends the same content twice within five minutes need not say so.
  content_based_deduplication = true
  visibility_timeout_seconds  = 60
  message_retention_seconds   = 345600

  # Workers wait for messages instead of asking again and again.
  receive_wait_time_seconds = 20

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.ship_worker_from_pay_paid_dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "ship_worker_from_pay_paid_dead" {
  queue_url = aws_sqs_queue.ship_worker_from_pay_paid_dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.ship_worker_from_pay_paid.arn]
  })
}

resource "aws_sqs_queue_policy" "ship_worker_from_pay_paid" {
  queue_url = aws_sqs_queue.ship_worker_from_pay_paid.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Topic"
        Effect = "Allow"
        Principal = {
          Service = "sns.amazonaws.com"
        }
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.ship_worker_from_pay_paid.arn
        Condition = {
          ArnEquals = {
            "aws:SourceArn" = aws_sns_topic.pay_paid.arn
          }
        }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.ship_worker_from_pay_paid.arn
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

resource "aws_sqs_queue_policy" "ship_worker_from_pay_paid_dead" {
  queue_url = aws_sqs_queue.ship_worker_from_pay_paid_dead.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Topic"
        Effect = "Allow"
        Principal = {
          Service = "sns.amazonaws.com"
        }
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.ship_worker_from_pay_paid_dead.arn
        Condition = {
          ArnEquals = {
            "aws:SourceArn" = aws_sns_topic.pay_paid.arn
          }
        }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.ship_worker_from_pay_paid_dead.arn
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

# The queues' policies first: SNS does not try again what it may not deliver.
resource "aws_sns_topic_subscription" "ship_worker_from_pay_paid" {
  topic_arn = aws_sns_topic.pay_paid.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.ship_worker_from_pay_paid.arn

  # The publisher's own body and attributes, without an envelope.
  raw_message_delivery = true
  filter_policy_scope  = "MessageAttributes"

  filter_policy = jsonencode({
    kind = ["paid", "refunded"]
  })

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.ship_worker_from_pay_paid_dead.arn
  })

  depends_on = [
    aws_sqs_queue_policy.ship_worker_from_pay_paid,
    aws_sqs_queue_policy.ship_worker_from_pay_paid_dead,
  ]
}

resource "aws_secretsmanager_secret" "ship_main" {
  name                    = "bumall/ship-main"
  description             = "Password of the login app_owner of the database ship-main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

# The database first: should it fail, the vault holds no password that nothing accepts.
resource "aws_secretsmanager_secret_version" "ship_main" {
  secret_id                = aws_secretsmanager_secret.ship_main.id
  secret_string_wo         = ephemeral.random_password.ship_main.result
  secret_string_wo_version = var.ship_main_password_version
  depends_on               = [aws_db_instance.ship_main]
}

resource "aws_vpc_security_group_egress_rule" "internal_load_balancer_to_ship_api_8082" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "internal load balancer to ship-api"
  ip_protocol                  = "tcp"
  from_port                    = 8082
  to_port                      = 8082
  referenced_security_group_id = aws_security_group.ship_api.id
}

resource "aws_vpc_security_group_ingress_rule" "internal_load_balancer_to_ship_api_8082" {
  security_group_id            = aws_security_group.ship_api.id
  description                  = "internal load balancer to ship-api"
  ip_protocol                  = "tcp"
  from_port                    = 8082
  to_port                      = 8082
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "ship_api_to_ship_main_3306" {
  security_group_id            = aws_security_group.ship_api.id
  description                  = "ship-api to ship-main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.ship_main.id
}

resource "aws_vpc_security_group_ingress_rule" "ship_api_to_ship_main_3306" {
  security_group_id            = aws_security_group.ship_main.id
  description                  = "ship-api to ship-main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.ship_api.id
}

resource "aws_vpc_security_group_egress_rule" "ship_api_to_internet_443" {
  security_group_id = aws_security_group.ship_api.id
  description       = "ship-api to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "ship_api_to_internet_80" {
  security_group_id = aws_security_group.ship_api.id
  description       = "ship-api to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "ship_worker_to_ship_main_3306" {
  security_group_id            = aws_security_group.ship_worker.id
  description                  = "ship-worker to ship-main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.ship_main.id
}

resource "aws_vpc_security_group_ingress_rule" "ship_worker_to_ship_main_3306" {
  security_group_id            = aws_security_group.ship_main.id
  description                  = "ship-worker to ship-main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.ship_worker.id
}

resource "aws_vpc_security_group_egress_rule" "ship_worker_to_internet_443" {
  security_group_id = aws_security_group.ship_worker.id
  description       = "ship-worker to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "ship_worker_to_internet_80" {
  security_group_id = aws_security_group.ship_worker.id
  description       = "ship-worker to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "ship_api_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.ship_api.id
  description                  = "ship-api to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "ship_api_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "ship-api to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.ship_api.id
}

resource "aws_vpc_security_group_egress_rule" "ship_worker_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.ship_worker.id
  description                  = "ship-worker to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "ship_worker_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "ship-worker to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.ship_worker.id
}

resource "aws_lb_target_group" "internal_ship_api" {
  name                 = "bumall-ship-api-i8082"
  vpc_id               = aws_vpc.main.id
  port                 = 8082
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

resource "aws_route53_record" "internal_ship_api" {
  zone_id = aws_route53_zone.internal.zone_id
  name    = "ship-api.bumall.internal"
  type    = "A"

  alias {
    name                   = aws_lb.internal.dns_name
    zone_id                = aws_lb.internal.zone_id
    evaluate_target_health = false
  }
}

resource "aws_cloudwatch_metric_alarm" "ship_orders_dead" {
  alarm_name        = "bumall-ship-orders-dead"
  alarm_description = "ship-orders has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateNumberOfMessagesVisible"

  dimensions = {
    QueueName = aws_sqs_queue.ship_orders_dead.name
  }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # SQS does not measure a queue that nothing has happened to for six hours: there is nothing in it then.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "ship_orders_waiting" {
  alarm_name        = "bumall-ship-orders-waiting"
  alarm_description = "A message of ship-orders has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateAgeOfOldestMessage"

  dimensions = {
    QueueName = aws_sqs_queue.ship_orders.name
  }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"

  # Seconds.
  threshold = 900

  # SQS does not measure a queue that nothing has happened to for six hours: there is nothing in it then.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "ship_worker_from_pay_paid_dead" {
  alarm_name        = "bumall-ship-worker-from-pay-paid-dead"
  alarm_description = "ship-worker-from-pay-paid has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateNumberOfMessagesVisible"

  dimensions = {
    QueueName = aws_sqs_queue.ship_worker_from_pay_paid_dead.name
  }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # SQS does not measure a queue that nothing has happened to for six hours: there is nothing in it then.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "ship_worker_from_pay_paid_waiting" {
  alarm_name        = "bumall-ship-worker-from-pay-paid-waiting"
  alarm_description = "A message of ship-worker-from-pay-paid has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateAgeOfOldestMessage"

  dimensions = {
    QueueName = aws_sqs_queue.ship_worker_from_pay_paid.name
  }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"

  # Seconds.
  threshold = 900

  # SQS does not measure a queue that nothing has happened to for six hours: there is nothing in it then.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_log_group" "ship_api" {
  name              = "/bumall/service/ship-api"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_iam_role" "ship_api" {
  name        = "bumall-ship-api"
  description = "Service ship-api"

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

resource "aws_iam_instance_profile" "ship_api" {
  name = "bumall-ship-api"
  role = aws_iam_role.ship_api.name
}

resource "aws_iam_role_policy" "ship_api" {
  name = "grants"
  role = aws_iam_role.ship_api.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [aws_secretsmanager_secret.ship_main.arn]
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
        Resource = "${aws_cloudwatch_log_group.ship_api.arn}:log-stream:*"
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

resource "aws_launch_template" "ship_api" {
  name                   = "bumall-ship-api"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "c7i.large"
  vpc_security_group_ids = [aws_security_group.ship_api.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of ship-main ${var.ship_main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/ship-api.env
        permissions: "0600"
        content: |
          MAIN_HOST=${aws_db_instance.ship_main.address}
          MAIN_NAME=ship_main
          MAIN_PORT=3306
          MAIN_READ_HOST=${aws_db_instance.ship_main.address}
          MAIN_READ_NAME=ship_main
          MAIN_READ_PORT=3306
          MAIN_READ_SECRET=${aws_secretsmanager_secret.ship_main.arn}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${aws_secretsmanager_secret.ship_main.arn}
          MAIN_TLS=require
          MAIN_USER=app_owner
          PORT=8082

      - path: /usr/local/bin/bumall-ship-api-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/ship-api.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/ship-api.env "$target.new"

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
          secret MAIN_PASSWORD '${aws_secretsmanager_secret.ship_main.arn}'
          secret MAIN_READ_PASSWORD '${aws_secretsmanager_secret.ship_main.arn}'
          mv "$target.new" "$target"

      - path: /etc/systemd/system/bumall-ship-api.service
        content: |
          [Unit]
          Description=bumall ship-api
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumall-ship-api-environment
          ExecStartPre=-/usr/bin/docker rm --force ship-api
          ExecStart=/usr/bin/docker run --rm --name ship-api --env-file /run/cloudgen/ship-api.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/bumall/service/ship-api --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/bumall/ship:2.0.0
          ExecStop=/usr/bin/docker stop -t 50 ship-api

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumall-ship-api.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.ship_api.arn
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
      Name = "bumall-ship-api"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "bumall-ship-api"
      snapshots = "bumall"
    })
  }
}

resource "aws_autoscaling_group" "ship_api" {
  name                      = "bumall-ship-api"
  min_size                  = 1
  max_size                  = 4
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.internal_ship_api.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = 300
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.ship_api.id
    version = aws_launch_template.ship_api.latest_version
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
      Name = "bumall-ship-api"
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
    aws_iam_role_policy.ship_api,
    aws_cloudwatch_log_group.ship_api,
    aws_secretsmanager_secret_version.ship_main,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.ship_api_to_ship_main_3306,
    aws_vpc_security_group_egress_rule.ship_api_to_internet_443,
    aws_vpc_security_group_egress_rule.ship_api_to_internet_80,
    aws_vpc_security_group_egress_rule.ship_api_to_private_service_endpoints_443,
    aws_lb_listener.internal_8082,
  ]
}

resource "aws_autoscaling_policy" "ship_api" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.ship_api.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_cloudwatch_log_group" "ship_worker" {
  name              = "/bumall/service/ship-worker"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_iam_role" "ship_worker" {
  name        = "bumall-ship-worker"
  description = "Service ship-worker"

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

resource "aws_iam_instance_profile" "ship_worker" {
  name = "bumall-ship-worker"
  role = aws_iam_role.ship_worker.name
}

resource "aws_iam_role_policy" "ship_worker" {
  name = "grants"
  role = aws_iam_role.ship_worker.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [aws_secretsmanager_secret.ship_main.arn]
      },
      {
        Sid      = "TakeMessages"
        Effect   = "Allow"
        Action   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        Resource = [aws_sqs_queue.ship_orders.arn, aws_sqs_queue.ship_worker_from_pay_paid.arn]
      },
      {
        Sid      = "DataKey"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.data.arn
        Condition = {
          StringEquals = {
            "kms:ViaService" = ["secretsmanager.ap-northeast-2.amazonaws.com", "sqs.ap-northeast-2.amazonaws.com"]
          }
        }
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.ship_worker.arn}:log-stream:*"
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

resource "aws_launch_template" "ship_worker" {
  name                   = "bumall-ship-worker"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "c7i.large"
  vpc_security_group_ids = [aws_security_group.ship_worker.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of ship-main ${var.ship_main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/ship-worker.env
        permissions: "0600"
        content: |
          MAIN_HOST=${aws_db_instance.ship_main.address}
          MAIN_NAME=ship_main
          MAIN_PORT=3306
          MAIN_READ_HOST=${aws_db_instance.ship_main.address}
          MAIN_READ_NAME=ship_main
          MAIN_READ_PORT=3306
          MAIN_READ_SECRET=${aws_secretsmanager_secret.ship_main.arn}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${aws_secretsmanager_secret.ship_main.arn}
          MAIN_TLS=require
          MAIN_USER=app_owner
          ORDERS_BATCH=10
          ORDERS_SOURCE=${aws_sqs_queue.ship_orders.url}
          ORDERS_SOURCE_ENDPOINT=https://sqs.ap-northeast-2.amazonaws.com
          ORDERS_SOURCE_PROTOCOL=sqs
          ORDERS_VISIBILITY_SECONDS=120
          PAY_PAID_BATCH=10
          PAY_PAID_SOURCE=${aws_sqs_queue.ship_worker_from_pay_paid.url}
          PAY_PAID_SOURCE_ENDPOINT=https://sqs.ap-northeast-2.amazonaws.com
          PAY_PAID_SOURCE_PROTOCOL=sqs
          PAY_PAID_VISIBILITY_SECONDS=60

      - path: /usr/local/bin/bumall-ship-worker-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/ship-worker.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/ship-worker.env "$target.new"

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
          secret MAIN_PASSWORD '${aws_secretsmanager_secret.ship_main.arn}'
          secret MAIN_READ_PASSWORD '${aws_secretsmanager_secret.ship_main.arn}'
          mv "$target.new" "$target"

      - path: /etc/systemd/system/bumall-ship-worker.service
        content: |
          [Unit]
          Description=bumall ship-worker
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumall-ship-worker-environment
          ExecStartPre=-/usr/bin/docker rm --force ship-worker
          ExecStart=/usr/bin/docker run --rm --name ship-worker --env-file /run/cloudgen/ship-worker.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/bumall/service/ship-worker --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m registry.example.com/bumall/ship-worker:2.0.0
          ExecStop=/usr/bin/docker stop -t 50 ship-worker

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumall-ship-worker.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.ship_worker.arn
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
      Name = "bumall-ship-worker"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "bumall-ship-worker"
      snapshots = "bumall"
    })
  }
}

resource "aws_autoscaling_group" "ship_worker" {
  name                      = "bumall-ship-worker"
  min_size                  = 1
  max_size                  = 10
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  health_check_grace_period = 300
  default_instance_warmup   = 300
  enabled_metrics           = ["GroupInServiceInstances"]
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.ship_worker.id
    version = aws_launch_template.ship_worker.latest_version
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
      Name = "bumall-ship-worker"
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
    aws_iam_role_policy.ship_worker,
    aws_cloudwatch_log_group.ship_worker,
    aws_secretsmanager_secret_version.ship_main,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.ship_worker_to_ship_main_3306,
    aws_vpc_security_group_egress_rule.ship_worker_to_internet_443,
    aws_vpc_security_group_egress_rule.ship_worker_to_internet_80,
    aws_vpc_security_group_egress_rule.ship_worker_to_private_service_endpoints_443,
  ]
}

resource "aws_autoscaling_policy" "ship_worker" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.ship_worker.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_autoscaling_policy" "ship_worker_messages_waiting_in_ship_orders" {
  name                   = "messages-of-ship-orders"
  autoscaling_group_name = aws_autoscaling_group.ship_worker.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 50

    customized_metric_specification {
      metrics {
        id    = "backlog"
        label = "Messages waiting per machine"

        # Measurements may be late: the last one counts until then, for nothing would look like an empty queue.
        expression = "FILL(waiting, REPEAT) / FILL(machines, REPEAT)"
      }

      metrics {
        id          = "waiting"
        return_data = false

        metric_stat {
          stat = "Average"

          metric {
            namespace   = "AWS/SQS"
            metric_name = "ApproximateNumberOfMessagesVisible"

            dimensions {
              name  = "QueueName"
              value = aws_sqs_queue.ship_orders.name
            }
          }
        }
      }

      metrics {
        id          = "machines"
        return_data = false

        metric_stat {
          stat = "Average"

          metric {
            namespace   = "AWS/AutoScaling"
            metric_name = "GroupInServiceInstances"

            dimensions {
              name  = "AutoScalingGroupName"
              value = aws_autoscaling_group.ship_worker.name
            }
          }
        }
      }
    }
  }
}

resource "aws_autoscaling_policy" "ship_worker_messages_waiting_in_ship_worker_from_pay_paid" {
  name                   = "messages-of-ship-worker-from-pay-paid"
  autoscaling_group_name = aws_autoscaling_group.ship_worker.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 50

    customized_metric_specification {
      metrics {
        id    = "backlog"
        label = "Messages waiting per machine"

        # Measurements may be late: the last one counts until then, for nothing would look like an empty queue.
        expression = "FILL(waiting, REPEAT) / FILL(machines, REPEAT)"
      }

      metrics {
        id          = "waiting"
        return_data = false

        metric_stat {
          stat = "Average"

          metric {
            namespace   = "AWS/SQS"
            metric_name = "ApproximateNumberOfMessagesVisible"

            dimensions {
              name  = "QueueName"
              value = aws_sqs_queue.ship_worker_from_pay_paid.name
            }
          }
        }
      }

      metrics {
        id          = "machines"
        return_data = false

        metric_stat {
          stat = "Average"

          metric {
            namespace   = "AWS/AutoScaling"
            metric_name = "GroupInServiceInstances"

            dimensions {
              name  = "AutoScalingGroupName"
              value = aws_autoscaling_group.ship_worker.name
            }
          }
        }
      }
    }
  }
}

output "ship_main_host" {
  description = "Host of the database ship-main."
  value       = aws_db_instance.ship_main.address
}

output "ship_orders_queue" {
  description = "URL of the queue ship-orders."
  value       = aws_sqs_queue.ship_orders.url
}
