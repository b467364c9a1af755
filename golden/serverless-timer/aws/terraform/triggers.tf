# What starts the functions.

# Scheduler counts by group what it could not deliver.
resource "aws_scheduler_schedule_group" "scheduled_functions_of_system" {
  name = "nightly-scheduled-functions"
}

resource "aws_scheduler_schedule" "close" {
  name                         = "nightly-close"
  group_name                   = aws_scheduler_schedule_group.scheduled_functions_of_system.name
  description                  = "Starts the function close"
  schedule_expression          = "cron(30 0 * * ? *)"
  schedule_expression_timezone = "Asia/Seoul"
  kms_key_arn                  = aws_kms_key.data.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.close.arn
    role_arn = aws_iam_role.close_scheduled_invocations.arn

    # Scheduler fills in both words.
    input = "{\"id\":\"<aws.scheduler.execution-id>\",\"time\":\"<aws.scheduler.scheduled-time>\"}"

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 2
    }

    dead_letter_config {
      arn = aws_sqs_queue.close_dead.arn
    }
  }

  depends_on = [aws_iam_role_policy.close_scheduled_invocations]
}

resource "aws_lambda_event_source_mapping" "mailer" {
  event_source_arn = aws_sqs_queue.mails.arn
  function_name    = aws_lambda_function.mailer.arn
  batch_size       = 5

  # Messages that the function names as failed come again, without those that are done.
  function_response_types = ["ReportBatchItemFailures"]

  # No more calls than may run: one that is turned away would count as a failed attempt.
  scaling_config {
    maximum_concurrency = 20
  }

  depends_on = [aws_iam_role_policy.mailer]
}
