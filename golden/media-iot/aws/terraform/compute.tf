# ECS would make it itself, without the key and the retention.
resource "aws_cloudwatch_log_group" "container_insights_measures" {
  name              = "/aws/ecs/containerinsights/mediaiot/performance"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_cloudwatch_log_group" "container_shell_sessions" {
  name              = "/mediaiot/container-shells"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_ecs_cluster" "main" {
  name = "mediaiot"

  setting {
    name  = "containerInsights"
    value = "enhanced"
  }

  configuration {
    execute_command_configuration {
      kms_key_id = aws_kms_key.logs.arn
      logging    = "OVERRIDE"

      log_configuration {
        cloud_watch_encryption_enabled = true
        cloud_watch_log_group_name     = aws_cloudwatch_log_group.container_shell_sessions.name
      }
    }

    managed_storage_configuration {
      fargate_ephemeral_storage_kms_key_id = aws_kms_key.data.arn
    }
  }

  depends_on = [aws_cloudwatch_log_group.container_insights_measures]
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = ["FARGATE"]

  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }
}

resource "aws_cloudwatch_log_group" "intake" {
  name              = "/mediaiot/service/intake"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

locals {
  intake_settings = {
    PORT              = "8080"
    READINGS_ENDPOINT = "https://kinesis.ap-northeast-2.amazonaws.com"
    READINGS_PROTOCOL = "kinesis"
    READINGS_STREAM   = aws_kinesis_stream.readings.name
  }
}

resource "aws_ecs_task_definition" "intake" {
  family                   = "mediaiot-intake"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 2048
  memory                   = 4096
  task_role_arn            = aws_iam_role.intake.arn
  execution_role_arn       = aws_iam_role.intake_task_execution_identity.arn

  # Earlier revisions stay: a deployment that fails goes back to one.
  skip_destroy = true

  container_definitions = jsonencode([{
    name      = "intake"
    image     = "ghcr.io/example/intake:1.4.0"
    essential = true
    portMappings = [{
      containerPort = 8080
      hostPort      = 8080
      protocol      = "tcp"
    }]
    environment = [for name, value in local.intake_settings : {
      name  = name
      value = value
    }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.intake.name
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
      rollout = tostring(var.rollout)
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

resource "aws_ecs_service" "intake" {
  name                          = "mediaiot-intake"
  cluster                       = aws_ecs_cluster.main.arn
  task_definition               = aws_ecs_task_definition.intake.arn
  desired_count                 = 2
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
    security_groups  = [aws_security_group.intake.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.public_intake.arn
    container_name   = "intake"
    container_port   = 8080
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  # A task fetches its image and its secrets when it starts: what it needs for that must be there.
  depends_on = [
    aws_iam_role_policy.intake,
    aws_iam_role_policy.intake_task_execution_identity,
    aws_ecs_cluster_capacity_providers.main,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.intake_to_internet_443,
    aws_vpc_security_group_egress_rule.intake_to_internet_80,
    aws_vpc_security_group_egress_rule.intake_to_private_service_endpoints_443,
    aws_lb_listener.public_https,
  ]
}

resource "aws_appautoscaling_target" "intake" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.intake.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 2
  max_capacity       = 6
}

resource "aws_appautoscaling_policy" "intake" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.intake.service_namespace
  resource_id        = aws_appautoscaling_target.intake.resource_id
  scalable_dimension = aws_appautoscaling_target.intake.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
