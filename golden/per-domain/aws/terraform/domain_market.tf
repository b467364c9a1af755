# Domain market, owned by @bumall/market.

resource "aws_security_group" "market_mailer" {
  name        = "bumall-market-mailer"
  description = "Service market-mailer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-market-mailer"
  }
}

resource "aws_security_group" "market_web" {
  name        = "bumall-market-web"
  description = "Service market-web"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-market-web"
  }
}

resource "aws_security_group" "market_main" {
  name        = "bumall-market-main"
  description = "Database market-main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-market-main"
  }
}

resource "aws_security_group" "market_main_read" {
  name        = "bumall-market-main-read"
  description = "Read replicas of market-main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-market-main-read"
  }
}

variable "market_main_password_version" {
  description = "Raise by one to rotate the password of the database market-main and its secret together."
  type        = number
  default     = 1
}

# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "market_main" {
  length  = 30
  special = false
}

resource "aws_db_subnet_group" "market_main" {
  name       = "bumall-market-main"
  subnet_ids = values(aws_subnet.data)[*].id
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "market_main" {
  for_each          = toset(["postgresql", "upgrade"])
  name              = "/aws/rds/instance/bumall-market-main/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_parameter_group" "market_main" {
  name        = "bumall-market-main-postgres17"
  description = "Database market-main"
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

resource "aws_db_instance" "market_main" {
  identifier        = "bumall-market-main"
  engine            = "postgres"
  engine_version    = "17"
  instance_class    = "db.m7g.large"
  allocated_storage = 100

  # It grows by itself up to this.
  max_allocated_storage                 = 200
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "market_main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.market_main.result
  password_wo_version                   = var.market_main_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = true
  db_subnet_group_name                  = aws_db_subnet_group.market_main.name
  vpc_security_group_ids                = [aws_security_group.market_main.id]
  publicly_accessible                   = false
  port                                  = 5432
  parameter_group_name                  = aws_db_parameter_group.market_main.name
  backup_window                         = "18:00-18:30"
  backup_retention_period               = 7
  maintenance_window                    = "sun:20:00-sun:21:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = false
  deletion_protection                   = true
  final_snapshot_identifier             = "bumall-market-main-final"
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.market_main, aws_iam_role_policy.database_enhanced_monitoring]
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "market_main_replica_database_logs" {
  for_each          = toset(["1/postgresql", "1/upgrade"])
  name              = "/aws/rds/instance/bumall-market-main-replica-${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

# Subnets, key, engine, storage and port are the primary's. The maintenance of each falls on a day of its own.
resource "aws_db_instance" "market_main_replica" {
  for_each = {
    "1" = {
      zone        = "ap-northeast-2a"
      maintenance = "mon:20:00-mon:21:00"
    }
  }

  identifier                          = "bumall-market-main-replica-${each.key}"
  replicate_source_db                 = aws_db_instance.market_main.identifier
  instance_class                      = "db.m7g.large"
  max_allocated_storage               = 200
  storage_type                        = "gp3"
  storage_encrypted                   = true
  iam_database_authentication_enabled = true
  availability_zone                   = each.value.zone
  multi_az                            = false
  publicly_accessible                 = false
  parameter_group_name                = aws_db_parameter_group.market_main.name
  maintenance_window                  = each.value.maintenance
  copy_tags_to_snapshot               = true
  deletion_protection                 = true

  # RDS takes no last snapshot of a replica.
  skip_final_snapshot                   = true
  auto_minor_version_upgrade            = true
  vpc_security_group_ids                = [aws_security_group.market_main_read.id]
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.market_main_replica_database_logs]
}

# What was taken from market-mailer-from-pay-paid too often and never done.
resource "aws_sqs_queue" "market_mailer_from_pay_paid_dead" {
  name              = "bumall-market-mailer-from-pay-paid-dead.fifo"
  fifo_queue        = true
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "market_mailer_from_pay_paid" {
  name              = "bumall-market-mailer-from-pay-paid.fifo"
  fifo_queue        = true
  kms_master_key_id = aws_kms_key.data.arn

  # Who sends the same content twice within five minutes need not say so.
  content_based_deduplication = true
  visibility_timeout_seconds  = 60
  message_retention_seconds   = 345600

  # Workers wait for messages instead of asking again and again.
  receive_wait_time_seconds = 20

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.market_mailer_from_pay_paid_dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "market_mailer_from_pay_paid_dead" {
  queue_url = aws_sqs_queue.market_mailer_from_pay_paid_dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.market_mailer_from_pay_paid.arn]
  })
}

resource "aws_sqs_queue_policy" "market_mailer_from_pay_paid" {
  queue_url = aws_sqs_queue.market_mailer_from_pay_paid.id

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
        Resource = aws_sqs_queue.market_mailer_from_pay_paid.arn
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
        Resource  = aws_sqs_queue.market_mailer_from_pay_paid.arn
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

resource "aws_sqs_queue_policy" "market_mailer_from_pay_paid_dead" {
  queue_url = aws_sqs_queue.market_mailer_from_pay_paid_dead.id

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
        Resource = aws_sqs_queue.market_mailer_from_pay_paid_dead.arn
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
        Resource  = aws_sqs_queue.market_mailer_from_pay_paid_dead.arn
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
resource "aws_sns_topic_subscription" "market_mailer_from_pay_paid" {
  topic_arn = aws_sns_topic.pay_paid.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.market_mailer_from_pay_paid.arn

  # The publisher's own body and attributes, without an envelope.
  raw_message_delivery = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.market_mailer_from_pay_paid_dead.arn
  })

  depends_on = [
    aws_sqs_queue_policy.market_mailer_from_pay_paid,
    aws_sqs_queue_policy.market_mailer_from_pay_paid_dead,
  ]
}

resource "aws_secretsmanager_secret" "market_main" {
  name                    = "bumall/market-main"
  description             = "Password of the login app_owner of the database market-main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

# The database first: should it fail, the vault holds no password that nothing accepts.
resource "aws_secretsmanager_secret_version" "market_main" {
  secret_id                = aws_secretsmanager_secret.market_main.id
  secret_string_wo         = ephemeral.random_password.market_main.result
  secret_string_wo_version = var.market_main_password_version
  depends_on               = [aws_db_instance.market_main]
}

resource "aws_vpc_security_group_egress_rule" "market_mailer_to_internet_443" {
  security_group_id = aws_security_group.market_mailer.id
  description       = "market-mailer to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "market_mailer_to_internet_80" {
  security_group_id = aws_security_group.market_mailer.id
  description       = "market-mailer to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "internet_load_balancer_to_market_web_8080" {
  security_group_id            = aws_security_group.internet_load_balancer.id
  description                  = "internet load balancer to market-web"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.market_web.id
}

resource "aws_vpc_security_group_ingress_rule" "internet_load_balancer_to_market_web_8080" {
  security_group_id            = aws_security_group.market_web.id
  description                  = "internet load balancer to market-web"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.internet_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "market_web_to_internal_load_balancer_8081" {
  security_group_id            = aws_security_group.market_web.id
  description                  = "market-web to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8081
  to_port                      = 8081
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "market_web_to_internal_load_balancer_8081" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "market-web to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8081
  to_port                      = 8081
  referenced_security_group_id = aws_security_group.market_web.id
}

resource "aws_vpc_security_group_egress_rule" "market_web_to_market_main_5432" {
  security_group_id            = aws_security_group.market_web.id
  description                  = "market-web to market-main"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.market_main.id
}

resource "aws_vpc_security_group_ingress_rule" "market_web_to_market_main_5432" {
  security_group_id            = aws_security_group.market_main.id
  description                  = "market-web to market-main"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.market_web.id
}

resource "aws_vpc_security_group_egress_rule" "market_web_to_market_main_read_5432" {
  security_group_id            = aws_security_group.market_web.id
  description                  = "market-web to market-main-read"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.market_main_read.id
}

resource "aws_vpc_security_group_ingress_rule" "market_web_to_market_main_read_5432" {
  security_group_id            = aws_security_group.market_main_read.id
  description                  = "market-web to market-main-read"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.market_web.id
}

resource "aws_vpc_security_group_egress_rule" "market_web_to_session_6379" {
  security_group_id            = aws_security_group.market_web.id
  description                  = "market-web to session"
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
  referenced_security_group_id = aws_security_group.session.id
}

resource "aws_vpc_security_group_ingress_rule" "market_web_to_session_6379" {
  security_group_id            = aws_security_group.session.id
  description                  = "market-web to session"
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
  referenced_security_group_id = aws_security_group.market_web.id
}

resource "aws_vpc_security_group_egress_rule" "market_web_to_internet_443" {
  security_group_id = aws_security_group.market_web.id
  description       = "market-web to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "market_web_to_internet_80" {
  security_group_id = aws_security_group.market_web.id
  description       = "market-web to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "market_mailer_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.market_mailer.id
  description                  = "market-mailer to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "market_mailer_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "market-mailer to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.market_mailer.id
}

resource "aws_vpc_security_group_egress_rule" "market_web_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.market_web.id
  description                  = "market-web to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "market_web_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "market-web to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.market_web.id
}

resource "aws_vpc_security_group_egress_rule" "market_mailer_to_object_store_443" {
  security_group_id = aws_security_group.market_mailer.id
  description       = "market-mailer to the object store over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "market_web_to_object_store_443" {
  security_group_id = aws_security_group.market_web.id
  description       = "market-web to the object store over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

resource "aws_lb_target_group" "public_market_web" {
  name                 = "bumall-market-web-p8080"
  vpc_id               = aws_vpc.main.id
  port                 = 8080
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

resource "aws_cloudwatch_metric_alarm" "market_main_replica_lag" {
  for_each          = aws_db_instance.market_main_replica
  alarm_name        = "bumall-market-main-replica-lag-${each.key}"
  alarm_description = "A read replica of market-main is more than 60 seconds behind: readers see old data. Look for long transactions and for replicas that are too small."
  namespace         = "AWS/RDS"
  metric_name       = "ReplicaLag"

  dimensions = {
    DBInstanceIdentifier = each.value.identifier
  }

  statistic = "Maximum"
  period    = 60

  # Longer than the five minutes that a replica looks late while nobody writes.
  evaluation_periods  = 6
  comparison_operator = "GreaterThanThreshold"
  threshold           = 60
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  # A replica that sends no measurements is gone.
  insufficient_data_actions = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "market_mailer_from_pay_paid_dead" {
  alarm_name        = "bumall-market-mailer-from-pay-paid-dead"
  alarm_description = "market-mailer-from-pay-paid has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateNumberOfMessagesVisible"

  dimensions = {
    QueueName = aws_sqs_queue.market_mailer_from_pay_paid_dead.name
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

resource "aws_cloudwatch_metric_alarm" "market_mailer_from_pay_paid_waiting" {
  alarm_name        = "bumall-market-mailer-from-pay-paid-waiting"
  alarm_description = "A message of market-mailer-from-pay-paid has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateAgeOfOldestMessage"

  dimensions = {
    QueueName = aws_sqs_queue.market_mailer_from_pay_paid.name
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

resource "aws_route53_health_check" "market_main_replica_lag" {
  for_each                = aws_cloudwatch_metric_alarm.market_main_replica_lag
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

# The one name that readers are told: each answer is one replica, all equally often.
resource "aws_route53_record" "internal_market_main_read" {
  for_each        = aws_db_instance.market_main_replica
  zone_id         = aws_route53_zone.internal.zone_id
  name            = "market-main-read.bumall.internal"
  type            = "CNAME"
  ttl             = 5
  records         = [each.value.address]
  set_identifier  = each.key
  health_check_id = aws_route53_health_check.market_main_replica_lag[each.key].id

  weighted_routing_policy {
    weight = 1
  }
}

resource "aws_cloudwatch_log_group" "market_mailer" {
  name              = "/bumall/service/market-mailer"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_iam_role" "market_mailer" {
  name        = "bumall-market-mailer"
  description = "Service market-mailer"

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

resource "aws_iam_instance_profile" "market_mailer" {
  name = "bumall-market-mailer"
  role = aws_iam_role.market_mailer.name
}

resource "aws_iam_role_policy" "market_mailer" {
  name = "grants"
  role = aws_iam_role.market_mailer.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "TakeMessages"
        Effect   = "Allow"
        Action   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        Resource = [aws_sqs_queue.market_mailer_from_pay_paid.arn]
      },
      {
        Sid      = "DataKey"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.data.arn
        Condition = {
          StringEquals = {
            "kms:ViaService" = ["sqs.ap-northeast-2.amazonaws.com"]
          }
        }
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.market_mailer.arn}:log-stream:*"
      },
      {
        Sid      = "PullImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:aws:ecr:ap-northeast-2:${data.aws_caller_identity.current.account_id}:repository/bumall/mailer"
      },
      {
        Sid      = "RegistryLogin"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
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

resource "aws_launch_template" "market_mailer" {
  name                   = "bumall-market-mailer"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "c7i.large"
  vpc_security_group_ids = [aws_security_group.market_mailer.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/market-mailer.env
        permissions: "0600"
        content: |
          PAY_PAID_BATCH=10
          PAY_PAID_SOURCE=${aws_sqs_queue.market_mailer_from_pay_paid.url}
          PAY_PAID_SOURCE_ENDPOINT=https://sqs.ap-northeast-2.amazonaws.com
          PAY_PAID_SOURCE_PROTOCOL=sqs
          PAY_PAID_VISIBILITY_SECONDS=60

      - path: /usr/local/bin/bumall-market-mailer-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/market-mailer.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/market-mailer.env "$target.new"

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

          # The registry wants to know who asks.
          call ap-northeast-2 ecr api.ecr.ap-northeast-2.amazonaws.com AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken '{}' --fail |
            jq -er '.authorizationData[0].authorizationToken' | base64 -d | cut -d: -f2 |
            HOME=/root docker login --username AWS --password-stdin "$(cut -d/ -f1 <<<'${data.aws_caller_identity.current.account_id}.dkr.ecr.ap-northeast-2.amazonaws.com/bumall/mailer:1.0.0')"
          mv "$target.new" "$target"

      - path: /etc/systemd/system/bumall-market-mailer.service
        content: |
          [Unit]
          Description=bumall market-mailer
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumall-market-mailer-environment
          ExecStartPre=-/usr/bin/docker rm --force market-mailer
          ExecStart=/usr/bin/docker run --rm --name market-mailer --env-file /run/cloudgen/market-mailer.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/bumall/service/market-mailer --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m ${data.aws_caller_identity.current.account_id}.dkr.ecr.ap-northeast-2.amazonaws.com/bumall/mailer:1.0.0
          ExecStop=/usr/bin/docker stop -t 50 market-mailer

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumall-market-mailer.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.market_mailer.arn
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
      Name = "bumall-market-mailer"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "bumall-market-mailer"
      snapshots = "bumall"
    })
  }
}

resource "aws_autoscaling_group" "market_mailer" {
  name                      = "bumall-market-mailer"
  min_size                  = 1
  max_size                  = 2
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  health_check_grace_period = 300
  default_instance_warmup   = 300
  enabled_metrics           = ["GroupInServiceInstances"]
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.market_mailer.id
    version = aws_launch_template.market_mailer.latest_version
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
      Name = "bumall-market-mailer"
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
    aws_iam_role_policy.market_mailer,
    aws_cloudwatch_log_group.market_mailer,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_route_table_association.nodes,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.market_mailer_to_internet_443,
    aws_vpc_security_group_egress_rule.market_mailer_to_internet_80,
    aws_vpc_security_group_egress_rule.market_mailer_to_private_service_endpoints_443,
    aws_vpc_security_group_egress_rule.market_mailer_to_object_store_443,
  ]
}

resource "aws_autoscaling_policy" "market_mailer" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.market_mailer.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_autoscaling_policy" "market_mailer_messages_waiting_in_market_mailer_from_pay_paid" {
  name                   = "messages-of-market-mailer-from-pay-paid"
  autoscaling_group_name = aws_autoscaling_group.market_mailer.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 100

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
              value = aws_sqs_queue.market_mailer_from_pay_paid.name
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
              value = aws_autoscaling_group.market_mailer.name
            }
          }
        }
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "market_web" {
  name              = "/bumall/service/market-web"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_iam_role" "market_web" {
  name        = "bumall-market-web"
  description = "Service market-web"

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

resource "aws_iam_instance_profile" "market_web" {
  name = "bumall-market-web"
  role = aws_iam_role.market_web.name
}

resource "aws_iam_role_policy" "market_web" {
  name = "grants"
  role = aws_iam_role.market_web.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [aws_secretsmanager_secret.market_main.arn, aws_secretsmanager_secret.session["app"].arn]
      },
      {
        Sid      = "ListMedia"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.media.arn
      },
      {
        Sid      = "ReadMedia"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = ["${aws_s3_bucket.media.arn}/*"]
      },
      {
        Sid      = "WriteMedia"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"]
        Resource = ["${aws_s3_bucket.media.arn}/*"]
      },
      {
        Sid      = "SendMessages"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = [aws_sqs_queue.ship_orders.arn]
      },
      {
        Sid      = "DataKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = aws_kms_key.data.arn
        Condition = {
          StringEquals = {
            "kms:ViaService" = [
              "s3.ap-northeast-2.amazonaws.com",
              "secretsmanager.ap-northeast-2.amazonaws.com",
              "sqs.ap-northeast-2.amazonaws.com",
            ]
          }
        }
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.market_web.arn}:log-stream:*"
      },
      {
        Sid      = "PullImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:aws:ecr:ap-northeast-2:${data.aws_caller_identity.current.account_id}:repository/bumall/market"
      },
      {
        Sid      = "RegistryLogin"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
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

resource "aws_launch_template" "market_web" {
  name                   = "bumall-market-web"
  update_default_version = true

  # The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.
  image_id               = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
  instance_type          = "c7i.large"
  vpc_security_group_ids = [aws_security_group.market_web.id]

  user_data = base64encode(<<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of market-main ${var.market_main_password_version}
    # password of session ${var.session_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/market-web.env
        permissions: "0600"
        content: |
          MAIN_HOST=${aws_db_instance.market_main.address}
          MAIN_NAME=market_main
          MAIN_PORT=5432
          MAIN_READ_HOST=market-main-read.bumall.internal
          MAIN_READ_NAME=market_main
          MAIN_READ_PORT=5432
          MAIN_READ_SECRET=${aws_secretsmanager_secret.market_main.arn}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${aws_secretsmanager_secret.market_main.arn}
          MAIN_TLS=require
          MAIN_USER=app_owner
          MEDIA_BUCKET=${aws_s3_bucket.media.bucket}
          MEDIA_ENDPOINT=https://s3.ap-northeast-2.amazonaws.com
          MEDIA_REGION=ap-northeast-2
          PAY_API_HOST=pay-api.bumall.internal
          PAY_API_PORT=8081
          PAY_API_URL=http://pay-api.bumall.internal:8081
          PORT=8080
          SESSION_AUTH=password
          SESSION_HOST=${aws_elasticache_replication_group.session.primary_endpoint_address}
          SESSION_PORT=6379
          SESSION_SECRET=${aws_secretsmanager_secret.session["app"].arn}
          SESSION_TLS=require
          SESSION_USER=app
          SHIP_ORDERS_ENDPOINT=https://sqs.ap-northeast-2.amazonaws.com
          SHIP_ORDERS_PROTOCOL=sqs
          SHIP_ORDERS_QUEUE=${aws_sqs_queue.ship_orders.url}

      - path: /usr/local/bin/bumall-market-web-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/market-web.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/market-web.env "$target.new"

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
          secret MAIN_PASSWORD '${aws_secretsmanager_secret.market_main.arn}'
          secret MAIN_READ_PASSWORD '${aws_secretsmanager_secret.market_main.arn}'
          secret SESSION_PASSWORD '${aws_secretsmanager_secret.session["app"].arn}'

          # The registry wants to know who asks.
          call ap-northeast-2 ecr api.ecr.ap-northeast-2.amazonaws.com AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken '{}' --fail |
            jq -er '.authorizationData[0].authorizationToken' | base64 -d | cut -d: -f2 |
            HOME=/root docker login --username AWS --password-stdin "$(cut -d/ -f1 <<<'${data.aws_caller_identity.current.account_id}.dkr.ecr.ap-northeast-2.amazonaws.com/bumall/market:2.0.0')"
          mv "$target.new" "$target"

      - path: /etc/systemd/system/bumall-market-web.service
        content: |
          [Unit]
          Description=bumall market-web
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumall-market-web-environment
          ExecStartPre=-/usr/bin/docker rm --force market-web
          ExecStart=/usr/bin/docker run --rm --name market-web --env-file /run/cloudgen/market-web.env --network host --security-opt no-new-privileges --log-driver awslogs --log-opt awslogs-region=ap-northeast-2 --log-opt awslogs-group=/bumall/service/market-web --log-opt awslogs-stream=%H --log-opt mode=non-blocking --log-opt max-buffer-size=25m ${data.aws_caller_identity.current.account_id}.dkr.ecr.ap-northeast-2.amazonaws.com/bumall/market:2.0.0
          ExecStop=/usr/bin/docker stop -t 50 market-web

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumall-market-web.service]
  EOT
  )

  iam_instance_profile {
    arn = aws_iam_instance_profile.market_web.arn
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
      Name = "bumall-market-web"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name      = "bumall-market-web"
      snapshots = "bumall"
    })
  }
}

resource "aws_autoscaling_group" "market_web" {
  name                      = "bumall-market-web"
  min_size                  = 2
  max_size                  = 8
  vpc_zone_identifier       = values(aws_subnet.application)[*].id
  target_group_arns         = [aws_lb_target_group.public_market_web.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = 300
  service_linked_role_arn   = aws_iam_service_linked_role.autoscaling.arn

  launch_template {
    id      = aws_launch_template.market_web.id
    version = aws_launch_template.market_web.latest_version
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
      Name = "bumall-market-web"
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
    aws_iam_role_policy.market_web,
    aws_cloudwatch_log_group.market_web,
    aws_secretsmanager_secret_version.market_main,
    aws_secretsmanager_secret_version.session,
    aws_route53_record.internal_market_main_read,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_route_table_association.nodes,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.market_web_to_internal_load_balancer_8081,
    aws_vpc_security_group_egress_rule.market_web_to_market_main_5432,
    aws_vpc_security_group_egress_rule.market_web_to_market_main_read_5432,
    aws_vpc_security_group_egress_rule.market_web_to_session_6379,
    aws_vpc_security_group_egress_rule.market_web_to_internet_443,
    aws_vpc_security_group_egress_rule.market_web_to_internet_80,
    aws_vpc_security_group_egress_rule.market_web_to_private_service_endpoints_443,
    aws_vpc_security_group_egress_rule.market_web_to_object_store_443,
    aws_lb_listener.public_https,
  ]
}

resource "aws_autoscaling_policy" "market_web" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.market_web.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

output "market_main_host" {
  description = "Host of the database market-main."
  value       = aws_db_instance.market_main.address
}

output "market_main_read_host" {
  description = "Host of the read replicas of market-main."
  value       = "market-main-read.bumall.internal"
}
