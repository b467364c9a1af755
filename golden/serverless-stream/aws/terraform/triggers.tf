# What starts the functions.

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
