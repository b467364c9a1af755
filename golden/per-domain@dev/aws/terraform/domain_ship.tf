# Domain ship, owned by @bumall/logistics.

resource "aws_security_group" "ship_main" {
  name        = "bumall-dev-ship-main"
  description = "Database ship-main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-dev-ship-main"
  }
}

resource "aws_security_group" "ship_nodes_of_kubernetes" {
  name        = "bumall-dev-ship-nodes-of-kubernetes"
  description = "Kubernetes nodes of the pool ship"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-dev-ship-nodes-of-kubernetes"
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
  name       = "bumall-dev-ship-main"
  subnet_ids = values(aws_subnet.data)[*].id
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "ship_main" {
  for_each          = toset(["error", "slowquery"])
  name              = "/aws/rds/instance/bumall-dev-ship-main/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_parameter_group" "ship_main" {
  name        = "bumall-dev-ship-main-mysql8-4"
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
  identifier        = "bumall-dev-ship-main"
  engine            = "mysql"
  engine_version    = "8.4"
  instance_class    = "db.t4g.medium"
  allocated_storage = 20

  # It grows by itself up to this.
  max_allocated_storage                 = 40
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "ship_main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.ship_main.result
  password_wo_version                   = var.ship_main_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = false
  db_subnet_group_name                  = aws_db_subnet_group.ship_main.name
  vpc_security_group_ids                = [aws_security_group.ship_main.id]
  publicly_accessible                   = false
  port                                  = 3306
  parameter_group_name                  = aws_db_parameter_group.ship_main.name
  backup_window                         = "20:00-20:30"
  backup_retention_period               = 7
  maintenance_window                    = "sun:22:00-sun:23:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = true
  deletion_protection                   = false
  skip_final_snapshot                   = true
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
  name              = "bumall-dev-ship-orders-dead"
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "ship_orders" {
  name                       = "bumall-dev-ship-orders"
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
  name              = "bumall-dev-ship-worker-from-pay-paid-dead.fifo"
  fifo_queue        = true
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "ship_worker_from_pay_paid" {
  name              = "bumall-dev-ship-worker-from-pay-paid.fifo"
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
  name                    = "bumall-dev/ship-main"
  description             = "Password of the login app_owner of the database ship-main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 0
}

# The database first: should it fail, the vault holds no password that nothing accepts.
resource "aws_secretsmanager_secret_version" "ship_main" {
  secret_id                = aws_secretsmanager_secret.ship_main.id
  secret_string_wo         = ephemeral.random_password.ship_main.result
  secret_string_wo_version = var.ship_main_password_version
  depends_on               = [aws_db_instance.ship_main]
}

resource "aws_vpc_security_group_ingress_rule" "system_nodes_of_kubernetes_to_ship_nodes_of_kubernetes_8082" {
  security_group_id            = aws_security_group.ship_nodes_of_kubernetes.id
  description                  = "system nodes of kubernetes to ship nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 8082
  to_port                      = 8082
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_egress_rule" "ship_nodes_of_kubernetes_to_ship_main_3306" {
  security_group_id            = aws_security_group.ship_nodes_of_kubernetes.id
  description                  = "ship nodes of kubernetes to ship-main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.ship_main.id
}

resource "aws_vpc_security_group_ingress_rule" "ship_nodes_of_kubernetes_to_ship_main_3306" {
  security_group_id            = aws_security_group.ship_main.id
  description                  = "ship nodes of kubernetes to ship-main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.ship_nodes_of_kubernetes.id
}

resource "aws_lb_listener_rule" "internal_ship_api" {
  for_each = {
    "ship-api.bumall.internal" = {
      host     = "ship-api.bumall.internal"
      priority = 24917
    }
  }

  listener_arn = aws_lb_listener.internal_8082.arn
  priority     = each.value.priority

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.internal_kubernetes_gateway.arn
  }

  condition {
    host_header {
      values = [each.value.host]
    }
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
  alarm_name        = "bumall-dev-ship-orders-dead"
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
  alarm_name        = "bumall-dev-ship-orders-waiting"
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
  alarm_name        = "bumall-dev-ship-worker-from-pay-paid-dead"
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
  alarm_name        = "bumall-dev-ship-worker-from-pay-paid-waiting"
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

resource "aws_apigatewayv2_integration" "public_to_ship_api" {
  api_id                 = aws_apigatewayv2_api.public.id
  integration_type       = "HTTP_PROXY"
  integration_method     = "ANY"
  integration_uri        = aws_lb_listener.internal_8082.arn
  connection_type        = "VPC_LINK"
  connection_id          = aws_apigatewayv2_vpc_link.public.id
  payload_format_version = "1.0"
  timeout_milliseconds   = 30000

  request_parameters = {
    "overwrite:header.Host" = "ship-api.bumall.internal"
  }
}

resource "aws_iam_role" "ship_nodes_of_kubernetes" {
  name        = "bumall-dev-ship-nodes-of-kubernetes"
  description = "The machines that pods run on; pods have roles of their own"

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

resource "aws_iam_role_policy_attachment" "ship_nodes_of_kubernetes" {
  role       = aws_iam_role.ship_nodes_of_kubernetes.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
}

resource "aws_iam_role_policy" "ship_nodes_of_kubernetes" {
  name = "grants"
  role = aws_iam_role.ship_nodes_of_kubernetes.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "PullImage"
        Effect = "Allow"
        Action = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = [
          "arn:aws:ecr:ap-northeast-2:${data.aws_caller_identity.current.account_id}:repository/bumall-dev/ship",
          "arn:aws:ecr:ap-northeast-2:${data.aws_caller_identity.current.account_id}:repository/bumall-dev/ship-worker",
        ]
      },
      {
        Sid      = "PullImageOfOthers"
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "*"
        Condition = {
          StringNotEquals = {
            "aws:ResourceAccount" = data.aws_caller_identity.current.account_id
          }
        }
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

resource "aws_launch_template" "ship_nodes_of_kubernetes" {
  name                   = "bumall-dev-ship-nodes-of-kubernetes"
  update_default_version = true

  # EKS chooses the image: the current Amazon Linux 2023 for the version of the cluster.
  instance_type = "m7i.2xlarge"

  vpc_security_group_ids = [
    aws_security_group.kubernetes_nodes_of_all_pools.id,
    aws_security_group.ship_nodes_of_kubernetes.id,
  ]

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"

    # One hop is the machine itself: pods get no answer, and none of its role.
    http_put_response_hop_limit = 1
  }

  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = 80
      encrypted             = true
      kms_key_id            = aws_kms_key.data.arn
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"

    tags = merge(local.tags, {
      Name = "bumall-dev-ship-nodes-of-kubernetes"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name = "bumall-dev-ship-nodes-of-kubernetes"
    })
  }
}

resource "aws_eks_node_group" "ship_nodes_of_kubernetes" {
  cluster_name           = aws_eks_cluster.main.name
  node_group_name_prefix = "ship-"
  node_role_arn          = aws_iam_role.ship_nodes_of_kubernetes.arn
  subnet_ids             = values(aws_subnet.nodes)[*].id
  ami_type               = "AL2023_x86_64_STANDARD"
  version                = aws_eks_cluster.main.version

  labels = {
    "cloudgen/pool" = "ship"
  }

  scaling_config {
    desired_size = 2
    min_size     = 2
    max_size     = 8
  }

  # New nodes come first, and pods leave the old ones within what their disruption budgets allow.
  update_config {
    max_unavailable_percentage = 33
  }

  node_repair_config {
    enabled = true
  }

  launch_template {
    id      = aws_launch_template.ship_nodes_of_kubernetes.id
    version = aws_launch_template.ship_nodes_of_kubernetes.latest_version
  }

  taint {
    key    = "cloudgen/pool"
    value  = "ship"
    effect = "NO_SCHEDULE"
  }

  # The autoscaler decides how many there are.
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [scaling_config[0].desired_size]
  }

  depends_on = [
    aws_iam_role_policy_attachment.ship_nodes_of_kubernetes,
    aws_iam_role_policy.ship_nodes_of_kubernetes,
    aws_eks_addon.vpc_cni,
    aws_eks_addon.kube_proxy,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_route_table_association.nodes,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_kubernetes_control_plane_443,
    aws_vpc_security_group_ingress_rule.kubernetes_nodes_of_all_pools_to_kubernetes_control_plane_443,
    aws_vpc_security_group_egress_rule.kubernetes_control_plane_to_kubernetes_nodes_of_all_pools_10250,
    aws_vpc_security_group_ingress_rule.kubernetes_control_plane_to_kubernetes_nodes_of_all_pools_10250,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53,
    aws_vpc_security_group_ingress_rule.kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53_udp,
    aws_vpc_security_group_ingress_rule.kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53_udp,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_internet_80,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_internet_443,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_private_service_endpoints_443,
    aws_vpc_security_group_ingress_rule.kubernetes_nodes_of_all_pools_to_private_service_endpoints_443,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_object_store_443,
  ]
}

resource "aws_iam_role" "ship_api" {
  name        = "bumall-dev-ship-api"
  description = "Service ship-api"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Federated = aws_iam_openid_connect_provider.main.arn
      }
      Action = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          ("${local.kubernetes_issuer}:aud") = "sts.amazonaws.com"
          ("${local.kubernetes_issuer}:sub") = "system:serviceaccount:bumall-dev-ship:ship-api"
        }
      }
    }]
  })
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
    ]
  })
}

resource "aws_iam_role" "ship_worker" {
  name        = "bumall-dev-ship-worker"
  description = "Service ship-worker"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Federated = aws_iam_openid_connect_provider.main.arn
      }
      Action = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          ("${local.kubernetes_issuer}:aud") = "sts.amazonaws.com"
          ("${local.kubernetes_issuer}:sub") = "system:serviceaccount:bumall-dev-ship:ship-worker"
        }
      }
    }]
  })
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
    ]
  })
}

resource "aws_cloudwatch_log_group" "ship_api" {
  name              = "/bumall-dev/service/ship-api"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_cloudwatch_log_group" "ship_worker" {
  name              = "/bumall-dev/service/ship-worker"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

# Where the vault has them; External Secrets reads their values.
locals {
  ship_api_secrets = {
    MAIN_PASSWORD      = aws_secretsmanager_secret.ship_main.arn
    MAIN_READ_PASSWORD = aws_secretsmanager_secret.ship_main.arn
  }
}

# Names the Secret: one with new values is another one, for which pods wait.
locals {
  ship_api_secrets_version = format("v%.8s", sha256(jsonencode([
    local.ship_api_secrets,
    {
      rollout                 = var.rollout
      "password of ship-main" = var.ship_main_password_version
    },
  ])))
}

locals {
  ship_api_settings = {
    MAIN_HOST        = aws_db_instance.ship_main.address
    MAIN_NAME        = "ship_main"
    MAIN_PORT        = "3306"
    MAIN_READ_HOST   = aws_db_instance.ship_main.address
    MAIN_READ_NAME   = "ship_main"
    MAIN_READ_PORT   = "3306"
    MAIN_READ_SECRET = aws_secretsmanager_secret.ship_main.arn
    MAIN_READ_TLS    = "require"
    MAIN_READ_USER   = "app_owner"
    MAIN_SECRET      = aws_secretsmanager_secret.ship_main.arn
    MAIN_TLS         = "require"
    MAIN_USER        = "app_owner"
    PORT             = "8082"
  }
}

# Restarts the pods when it changes.
locals {
  ship_api_settings_version = format("v%.8s", sha256(jsonencode(local.ship_api_settings)))
}

# Where the vault has them; External Secrets reads their values.
locals {
  ship_worker_secrets = {
    MAIN_PASSWORD      = aws_secretsmanager_secret.ship_main.arn
    MAIN_READ_PASSWORD = aws_secretsmanager_secret.ship_main.arn
  }
}

# Names the Secret: one with new values is another one, for which pods wait.
locals {
  ship_worker_secrets_version = format("v%.8s", sha256(jsonencode([
    local.ship_worker_secrets,
    {
      rollout                 = var.rollout
      "password of ship-main" = var.ship_main_password_version
    },
  ])))
}

locals {
  ship_worker_settings = {
    MAIN_HOST                   = aws_db_instance.ship_main.address
    MAIN_NAME                   = "ship_main"
    MAIN_PORT                   = "3306"
    MAIN_READ_HOST              = aws_db_instance.ship_main.address
    MAIN_READ_NAME              = "ship_main"
    MAIN_READ_PORT              = "3306"
    MAIN_READ_SECRET            = aws_secretsmanager_secret.ship_main.arn
    MAIN_READ_TLS               = "require"
    MAIN_READ_USER              = "app_owner"
    MAIN_SECRET                 = aws_secretsmanager_secret.ship_main.arn
    MAIN_TLS                    = "require"
    MAIN_USER                   = "app_owner"
    ORDERS_BATCH                = "10"
    ORDERS_SOURCE               = aws_sqs_queue.ship_orders.url
    ORDERS_SOURCE_ENDPOINT      = "https://sqs.ap-northeast-2.amazonaws.com"
    ORDERS_SOURCE_PROTOCOL      = "sqs"
    ORDERS_VISIBILITY_SECONDS   = "120"
    PAY_PAID_BATCH              = "10"
    PAY_PAID_SOURCE             = aws_sqs_queue.ship_worker_from_pay_paid.url
    PAY_PAID_SOURCE_ENDPOINT    = "https://sqs.ap-northeast-2.amazonaws.com"
    PAY_PAID_SOURCE_PROTOCOL    = "sqs"
    PAY_PAID_VISIBILITY_SECONDS = "60"
  }
}

# Restarts the pods when it changes.
locals {
  ship_worker_settings_version = format("v%.8s", sha256(jsonencode(local.ship_worker_settings)))
}

output "ship_main_host" {
  description = "Host of the database ship-main."
  value       = aws_db_instance.ship_main.address
}

output "ship_orders_queue" {
  description = "URL of the queue ship-orders."
  value       = aws_sqs_queue.ship_orders.url
}

locals {
  ship_api_objects = [
    {
      apiVersion                   = "v1"
      kind                         = "ServiceAccount"
      automountServiceAccountToken = false
      metadata = {
        annotations = {
          "eks.amazonaws.com/role-arn" = aws_iam_role.ship_api.arn
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api"
        namespace = "bumall-dev-ship"
      }
    },
    {
      apiVersion = "v1"
      kind       = "ConfigMap"
      data       = local.ship_api_settings
      metadata = {
        annotations = {
          "cloudgen/image"    = "${data.aws_caller_identity.current.account_id}.dkr.ecr.ap-northeast-2.amazonaws.com/bumall-dev/ship:2.0.0"
          "cloudgen/secret"   = "ship-api-${local.ship_api_secrets_version}"
          "cloudgen/settings" = local.ship_api_settings_version
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api"
        namespace = "bumall-dev-ship"
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "SecretStore"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api"
        namespace = "bumall-dev-ship"
      }
      spec = {
        provider = {
          aws = {
            service = "SecretsManager"
            region  = "ap-northeast-2"
            auth = {
              jwt = {
                serviceAccountRef = {
                  name = "ship-api"
                }
              }
            }
          }
        }
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "ExternalSecret"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          "cloudgen/generation"          = local.ship_api_secrets_version
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api-${local.ship_api_secrets_version}"
        namespace = "bumall-dev-ship"
      }
      spec = {
        refreshInterval = "1h"
        secretStoreRef = {
          kind = "SecretStore"
          name = "ship-api"
        }
        target = {
          name = "ship-api-${local.ship_api_secrets_version}"
        }
        data = [for name, key in local.ship_api_secrets : {
          secretKey = name
          remoteRef = {
            key = key
          }
        }]
      }
    },
  ]
}

locals {
  ship_worker_objects = [
    {
      apiVersion                   = "v1"
      kind                         = "ServiceAccount"
      automountServiceAccountToken = false
      metadata = {
        annotations = {
          "eks.amazonaws.com/role-arn" = aws_iam_role.ship_worker.arn
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-dev-ship"
      }
    },
    {
      apiVersion = "v1"
      kind       = "ConfigMap"
      data       = local.ship_worker_settings
      metadata = {
        annotations = {
          "cloudgen/image"     = "${data.aws_caller_identity.current.account_id}.dkr.ecr.ap-northeast-2.amazonaws.com/bumall-dev/ship-worker:2.0.0"
          "cloudgen/secret"    = "ship-worker-${local.ship_worker_secrets_version}"
          "cloudgen/settings"  = local.ship_worker_settings_version
          "cloudgen/trigger-0" = aws_sqs_queue.ship_orders.url
          "cloudgen/trigger-1" = aws_sqs_queue.ship_worker_from_pay_paid.url
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-dev-ship"
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "SecretStore"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-dev-ship"
      }
      spec = {
        provider = {
          aws = {
            service = "SecretsManager"
            region  = "ap-northeast-2"
            auth = {
              jwt = {
                serviceAccountRef = {
                  name = "ship-worker"
                }
              }
            }
          }
        }
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "ExternalSecret"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          "cloudgen/generation"          = local.ship_worker_secrets_version
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker-${local.ship_worker_secrets_version}"
        namespace = "bumall-dev-ship"
      }
      spec = {
        refreshInterval = "1h"
        secretStoreRef = {
          kind = "SecretStore"
          name = "ship-worker"
        }
        target = {
          name = "ship-worker-${local.ship_worker_secrets_version}"
        }
        data = [for name, key in local.ship_worker_secrets : {
          secretKey = name
          remoteRef = {
            key = key
          }
        }]
      }
    },
    {
      apiVersion = "keda.sh/v1alpha1"
      kind       = "TriggerAuthentication"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-dev-ship"
      }
      spec = {
        podIdentity = {
          provider = "aws"
        }
      }
    },
  ]
}
