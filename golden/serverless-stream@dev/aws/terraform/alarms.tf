# What is watched, and who is told.

resource "aws_sns_topic" "alarms" {
  name              = "sensors-dev-alarms"
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
          "aws:SourceArn" = "arn:aws:cloudwatch:ap-northeast-2:${data.aws_caller_identity.current.account_id}:alarm:sensors-dev-*"
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
  for_each  = toset(["iot@example.com"])
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_metric_alarm" "hot_dead" {
  alarm_name        = "sensors-dev-hot-dead"
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
  alarm_name        = "sensors-dev-hot-failing"
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
  alarm_name        = "sensors-dev-hot-behind"
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
  alarm_name        = "sensors-dev-hot-throttled"
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
  alarm_name        = "sensors-dev-mean-dead"
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
  alarm_name        = "sensors-dev-mean-failing"
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
  alarm_name        = "sensors-dev-mean-behind"
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
  alarm_name        = "sensors-dev-mean-throttled"
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
