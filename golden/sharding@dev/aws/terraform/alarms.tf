# What is watched, and who is told.

resource "aws_sns_topic" "alarms" {
  name              = "bumart-dev-alarms"
  kms_master_key_id = aws_kms_key.logs.arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "Alarms"
      Effect = "Allow"
      Principal = {
        Service = "cloudwatch.amazonaws.com"
      }
      Action   = "sns:Publish"
      Resource = aws_sns_topic.alarms.arn
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:aws:cloudwatch:ap-northeast-2:${data.aws_caller_identity.current.account_id}:alarm:bumart-dev-*"
        }
        StringEquals = {
          "aws:SourceAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })
}

# AWS asks every mailbox whether it agrees before it tells it anything.
resource "aws_sns_topic_subscription" "alarms" {
  for_each  = toset(["platform@example.com"])
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_metric_alarm" "ledger_shard_load" {
  for_each          = aws_db_instance.ledger_shard
  alarm_name        = "bumart-dev-ledger-shard-load-${each.key}"
  alarm_description = "A shard of ledger has had more than 80% processor load for 15 minutes. If the others are as busy, add shards or take larger ones."
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

resource "aws_cloudwatch_metric_alarm" "ledger_shard_storage" {
  for_each          = aws_db_instance.ledger_shard
  alarm_name        = "bumart-dev-ledger-shard-storage-${each.key}"
  alarm_description = "A shard of ledger has less than 3 GiB of storage left; it grows by itself up to 40 GiB and then no more."
  namespace         = "AWS/RDS"
  metric_name       = "FreeStorageSpace"

  dimensions = {
    DBInstanceIdentifier = each.value.identifier
  }

  statistic           = "Average"
  period              = 60
  evaluation_periods  = 15
  comparison_operator = "LessThanThreshold"

  # Bytes: 15% of 20 GiB.
  threshold     = 3221225460
  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "ledger_shard_hot" {
  for_each            = toset(local.ledger_shards)
  alarm_name          = "bumart-dev-ledger-shard-hot-${each.key}"
  alarm_description   = "A shard of ledger is more than 25 percentage points busier than the mean of all: one key, or one range of tenant, draws the load."
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
    for_each = local.ledger_shards
    iterator = shard

    content {
      id = "load_${shard.value}"

      metric {
        namespace   = "AWS/RDS"
        metric_name = "CPUUtilization"

        dimensions = {
          DBInstanceIdentifier = "bumart-dev-ledger-shard-${shard.value}"
        }

        stat   = "Average"
        period = 60
      }
    }
  }

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "main_shard_load" {
  for_each          = aws_db_instance.main_shard
  alarm_name        = "bumart-dev-main-shard-load-${each.key}"
  alarm_description = "A shard of main has had more than 80% processor load for 15 minutes. If the others are as busy, add shards or take larger ones."
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

resource "aws_cloudwatch_metric_alarm" "main_shard_storage" {
  for_each          = aws_db_instance.main_shard
  alarm_name        = "bumart-dev-main-shard-storage-${each.key}"
  alarm_description = "A shard of main has less than 3 GiB of storage left; it grows by itself up to 40 GiB and then no more."
  namespace         = "AWS/RDS"
  metric_name       = "FreeStorageSpace"

  dimensions = {
    DBInstanceIdentifier = each.value.identifier
  }

  statistic           = "Average"
  period              = 60
  evaluation_periods  = 15
  comparison_operator = "LessThanThreshold"

  # Bytes: 15% of 20 GiB.
  threshold     = 3221225460
  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "main_shard_hot" {
  for_each            = toset(local.main_shards)
  alarm_name          = "bumart-dev-main-shard-hot-${each.key}"
  alarm_description   = "A shard of main is more than 25 percentage points busier than the mean of all: one key, or one range of customer_id, draws the load."
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
    for_each = local.main_shards
    iterator = shard

    content {
      id = "load_${shard.value}"

      metric {
        namespace   = "AWS/RDS"
        metric_name = "CPUUtilization"

        dimensions = {
          DBInstanceIdentifier = "bumart-dev-main-shard-${shard.value}"
        }

        stat   = "Average"
        period = 60
      }
    }
  }

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}
