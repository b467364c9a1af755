# What is watched, and who is told.

resource "aws_sns_topic" "alarms" {
  name              = "uploads-dev-alarms"
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
          "aws:SourceArn" = "arn:aws:cloudwatch:ap-northeast-2:${data.aws_caller_identity.current.account_id}:alarm:uploads-dev-*"
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
  for_each  = toset(["media@example.com"])
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_metric_alarm" "summary_dead" {
  alarm_name        = "uploads-dev-summary-dead"
  alarm_description = "summary has dead letters: events that it failed on 3 times. Look at one of them and at its logs; send them again when the reason is gone."

  metric_query {
    id          = "all"
    label       = "Dead letters, and those that were lost"
    expression  = "FILL(waiting, 0) + FILL(lost, 0)"
    return_data = true
  }

  metric_query {
    id = "waiting"

    metric {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateNumberOfMessagesVisible"

      dimensions = {
        QueueName = aws_sqs_queue.summary_dead.name
      }

      stat   = "Maximum"
      period = 300
    }
  }

  metric_query {
    id = "lost"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "DestinationDeliveryFailures"

      dimensions = {
        FunctionName = aws_lambda_function.summary.function_name
      }

      stat   = "Sum"
      period = 300
    }
  }

  evaluation_periods = 3

  # Once is enough, also if it is measured some minutes late.
  datapoints_to_alarm = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "summary_failing" {
  alarm_name        = "uploads-dev-summary-failing"
  alarm_description = "More than 5 calls of summary failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.summary.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 5
  comparison_operator = "GreaterThanThreshold"

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "summary_throttled" {
  alarm_name        = "uploads-dev-summary-throttled"
  alarm_description = "Calls of summary are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.summary.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}
