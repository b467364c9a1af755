# Read replicas, and the one name that leads to all of them.

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "main_replica_database_logs" {
  for_each          = toset(["1/error", "1/slowquery", "2/error", "2/slowquery"])
  name              = "/aws/rds/instance/buestate-main-replica-${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

# Subnets, key, engine, storage and port are the primary's. The maintenance of each falls on a day of its own.
resource "aws_db_instance" "main_replica" {
  for_each = {
    "1" = {
      zone        = "ap-northeast-2a"
      maintenance = "mon:19:00-mon:20:00"
    }
    "2" = {
      zone        = "ap-northeast-2b"
      maintenance = "tue:19:00-tue:20:00"
    }
  }

  identifier                          = "buestate-main-replica-${each.key}"
  replicate_source_db                 = aws_db_instance.main.identifier
  instance_class                      = "db.m7g.xlarge"
  max_allocated_storage               = 400
  storage_type                        = "gp3"
  storage_encrypted                   = true
  iam_database_authentication_enabled = true
  availability_zone                   = each.value.zone
  multi_az                            = false
  publicly_accessible                 = false
  parameter_group_name                = aws_db_parameter_group.main.name
  maintenance_window                  = each.value.maintenance
  copy_tags_to_snapshot               = true
  deletion_protection                 = true

  # RDS takes no last snapshot of a replica.
  skip_final_snapshot                   = true
  auto_minor_version_upgrade            = true
  vpc_security_group_ids                = [aws_security_group.main_read.id]
  enabled_cloudwatch_logs_exports       = ["error", "slowquery"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.main_replica_database_logs]
}

resource "aws_route53_health_check" "main_replica_lag" {
  for_each                = aws_cloudwatch_metric_alarm.main_replica_lag
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

resource "aws_route53_health_check" "main_replica_stopped" {
  for_each                = aws_cloudwatch_metric_alarm.main_replica_stopped
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
resource "aws_route53_health_check" "main_replica" {
  for_each = aws_db_instance.main_replica
  type     = "CALCULATED"

  child_healthchecks = [
    aws_route53_health_check.main_replica_lag[each.key].id,
    aws_route53_health_check.main_replica_stopped[each.key].id,
  ]

  child_health_threshold = 2

  tags = {
    Name = "buestate-main-replica-${each.key}"
  }
}

# The one name that readers are told: each answer is one replica, all equally often.
resource "aws_route53_record" "internal_main_read" {
  for_each        = aws_db_instance.main_replica
  zone_id         = aws_route53_zone.internal.zone_id
  name            = "main-read.buestate.internal"
  type            = "CNAME"
  ttl             = 5
  records         = [each.value.address]
  set_identifier  = each.key
  health_check_id = aws_route53_health_check.main_replica[each.key].id

  weighted_routing_policy {
    weight = 1
  }
}
