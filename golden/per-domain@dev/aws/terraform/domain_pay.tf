# Domain pay, owned by @bumall/pay.

resource "aws_security_group" "pay_api" {
  name        = "bumall-dev-pay-api"
  description = "Service pay-api"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-dev-pay-api"
  }
}

resource "aws_security_group" "pay_main" {
  name        = "bumall-dev-pay-main"
  description = "Database pay-main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-dev-pay-main"
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
  name       = "bumall-dev-pay-main"
  subnet_ids = values(aws_subnet.data)[*].id
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "pay_main" {
  for_each          = toset(["postgresql", "upgrade"])
  name              = "/aws/rds/instance/bumall-dev-pay-main/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_parameter_group" "pay_main" {
  name        = "bumall-dev-pay-main-postgres17"
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
  identifier        = "bumall-dev-pay-main"
  engine            = "postgres"
  engine_version    = "17"
  instance_class    = "db.t4g.medium"
  allocated_storage = 20

  # It grows by itself up to this.
  max_allocated_storage                 = 40
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "pay_main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.pay_main.result
  password_wo_version                   = var.pay_main_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = false
  db_subnet_group_name                  = aws_db_subnet_group.pay_main.name
  vpc_security_group_ids                = [aws_security_group.pay_main.id]
  publicly_accessible                   = false
  port                                  = 5432
  parameter_group_name                  = aws_db_parameter_group.pay_main.name
  backup_window                         = "19:00-19:30"
  backup_retention_period               = 7
  maintenance_window                    = "sun:21:00-sun:22:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = true
  deletion_protection                   = false
  skip_final_snapshot                   = true
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.pay_main, aws_iam_role_policy.database_enhanced_monitoring]
}

resource "aws_sns_topic" "pay_paid" {
  name       = "bumall-dev-pay-paid.fifo"
  fifo_topic = true

  # Who sends the same content twice within five minutes need not say so.
  content_based_deduplication = true
  kms_master_key_id           = aws_kms_key.data.arn
}

resource "aws_sns_topic_policy" "pay_paid" {
  arn = aws_sns_topic.pay_paid.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.pay_paid.arn
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
    }]
  })
}

resource "aws_secretsmanager_secret" "pay_main" {
  name                    = "bumall-dev/pay-main"
  description             = "Password of the login app_owner of the database pay-main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 0
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
  name                    = "bumall-dev/pay-psp-key"
  description             = "key of the payment provider"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 0
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

resource "aws_vpc_security_group_egress_rule" "pay_api_to_session_6379" {
  security_group_id            = aws_security_group.pay_api.id
  description                  = "pay-api to session"
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
  referenced_security_group_id = aws_security_group.session.id
}

resource "aws_vpc_security_group_ingress_rule" "pay_api_to_session_6379" {
  security_group_id            = aws_security_group.session.id
  description                  = "pay-api to session"
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
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

resource "aws_vpc_security_group_egress_rule" "pay_api_to_object_store_443" {
  security_group_id = aws_security_group.pay_api.id
  description       = "pay-api to the object store over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

resource "aws_lb_target_group" "internal_pay_api" {
  name                 = "bumall-dev-pay-api-c8081"
  target_type          = "ip"
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

resource "aws_apigatewayv2_integration" "public_to_pay_api" {
  api_id                 = aws_apigatewayv2_api.public.id
  integration_type       = "HTTP_PROXY"
  integration_method     = "ANY"
  integration_uri        = aws_lb_listener.internal_8081.arn
  connection_type        = "VPC_LINK"
  connection_id          = aws_apigatewayv2_vpc_link.public.id
  payload_format_version = "1.0"
  timeout_milliseconds   = 30000

  request_parameters = {
    "overwrite:header.Host" = "pay-api.bumall.internal"
  }
}

resource "aws_cloudwatch_log_group" "pay_api" {
  name              = "/bumall-dev/service/pay-api"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_iam_role" "pay_api" {
  name        = "bumall-dev-pay-api"
  description = "Service pay-api"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Service = "ecs-tasks.amazonaws.com"
      }
      Action = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "pay_api" {
  name = "grants"
  role = aws_iam_role.pay_api.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadSecrets"
        Effect = "Allow"
        Action = "secretsmanager:GetSecretValue"
        Resource = [
          aws_secretsmanager_secret.pay_main.arn,
          aws_secretsmanager_secret.pay_psp_key.arn,
          aws_secretsmanager_secret.session["reader"].arn,
        ]
      },
      {
        Sid      = "PublishMessages"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = [aws_sns_topic.pay_paid.arn]
      },
      {
        Sid      = "DataKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = aws_kms_key.data.arn
        Condition = {
          StringEquals = {
            "kms:ViaService" = ["secretsmanager.ap-northeast-2.amazonaws.com", "sns.ap-northeast-2.amazonaws.com"]
          }
        }
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
      {
        Sid      = "SessionKey"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.logs.arn
      },
      {
        Sid      = "SessionLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.container_shell_sessions.arn}:log-stream:*"
      },
      {
        Sid      = "SessionLogStreams"
        Effect   = "Allow"
        Action   = "logs:DescribeLogStreams"
        Resource = "${aws_cloudwatch_log_group.container_shell_sessions.arn}:*"
      },
      {
        Sid      = "SessionLogGroups"
        Effect   = "Allow"
        Action   = "logs:DescribeLogGroups"
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role" "pay_api_task_execution_identity" {
  name        = "bumall-dev-pay-api-task-execution-identity"
  description = "Starts the tasks of pay-api"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Service = "ecs-tasks.amazonaws.com"
      }
      Action = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "pay_api_task_execution_identity" {
  name = "grants"
  role = aws_iam_role.pay_api_task_execution_identity.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadSecrets"
        Effect = "Allow"
        Action = "secretsmanager:GetSecretValue"
        Resource = [
          aws_secretsmanager_secret.pay_main.arn,
          aws_secretsmanager_secret.pay_psp_key.arn,
          aws_secretsmanager_secret.session["reader"].arn,
        ]
      },
      {
        Sid      = "DataKey"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.data.arn
        Condition = {
          StringEquals = {
            "kms:ViaService" = "secretsmanager.ap-northeast-2.amazonaws.com"
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
        Sid      = "PullImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:aws:ecr:ap-northeast-2:${data.aws_caller_identity.current.account_id}:repository/bumall-dev/pay"
      },
      {
        Sid      = "RegistryLogin"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
    ]
  })
}

locals {
  pay_api_settings = {
    MAIN_HOST        = aws_db_instance.pay_main.address
    MAIN_NAME        = "pay_main"
    MAIN_PORT        = "5432"
    MAIN_READ_HOST   = aws_db_instance.pay_main.address
    MAIN_READ_NAME   = "pay_main"
    MAIN_READ_PORT   = "5432"
    MAIN_READ_SECRET = aws_secretsmanager_secret.pay_main.arn
    MAIN_READ_TLS    = "require"
    MAIN_READ_USER   = "app_owner"
    MAIN_SECRET      = aws_secretsmanager_secret.pay_main.arn
    MAIN_TLS         = "require"
    MAIN_USER        = "app_owner"
    PAID_ENDPOINT    = "https://sns.ap-northeast-2.amazonaws.com"
    PAID_PROTOCOL    = "sns"
    PAID_TOPIC       = aws_sns_topic.pay_paid.arn
    PORT             = "8081"
    PSP_KEY_SECRET   = aws_secretsmanager_secret.pay_psp_key.arn
    SESSION_AUTH     = "password"
    SESSION_HOST     = aws_elasticache_replication_group.session.primary_endpoint_address
    SESSION_PORT     = "6379"
    SESSION_SECRET   = aws_secretsmanager_secret.session["reader"].arn
    SESSION_TLS      = "require"
    SESSION_USER     = "reader"
    SHIP_API_HOST    = "ship-api.bumall.internal"
    SHIP_API_PORT    = "8082"
    SHIP_API_URL     = "http://ship-api.bumall.internal:8082"
  }
}

# ECS puts the values of these entries into the environment when a task starts.
locals {
  pay_api_secrets = {
    MAIN_PASSWORD      = aws_secretsmanager_secret.pay_main.arn
    MAIN_READ_PASSWORD = aws_secretsmanager_secret.pay_main.arn
    PSP_KEY            = aws_secretsmanager_secret.pay_psp_key.arn
    SESSION_PASSWORD   = aws_secretsmanager_secret.session["reader"].arn
  }
}

resource "aws_ecs_task_definition" "pay_api" {
  family                   = "bumall-dev-pay-api"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 2048
  memory                   = 4096
  task_role_arn            = aws_iam_role.pay_api.arn
  execution_role_arn       = aws_iam_role.pay_api_task_execution_identity.arn

  # Earlier revisions stay: a deployment that fails goes back to one.
  skip_destroy = true

  container_definitions = jsonencode([{
    name      = "pay-api"
    image     = "${data.aws_caller_identity.current.account_id}.dkr.ecr.ap-northeast-2.amazonaws.com/bumall-dev/pay:2.0.0"
    essential = true
    portMappings = [{
      containerPort = 8081
      hostPort      = 8081
      protocol      = "tcp"
    }]
    environment = [for name, value in local.pay_api_settings : {
      name  = name
      value = value
    }]
    secrets = [for name, value in local.pay_api_secrets : {
      name      = name
      valueFrom = value
    }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.pay_api.name
        awslogs-region        = "ap-northeast-2"
        awslogs-stream-prefix = "task"
        mode                  = "non-blocking"
        max-buffer-size       = "25m"
      }
    }
    stopTimeout = 50
    linuxParameters = {
      initProcessEnabled = true
    }
    dockerLabels = {
      rollout              = tostring(var.rollout)
      password-of-pay-main = tostring(var.pay_main_password_version)
      password-of-session  = tostring(var.session_password_version)
    }
  }])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  ephemeral_storage {
    size_in_gib = 30
  }
}

resource "aws_ecs_service" "pay_api" {
  name                          = "bumall-dev-pay-api"
  cluster                       = aws_ecs_cluster.main.arn
  task_definition               = aws_ecs_task_definition.pay_api.arn
  desired_count                 = 1
  platform_version              = "LATEST"
  availability_zone_rebalancing = "ENABLED"

  # A new task serves before an old one goes.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 300
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  enable_execute_command             = true

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }

  # New tasks that do not start or stay healthy go again, and the old ones stay.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = values(aws_subnet.application)[*].id
    security_groups  = [aws_security_group.pay_api.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.internal_pay_api.arn
    container_name   = "pay-api"
    container_port   = 8081
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  # A task fetches its image and its secrets when it starts: what it needs for that must be there.
  depends_on = [
    aws_iam_role_policy.pay_api,
    aws_iam_role_policy.pay_api_task_execution_identity,
    aws_ecs_cluster_capacity_providers.main,
    aws_secretsmanager_secret_version.pay_main,
    aws_secretsmanager_secret_version.session,
    aws_sns_topic_subscription.market_mailer_from_pay_paid,
    aws_sns_topic_subscription.ship_worker_from_pay_paid,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_route_table_association.nodes,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.pay_api_to_internal_load_balancer_8082,
    aws_vpc_security_group_egress_rule.pay_api_to_pay_main_5432,
    aws_vpc_security_group_egress_rule.pay_api_to_session_6379,
    aws_vpc_security_group_egress_rule.pay_api_to_internet_443,
    aws_vpc_security_group_egress_rule.pay_api_to_internet_80,
    aws_vpc_security_group_egress_rule.pay_api_to_private_service_endpoints_443,
    aws_vpc_security_group_egress_rule.pay_api_to_object_store_443,
    aws_lb_listener.internal_8081,
  ]
}

resource "aws_appautoscaling_target" "pay_api" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.pay_api.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 1
  max_capacity       = 1
}

resource "aws_appautoscaling_policy" "pay_api" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.pay_api.service_namespace
  resource_id        = aws_appautoscaling_target.pay_api.resource_id
  scalable_dimension = aws_appautoscaling_target.pay_api.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

output "pay_main_host" {
  description = "Host of the database pay-main."
  value       = aws_db_instance.pay_main.address
}

output "pay_paid_topic" {
  description = "ARN of the topic pay-paid."
  value       = aws_sns_topic.pay_paid.arn
}

output "pay_psp_key_secret" {
  description = "Secret pay-psp-key, to be filled by its owner."
  value       = aws_secretsmanager_secret.pay_psp_key.arn
}
