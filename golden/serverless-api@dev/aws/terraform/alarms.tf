# What is watched, and who is told.

resource "aws_sns_topic" "alarms" {
  name              = "catalog-dev-alarms"
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
          "aws:SourceArn" = "arn:aws:cloudwatch:ap-northeast-2:${data.aws_caller_identity.current.account_id}:alarm:catalog-dev-*"
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
  for_each  = toset(["shop@example.com"])
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_metric_alarm" "items_failing" {
  alarm_name        = "catalog-dev-items-failing"
  alarm_description = "More than 5 % of the calls of items failed for a quarter of an hour. Its logs say why."

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
        FunctionName = aws_lambda_function.items.function_name
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
        FunctionName = aws_lambda_function.items.function_name
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

resource "aws_cloudwatch_metric_alarm" "items_throttled" {
  alarm_name        = "catalog-dev-items-throttled"
  alarm_description = "Calls of items are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.items.function_name
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

resource "aws_cloudwatch_metric_alarm" "reviews_failing" {
  alarm_name        = "catalog-dev-reviews-failing"
  alarm_description = "More than 5 % of the calls of reviews failed for a quarter of an hour. Its logs say why."

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
        FunctionName = aws_lambda_function.reviews.function_name
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
        FunctionName = aws_lambda_function.reviews.function_name
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

resource "aws_cloudwatch_metric_alarm" "reviews_throttled" {
  alarm_name        = "catalog-dev-reviews-throttled"
  alarm_description = "Calls of reviews are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
  namespace         = "AWS/Lambda"
  metric_name       = "Throttles"

  dimensions = {
    FunctionName = aws_lambda_function.reviews.function_name
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

resource "aws_cloudwatch_metric_alarm" "public_failing" {
  alarm_name        = "catalog-dev-public-failing"
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
