# What is watched, and who is told.

resource "aws_sns_topic" "alarms" {
  name              = "bushop-alarms"
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
          "aws:SourceArn" = "arn:aws:cloudwatch:ap-northeast-2:${data.aws_caller_identity.current.account_id}:alarm:bushop-*"
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
  alarm_name        = "bushop-main-replica-lag-${each.key}"
  alarm_description = "A read replica of main is more than 60 seconds behind: readers see old data. Look for long transactions and for replicas that are too small."
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
