# What is watched, and who is told.

resource "aws_sns_topic" "alarms" {
  name              = "mediaiot-dev-alarms"
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
          "aws:SourceArn" = "arn:aws:cloudwatch:ap-northeast-2:${data.aws_caller_identity.current.account_id}:alarm:mediaiot-dev-*"
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

resource "aws_cloudwatch_metric_alarm" "alerts_dead" {
  alarm_name        = "mediaiot-dev-alerts-dead"
  alarm_description = "alerts has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateNumberOfMessagesVisible"

  dimensions = {
    QueueName = aws_sqs_queue.alerts_dead.name
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

resource "aws_cloudwatch_metric_alarm" "alerts_waiting" {
  alarm_name        = "mediaiot-dev-alerts-waiting"
  alarm_description = "A message of alerts has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateAgeOfOldestMessage"

  dimensions = {
    QueueName = aws_sqs_queue.alerts.name
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

resource "aws_cloudwatch_metric_alarm" "notify_from_uploaded_dead" {
  alarm_name        = "mediaiot-dev-notify-from-uploaded-dead"
  alarm_description = "notify-from-uploaded has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateNumberOfMessagesVisible"

  dimensions = {
    QueueName = aws_sqs_queue.notify_from_uploaded_dead.name
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

resource "aws_cloudwatch_metric_alarm" "notify_from_uploaded_waiting" {
  alarm_name        = "mediaiot-dev-notify-from-uploaded-waiting"
  alarm_description = "A message of notify-from-uploaded has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateAgeOfOldestMessage"

  dimensions = {
    QueueName = aws_sqs_queue.notify_from_uploaded.name
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

resource "aws_cloudwatch_metric_alarm" "alarm_failing" {
  alarm_name        = "mediaiot-dev-alarm-failing"
  alarm_description = "More than 5 calls of alarm failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.alarm.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "alarm_throttled" {
  alarm_name        = "mediaiot-dev-alarm-throttled"
  alarm_description = "Calls of alarm are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.alarm.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "close_dead" {
  alarm_name        = "mediaiot-dev-close-dead"
  alarm_description = "close has dead letters: events that it failed on 3 times. Look at one of them and at its logs; send them again when the reason is gone."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateNumberOfMessagesVisible"

  dimensions = {
    QueueName = aws_sqs_queue.close_dead.name
  }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "close_failing" {
  alarm_name        = "mediaiot-dev-close-failing"
  alarm_description = "More than 5 calls of close failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.close.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "close_throttled" {
  alarm_name        = "mediaiot-dev-close-throttled"
  alarm_description = "Calls of close are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.close.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "hot_dead" {
  alarm_name        = "mediaiot-dev-hot-dead"
  alarm_description = "hot has dead letters: events that it failed on 3 times. Look at one of them and at its logs; send them again when the reason is gone."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateNumberOfMessagesVisible"

  dimensions = {
    QueueName = aws_sqs_queue.hot_dead.name
  }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "hot_failing" {
  alarm_name        = "mediaiot-dev-hot-failing"
  alarm_description = "More than 5 calls of hot failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.hot.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "hot_throttled" {
  alarm_name        = "mediaiot-dev-hot-throttled"
  alarm_description = "Calls of hot are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.hot.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "mean_dead" {
  alarm_name        = "mediaiot-dev-mean-dead"
  alarm_description = "mean has dead letters: events that it failed on 6 times. Look at one of them and at its logs; send them again when the reason is gone."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateNumberOfMessagesVisible"

  dimensions = {
    QueueName = aws_sqs_queue.mean_dead.name
  }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "mean_failing" {
  alarm_name        = "mediaiot-dev-mean-failing"
  alarm_description = "More than 5 calls of mean failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.mean.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "mean_throttled" {
  alarm_name        = "mediaiot-dev-mean-throttled"
  alarm_description = "Calls of mean are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.mean.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "means_api_failing" {
  alarm_name        = "mediaiot-dev-means-api-failing"
  alarm_description = "More than 5 calls of means-api failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.means_api.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "means_api_throttled" {
  alarm_name        = "mediaiot-dev-means-api-throttled"
  alarm_description = "Calls of means-api are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.means_api.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "notify_failing" {
  alarm_name        = "mediaiot-dev-notify-failing"
  alarm_description = "More than 5 calls of notify failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.notify.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "notify_throttled" {
  alarm_name        = "mediaiot-dev-notify-throttled"
  alarm_description = "Calls of notify are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.notify.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "pictures_api_failing" {
  alarm_name        = "mediaiot-dev-pictures-api-failing"
  alarm_description = "More than 5 calls of pictures-api failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.pictures_api.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "pictures_api_throttled" {
  alarm_name        = "mediaiot-dev-pictures-api-throttled"
  alarm_description = "Calls of pictures-api are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.pictures_api.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "summary_dead" {
  alarm_name        = "mediaiot-dev-summary-dead"
  alarm_description = "summary has dead letters: events that it failed on 3 times. Look at one of them and at its logs; send them again when the reason is gone."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateNumberOfMessagesVisible"

  dimensions = {
    QueueName = aws_sqs_queue.summary_dead.name
  }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "summary_failing" {
  alarm_name        = "mediaiot-dev-summary-failing"
  alarm_description = "More than 5 calls of summary failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.summary.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "summary_throttled" {
  alarm_name        = "mediaiot-dev-summary-throttled"
  alarm_description = "Calls of summary are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.summary.function_name
  }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}
