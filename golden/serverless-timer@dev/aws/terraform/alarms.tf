# What is watched, and who is told.

resource "aws_sns_topic" "alarms" {
  name              = "nightly-dev-alarms"
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
          "aws:SourceArn" = "arn:aws:cloudwatch:ap-northeast-2:${data.aws_caller_identity.current.account_id}:alarm:nightly-dev-*"
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
  for_each  = toset(["operations@example.com"])
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_metric_alarm" "mails_dead" {
  alarm_name        = "nightly-dev-mails-dead"
  alarm_description = "mails has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateNumberOfMessagesVisible"

  dimensions = {
    QueueName = aws_sqs_queue.mails_dead.name
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

resource "aws_cloudwatch_metric_alarm" "mails_waiting" {
  alarm_name        = "nightly-dev-mails-waiting"
  alarm_description = "A message of mails has waited for more than 15 minutes: nobody takes it, or there are too few calls at once. Look whether they run, and at `concurrency`."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateAgeOfOldestMessage"

  dimensions = {
    QueueName = aws_sqs_queue.mails.name
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

resource "aws_cloudwatch_metric_alarm" "close_dead" {
  alarm_name        = "nightly-dev-close-dead"
  alarm_description = "close has dead letters: events that it failed on 3 times. Look at one of them and at its logs; send them again when the reason is gone."

  metric_query {
    id          = "all"
    label       = "Dead letters, and those that were lost"
    expression  = "FILL(waiting, 0) + FILL(lost, 0) + FILL(undelivered, 0)"
    return_data = true
  }

  metric_query {
    id = "waiting"

    metric {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateNumberOfMessagesVisible"

      dimensions = {
        QueueName = aws_sqs_queue.close_dead.name
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
        FunctionName = aws_lambda_function.close.function_name
      }

      stat   = "Sum"
      period = 300
    }
  }

  metric_query {
    id = "undelivered"

    metric {
      namespace   = "AWS/Scheduler"
      metric_name = "InvocationsFailedToBeSentToDeadLetterCount"

      dimensions = {
        ScheduleGroup = "nightly-dev-scheduled-functions"
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

resource "aws_cloudwatch_metric_alarm" "close_failing" {
  alarm_name        = "nightly-dev-close-failing"
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
  alarm_name        = "nightly-dev-close-throttled"
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

resource "aws_cloudwatch_metric_alarm" "mailer_failing" {
  alarm_name        = "nightly-dev-mailer-failing"
  alarm_description = "More than 5 calls of mailer failed in five minutes. Its logs say why."
  namespace         = "AWS/Lambda"
  metric_name       = "Errors"

  dimensions = {
    FunctionName = aws_lambda_function.mailer.function_name
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

resource "aws_cloudwatch_metric_alarm" "mailer_throttled" {
  alarm_name        = "nightly-dev-mailer-throttled"
  alarm_description = "Calls of mailer are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.mailer.function_name
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
