# ECS would make it itself, without the key and the retention.
resource "aws_cloudwatch_log_group" "container_insights_measures" {
  name              = "/aws/ecs/containerinsights/bumall-dev/performance"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_cloudwatch_log_group" "container_shell_sessions" {
  name              = "/bumall-dev/container-shells"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_ecs_cluster" "main" {
  name = "bumall-dev"

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

# A snapshot of every machine's disk each day, kept for seven days.
resource "aws_dlm_lifecycle_policy" "machine_disks" {
  description        = "Disks of bumall-dev"
  execution_role_arn = aws_iam_role.machine_disk_snapshots.arn
  state              = "ENABLED"

  policy_details {
    resource_types = ["VOLUME"]

    target_tags = {
      snapshots = "bumall-dev"
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
