# What is watched, and who is told.

resource "aws_sns_topic" "alarms" {
  name              = "mediaiot-alarms"
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
          "aws:SourceArn" = "arn:aws:cloudwatch:ap-northeast-2:${data.aws_caller_identity.current.account_id}:alarm:mediaiot-*"
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
  alarm_name        = "mediaiot-alerts-dead"
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
  alarm_name        = "mediaiot-alerts-waiting"
  alarm_description = "A message of alerts has waited for more than 15 minutes: nobody takes it, or there are too few calls at once. Look whether they run, and at `concurrency`."
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
  alarm_name        = "mediaiot-notify-from-uploaded-dead"
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
  alarm_name        = "mediaiot-notify-from-uploaded-waiting"
  alarm_description = "A message of notify-from-uploaded has waited for more than 15 minutes: nobody takes it, or there are too few calls at once. Look whether they run, and at `concurrency`."
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
  alarm_name        = "mediaiot-alarm-failing"
  alarm_description = "More than 5 calls of alarm failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.alarm.function_name
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

resource "aws_cloudwatch_metric_alarm" "alarm_throttled" {
  alarm_name        = "mediaiot-alarm-throttled"
  alarm_description = "Calls of alarm are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.alarm.function_name
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

resource "aws_cloudwatch_metric_alarm" "archive_failing" {
  alarm_name        = "mediaiot-archive-failing"
  alarm_description = "More than 5 calls of archive failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.archive.function_name
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

resource "aws_cloudwatch_metric_alarm" "archive_throttled" {
  alarm_name        = "mediaiot-archive-throttled"
  alarm_description = "Calls of archive are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.archive.function_name
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

resource "aws_cloudwatch_metric_alarm" "close_failing" {
  alarm_name        = "mediaiot-close-failing"
  alarm_description = "More than 5 calls of close failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.close.function_name
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

resource "aws_cloudwatch_metric_alarm" "close_throttled" {
  alarm_name        = "mediaiot-close-throttled"
  alarm_description = "Calls of close are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.close.function_name
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

resource "aws_cloudwatch_metric_alarm" "hot_dead" {
  alarm_name        = "mediaiot-hot-dead"
  alarm_description = "hot has dead letters: events that it failed on 3 times. Look at one of them and at its logs; send them again when the reason is gone."

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
        QueueName = aws_sqs_queue.hot_dead.name
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
        FunctionName = aws_lambda_function.hot.function_name
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

resource "aws_cloudwatch_metric_alarm" "hot_failing" {
  alarm_name        = "mediaiot-hot-failing"
  alarm_description = "More than 5 calls of hot failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.hot.function_name
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

resource "aws_cloudwatch_metric_alarm" "hot_behind" {
  alarm_name        = "mediaiot-hot-behind"
  alarm_description = "hot is more than 720 minutes behind what it reads. Look whether it runs at all, and whether it has become slow; what gets too old is lost."

  metric_query {
    id          = "all"
    label       = "Age of records, or twice too old where nothing is called"
    expression  = "IF(FILL(records, 0) > 0 AND FILL(called, 0) < 1, 86400000, FILL(age, 0))"
    return_data = true
  }

  metric_query {
    id = "age"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "IteratorAge"

      dimensions = {
        FunctionName = aws_lambda_function.hot.function_name
      }

      stat   = "Maximum"
      period = 300
    }
  }

  metric_query {
    id = "called"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"

      dimensions = {
        FunctionName = aws_lambda_function.hot.function_name
      }

      stat   = "Sum"
      period = 300
    }
  }

  metric_query {
    id = "records"

    metric {
      namespace   = "AWS/Kinesis"
      metric_name = "IncomingRecords"

      dimensions = {
        StreamName = aws_kinesis_stream.readings.name
      }

      stat   = "Sum"
      period = 300
    }
  }

  evaluation_periods = 3

  # Milliseconds.
  threshold           = 43200000
  comparison_operator = "GreaterThanThreshold"

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "hot_throttled" {
  alarm_name        = "mediaiot-hot-throttled"
  alarm_description = "Calls of hot are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.hot.function_name
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

resource "aws_cloudwatch_metric_alarm" "mean_dead" {
  alarm_name        = "mediaiot-mean-dead"
  alarm_description = "mean has dead letters: events that it failed on 6 times. Look at one of them and at its logs; send them again when the reason is gone."

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
        QueueName = aws_sqs_queue.mean_dead.name
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
        FunctionName = aws_lambda_function.mean.function_name
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

resource "aws_cloudwatch_metric_alarm" "mean_failing" {
  alarm_name        = "mediaiot-mean-failing"
  alarm_description = "More than 5 calls of mean failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.mean.function_name
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

resource "aws_cloudwatch_metric_alarm" "mean_behind" {
  alarm_name        = "mediaiot-mean-behind"
  alarm_description = "mean is more than 720 minutes behind what it reads. Look whether it runs at all, and whether it has become slow; what gets too old is lost."

  metric_query {
    id          = "all"
    label       = "Age of records, or twice too old where nothing is called"
    expression  = "IF(FILL(records, 0) > 0 AND FILL(called, 0) < 1, 86400000, FILL(age, 0))"
    return_data = true
  }

  metric_query {
    id = "age"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "IteratorAge"

      dimensions = {
        FunctionName = aws_lambda_function.mean.function_name
      }

      stat   = "Maximum"
      period = 300
    }
  }

  metric_query {
    id = "called"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"

      dimensions = {
        FunctionName = aws_lambda_function.mean.function_name
      }

      stat   = "Sum"
      period = 300
    }
  }

  metric_query {
    id = "records"

    metric {
      namespace   = "AWS/Kinesis"
      metric_name = "IncomingRecords"

      dimensions = {
        StreamName = aws_kinesis_stream.readings.name
      }

      stat   = "Sum"
      period = 300
    }
  }

  evaluation_periods = 3

  # Milliseconds.
  threshold           = 43200000
  comparison_operator = "GreaterThanThreshold"

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "mean_throttled" {
  alarm_name        = "mediaiot-mean-throttled"
  alarm_description = "Calls of mean are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.mean.function_name
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

resource "aws_cloudwatch_metric_alarm" "means_api_failing" {
  alarm_name        = "mediaiot-means-api-failing"
  alarm_description = "More than 5 % of the calls of means-api failed for a quarter of an hour. Its logs say why."

  metric_query {
    id          = "all"
    label       = "Percent of calls that fail"
    expression  = "100 * failed / called"
    return_data = true
  }

  metric_query {
    id = "failed"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"

      dimensions = {
        FunctionName = aws_lambda_function.means_api.function_name
      }

      stat   = "Sum"
      period = 300
    }
  }

  metric_query {
    id = "called"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"

      dimensions = {
        FunctionName = aws_lambda_function.means_api.function_name
      }

      stat   = "Sum"
      period = 300
    }
  }

  evaluation_periods  = 3
  threshold           = 5
  comparison_operator = "GreaterThanThreshold"

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "means_api_throttled" {
  alarm_name        = "mediaiot-means-api-throttled"
  alarm_description = "Calls of means-api are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.means_api.function_name
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

resource "aws_cloudwatch_metric_alarm" "notify_failing" {
  alarm_name        = "mediaiot-notify-failing"
  alarm_description = "More than 5 calls of notify failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.notify.function_name
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

resource "aws_cloudwatch_metric_alarm" "notify_throttled" {
  alarm_name        = "mediaiot-notify-throttled"
  alarm_description = "Calls of notify are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.notify.function_name
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

resource "aws_cloudwatch_metric_alarm" "pictures_api_failing" {
  alarm_name        = "mediaiot-pictures-api-failing"
  alarm_description = "More than 5 % of the calls of pictures-api failed for a quarter of an hour. Its logs say why."

  metric_query {
    id          = "all"
    label       = "Percent of calls that fail"
    expression  = "100 * failed / called"
    return_data = true
  }

  metric_query {
    id = "failed"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"

      dimensions = {
        FunctionName = aws_lambda_function.pictures_api.function_name
      }

      stat   = "Sum"
      period = 300
    }
  }

  metric_query {
    id = "called"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"

      dimensions = {
        FunctionName = aws_lambda_function.pictures_api.function_name
      }

      stat   = "Sum"
      period = 300
    }
  }

  evaluation_periods  = 3
  threshold           = 5
  comparison_operator = "GreaterThanThreshold"

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "pictures_api_throttled" {
  alarm_name        = "mediaiot-pictures-api-throttled"
  alarm_description = "Calls of pictures-api are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.pictures_api.function_name
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

resource "aws_cloudwatch_metric_alarm" "report_failing" {
  alarm_name        = "mediaiot-report-failing"
  alarm_description = "More than 5 calls of report failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.report.function_name
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

resource "aws_cloudwatch_metric_alarm" "report_throttled" {
  alarm_name        = "mediaiot-report-throttled"
  alarm_description = "Calls of report are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.report.function_name
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

resource "aws_cloudwatch_metric_alarm" "rollup_failing" {
  alarm_name        = "mediaiot-rollup-failing"
  alarm_description = "More than 5 calls of rollup failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.rollup.function_name
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

resource "aws_cloudwatch_metric_alarm" "rollup_throttled" {
  alarm_name        = "mediaiot-rollup-throttled"
  alarm_description = "Calls of rollup are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.rollup.function_name
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

resource "aws_cloudwatch_metric_alarm" "summary_dead" {
  alarm_name        = "mediaiot-summary-dead"
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
  alarm_name        = "mediaiot-summary-failing"
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
  alarm_name        = "mediaiot-summary-throttled"
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

resource "aws_cloudwatch_metric_alarm" "nightly_failed" {
  alarm_name        = "mediaiot-nightly-failed"
  alarm_description = "A run of nightly failed, or took longer than it may. Its history shows the step and what the step got; start it again when the reason is gone. Or it could not be started at its time: start it by hand."

  metric_query {
    id          = "all"
    label       = "Runs that went wrong"
    expression  = "FILL(failed, 0) + FILL(late, 0) + FILL(missed, 0)"
    return_data = true
  }

  metric_query {
    id = "failed"

    metric {
      namespace   = "AWS/States"
      metric_name = "ExecutionsFailed"

      dimensions = {
        StateMachineArn = aws_sfn_state_machine.nightly.arn
      }

      stat   = "Sum"
      period = 300
    }
  }

  metric_query {
    id = "late"

    metric {
      namespace   = "AWS/States"
      metric_name = "ExecutionsTimedOut"

      dimensions = {
        StateMachineArn = aws_sfn_state_machine.nightly.arn
      }

      stat   = "Sum"
      period = 300
    }
  }

  metric_query {
    id = "missed"

    metric {
      namespace   = "AWS/Scheduler"
      metric_name = "InvocationDroppedCount"

      dimensions = {
        ScheduleGroup = aws_scheduler_schedule_group.nightly_workflow_and_its_schedule.name
      }

      stat   = "Sum"
      period = 300
    }
  }

  evaluation_periods = 3

  # Once is enough, also if it is measured some minutes late.
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "public_failing" {
  alarm_name        = "mediaiot-public-failing"
  alarm_description = "More than 5 % of the requests to the API public ended in 5xx for a quarter of an hour. Its log says which routes, and why: `error`, `integrationError`."

  metric_query {
    id          = "all"
    label       = "Percent of requests that fail"
    expression  = "100 * failed / called"
    return_data = true
  }

  metric_query {
    id = "failed"

    metric {
      namespace   = "AWS/ApiGateway"
      metric_name = "5xx"

      dimensions = {
        ApiId = aws_apigatewayv2_api.public.id
      }

      stat   = "Sum"
      period = 300
    }
  }

  metric_query {
    id = "called"

    metric {
      namespace   = "AWS/ApiGateway"
      metric_name = "Count"

      dimensions = {
        ApiId = aws_apigatewayv2_api.public.id
      }

      stat   = "Sum"
      period = 300
    }
  }

  evaluation_periods  = 3
  threshold           = 5
  comparison_operator = "GreaterThanThreshold"

  # Nothing is measured while nothing happens.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_log_resource_policy" "facts_warehouse_forget" {
  policy_name = aws_cloudwatch_log_group.facts_warehouse_and_its_upkeep.name

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "FailedStatements"
      Effect = "Allow"
      Principal = {
        Service = ["delivery.logs.amazonaws.com", "events.amazonaws.com"]
      }
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.facts_warehouse_and_its_upkeep.arn}:*"
    }]
  })
}

resource "aws_cloudwatch_event_rule" "facts_warehouse_forget" {
  name        = "mediaiot-facts-forget"
  description = "Failed statements mediaiot-facts-forget"

  event_pattern = jsonencode({
    source      = ["aws.redshift-data"]
    detail-type = ["Redshift Data Statement Status Change"]
    detail = {
      statementName = ["mediaiot-facts-forget"]
      state         = ["ABORTED", "FAILED"]
    }
  })
}

resource "aws_cloudwatch_event_target" "facts_warehouse_forget" {
  rule       = aws_cloudwatch_event_rule.facts_warehouse_forget.name
  arn        = aws_cloudwatch_log_group.facts_warehouse_and_its_upkeep.arn
  depends_on = [aws_cloudwatch_log_resource_policy.facts_warehouse_forget]
}

resource "aws_cloudwatch_metric_alarm" "facts_upkeep_failed" {
  alarm_name        = "mediaiot-facts-upkeep-failed"
  alarm_description = "Rows of facts that are old enough did not go."

  metric_query {
    id          = "all"
    label       = "Statements that went wrong"
    expression  = "FILL(failed, 0) + FILL(missed, 0)"
    return_data = true
  }

  metric_query {
    id = "failed"

    metric {
      namespace   = "AWS/Events"
      metric_name = "Invocations"

      dimensions = {
        RuleName = aws_cloudwatch_event_rule.facts_warehouse_forget.name
      }

      stat   = "Sum"
      period = 300
    }
  }

  metric_query {
    id = "missed"

    metric {
      namespace   = "AWS/Scheduler"
      metric_name = "InvocationDroppedCount"

      dimensions = {
        ScheduleGroup = aws_scheduler_schedule_group.facts_warehouse_and_its_upkeep.name
      }

      stat   = "Sum"
      period = 300
    }
  }

  evaluation_periods = 3

  # Once is enough, also if it is measured some minutes late.
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing goes wrong.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_event_rule" "facts_warehouse_take_readings" {
  name        = "mediaiot-facts-take-readings"
  description = "Failed statements mediaiot-facts-take-readings"

  event_pattern = jsonencode({
    source      = ["aws.redshift-data"]
    detail-type = ["Redshift Data Statement Status Change"]
    detail = {
      statementName = ["mediaiot-facts-take-readings"]
      state         = ["ABORTED", "FAILED"]
    }
  })
}

resource "aws_cloudwatch_event_target" "facts_warehouse_take_readings" {
  rule       = aws_cloudwatch_event_rule.facts_warehouse_take_readings.name
  arn        = aws_cloudwatch_log_group.facts_warehouse_and_its_upkeep.arn
  depends_on = [aws_cloudwatch_log_resource_policy.facts_warehouse_forget]
}

resource "aws_cloudwatch_metric_alarm" "facts_readings_refused" {
  alarm_name        = "mediaiot-facts-readings-refused"
  alarm_description = "Records of readings did not become rows of readings in facts: they are no JSON objects, or a field has another type than its column."

  metric_query {
    id          = "all"
    label       = "Statements that went wrong"
    expression  = "FILL(failed, 0) + FILL(missed, 0)"
    return_data = true
  }

  metric_query {
    id = "failed"

    metric {
      namespace   = "AWS/Events"
      metric_name = "Invocations"

      dimensions = {
        RuleName = aws_cloudwatch_event_rule.facts_warehouse_take_readings.name
      }

      stat   = "Sum"
      period = 300
    }
  }

  metric_query {
    id = "missed"

    metric {
      namespace   = "AWS/Scheduler"
      metric_name = "InvocationDroppedCount"

      dimensions = {
        ScheduleGroup = aws_scheduler_schedule_group.facts_warehouse_and_its_upkeep.name
      }

      stat   = "Sum"
      period = 300
    }
  }

  evaluation_periods = 3

  # Once is enough, also if it is measured some minutes late.
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0

  # Nothing is measured while nothing goes wrong.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_event_rule" "facts_warehouse_watch_readings" {
  name        = "mediaiot-facts-watch-readings"
  description = "Failed statements mediaiot-facts-watch-readings"

  event_pattern = jsonencode({
    source      = ["aws.redshift-data"]
    detail-type = ["Redshift Data Statement Status Change"]
    detail = {
      statementName = ["mediaiot-facts-watch-readings"]
      state         = ["ABORTED", "FAILED"]
    }
  })
}

resource "aws_cloudwatch_event_target" "facts_warehouse_watch_readings" {
  rule       = aws_cloudwatch_event_rule.facts_warehouse_watch_readings.name
  arn        = aws_cloudwatch_log_group.facts_warehouse_and_its_upkeep.arn
  depends_on = [aws_cloudwatch_log_resource_policy.facts_warehouse_forget]
}

resource "aws_cloudwatch_metric_alarm" "facts_readings_late" {
  alarm_name        = "mediaiot-facts-readings-late"
  alarm_description = "For two hours nothing became a row of readings in facts. Records are written to readings that do not come through: they are lost when they are older than the stream keeps them. The README says where to look."

  metric_query {
    id          = "all"
    label       = "Statements that went wrong"
    expression  = "IF(FILL(written, 0) > 0, FILL(failed, 0) + FILL(missed, 0), 0)"
    return_data = true
  }

  metric_query {
    id = "failed"

    metric {
      namespace   = "AWS/Events"
      metric_name = "Invocations"

      dimensions = {
        RuleName = aws_cloudwatch_event_rule.facts_warehouse_watch_readings.name
      }

      stat   = "Sum"
      period = 3600
    }
  }

  metric_query {
    id = "missed"

    metric {
      namespace   = "AWS/Scheduler"
      metric_name = "InvocationDroppedCount"

      dimensions = {
        ScheduleGroup = aws_scheduler_schedule_group.facts_warehouse_and_its_upkeep.name
      }

      stat   = "Sum"
      period = 3600
    }
  }

  metric_query {
    id = "written"

    metric {
      namespace   = "AWS/Kinesis"
      metric_name = "IncomingRecords"

      dimensions = {
        StreamName = aws_kinesis_stream.readings.name
      }

      stat   = "Sum"
      period = 3600
    }
  }

  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 2

  # Nothing is measured while nothing goes wrong.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}
