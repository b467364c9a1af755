# What is watched, and who is told.

resource "aws_sns_topic" "alarms" {
  name              = "buestate-alarms"
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
          "aws:SourceArn" = "arn:aws:cloudwatch:ap-northeast-2:${data.aws_caller_identity.current.account_id}:alarm:buestate-*"
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

resource "aws_cloudwatch_metric_alarm" "main_replica_lag" {
  for_each          = aws_db_instance.main_replica
  alarm_name        = "buestate-main-replica-lag-${each.key}"
  alarm_description = "A read replica of main is more than 60 seconds behind: readers see old data. Look for long transactions and for replicas that are too small."
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

resource "aws_cloudwatch_metric_alarm" "main_replica_stopped" {
  for_each          = aws_db_instance.main_replica
  alarm_name        = "buestate-main-replica-stopped-${each.key}"
  alarm_description = "A read replica of main has stopped replicating: readers see old data. Its error stands in the RDS console; make the replica anew where it cannot go on."
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
