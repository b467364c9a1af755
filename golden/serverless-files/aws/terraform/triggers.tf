# What starts the functions.

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
    filter_suffix       = ".txt"
  }

  # S3 asks each function whether it may call it.
  depends_on = [aws_lambda_permission.bucket_media_to_function_summary]
}
