# What starts the functions.

resource "aws_lambda_event_source_mapping" "alarm" {
  event_source_arn = aws_sqs_queue.alerts.arn
  function_name    = aws_lambda_function.alarm.arn
  batch_size       = 1

  # Messages that the function names as failed come again, without those that are done.
  function_response_types = ["ReportBatchItemFailures"]

  # No more calls than may run: one that is turned away would count as a failed attempt.
  scaling_config {
    maximum_concurrency = 20
  }

  depends_on = [aws_iam_role_policy.alarm]
}

resource "aws_lambda_event_source_mapping" "hot" {
  event_source_arn  = aws_kinesis_stream.readings.arn
  function_name     = aws_lambda_function.hot.arn
  starting_position = "LATEST"
  batch_size        = 100

  # Records before the first that the function names as failed are done.
  function_response_types = ["ReportBatchItemFailures"]

  # A batch that fails comes again in halves, until the bad record is alone.
  bisect_batch_on_function_error = true
  maximum_retry_attempts         = 2

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.hot_dead.arn
    }
  }

  depends_on = [aws_iam_role_policy.hot]
}

resource "aws_lambda_event_source_mapping" "mean" {
  event_source_arn  = aws_kinesis_stream.readings.arn
  function_name     = aws_lambda_function.mean.arn
  starting_position = "TRIM_HORIZON"
  batch_size        = 200

  # Records before the first that the function names as failed are done.
  function_response_types = ["ReportBatchItemFailures"]

  # A batch that fails comes again in halves, until the bad record is alone.
  bisect_batch_on_function_error = true
  maximum_retry_attempts         = 5

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.mean_dead.arn
    }
  }

  depends_on = [aws_iam_role_policy.mean]
}

resource "aws_lambda_event_source_mapping" "notify" {
  event_source_arn = aws_sqs_queue.notify_from_uploaded.arn
  function_name    = aws_lambda_function.notify.arn
  batch_size       = 10

  # Messages that the function names as failed come again, without those that are done.
  function_response_types = ["ReportBatchItemFailures"]

  # No more calls than may run: one that is turned away would count as a failed attempt.
  scaling_config {
    maximum_concurrency = 20
  }

  depends_on = [aws_iam_role_policy.notify]
}

resource "aws_lambda_permission" "bucket_media_to_function_summary" {
  function_name = aws_lambda_function.summary.function_name
  statement_id  = "bucket-media"
  action        = "lambda:InvokeFunction"
  principal     = "s3.amazonaws.com"
  source_arn    = aws_s3_bucket.media.arn

  # Names of buckets are free again when they are deleted.
  source_account = data.aws_caller_identity.current.account_id
}

resource "aws_s3_bucket_notification" "media" {
  bucket = aws_s3_bucket.media.id

  lambda_function {
    id                  = "summary"
    lambda_function_arn = aws_lambda_function.summary.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "uploads/"
  }

  # S3 asks each function whether it may call it.
  depends_on = [aws_lambda_permission.bucket_media_to_function_summary]
}
