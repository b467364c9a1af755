# Code that runs when something happens, and keeps nothing.

resource "aws_cloudwatch_log_group" "notes" {
  name              = "/notes/function/notes"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "notes" {
  type             = "zip"
  source_dir       = "${path.module}/functions/notes"
  output_path      = "${path.module}/.terraform/archives/notes.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "notes" {
  function_name    = "notes-notes"
  description      = "Function notes"
  role             = aws_iam_role.notes.arn
  filename         = data.archive_file.notes.output_path
  source_code_hash = data.archive_file.notes.output_base64sha256
  runtime          = "nodejs24.x"
  handler          = "items.handle"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 29

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      KEY               = "id"
      PRODUCTS_ENDPOINT = "https://dynamodb.ap-northeast-2.amazonaws.com"
      PRODUCTS_PROTOCOL = "dynamodb"
      PRODUCTS_TABLE    = aws_dynamodb_table.products.name
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.notes.name
    log_format = "JSON"

    # Both levels are said: without them every plan of a version that is published shows a change.
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  tracing_config {
    mode = "Active"
  }

  vpc_config {
    subnet_ids         = values(aws_subnet.application)[*].id
    security_group_ids = [aws_security_group.notes.id]
  }

  depends_on = [
    aws_iam_role_policy.notes,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_security_group_egress_rule.notes_to_internet_443,
    aws_vpc_security_group_egress_rule.notes_to_internet_80,
    aws_vpc_security_group_egress_rule.notes_to_tables_443,
  ]
}

# Events that summary failed on, again and again.
resource "aws_sqs_queue" "summary_dead" {
  name              = "notes-summary-dead"
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue_policy" "summary_dead" {
  queue_url = aws_sqs_queue.summary_dead.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.summary_dead.arn
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
    }]
  })
}

resource "aws_cloudwatch_log_group" "summary" {
  name              = "/notes/function/summary"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "summary" {
  type             = "zip"
  source_dir       = "${path.module}/functions/summary"
  output_path      = "${path.module}/.terraform/archives/summary.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "summary" {
  function_name    = "notes-summary"
  description      = "Function summary"
  role             = aws_iam_role.summary.arn
  filename         = data.archive_file.summary.output_path
  source_code_hash = data.archive_file.summary.output_base64sha256
  runtime          = "python3.13"
  handler          = "summary.handle"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 60

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      MEDIA_BUCKET   = aws_s3_bucket.media.bucket
      MEDIA_ENDPOINT = "https://s3.ap-northeast-2.amazonaws.com"
      MEDIA_REGION   = "ap-northeast-2"
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.summary.name
    log_format = "JSON"

    # Both levels are said: without them every plan of a version that is published shows a change.
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  tracing_config {
    mode = "Active"
  }

  vpc_config {
    subnet_ids         = values(aws_subnet.application)[*].id
    security_group_ids = [aws_security_group.summary.id]
  }

  depends_on = [
    aws_iam_role_policy.summary,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_security_group_egress_rule.summary_to_internet_443,
    aws_vpc_security_group_egress_rule.summary_to_internet_80,
    aws_vpc_security_group_egress_rule.summary_to_object_store_443,
  ]
}

resource "aws_lambda_function_event_invoke_config" "summary" {
  function_name                = aws_lambda_function.summary.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 3600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.summary_dead.arn
    }
  }

  depends_on = [aws_iam_role_policy.summary]
}
