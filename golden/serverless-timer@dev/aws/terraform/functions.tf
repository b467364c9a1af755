# Code that runs when something happens, and keeps nothing.

# Events that close failed on, again and again.
resource "aws_sqs_queue" "close_dead" {
  name              = "nightly-dev-close-dead"
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue_policy" "close_dead" {
  queue_url = aws_sqs_queue.close_dead.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.close_dead.arn
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
    }]
  })
}

resource "aws_cloudwatch_log_group" "close" {
  name              = "/nightly-dev/function/close"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "close" {
  type             = "zip"
  source_dir       = "${path.module}/functions/close"
  output_path      = "${path.module}/.terraform/archives/close.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "close" {
  function_name    = "nightly-dev-close"
  description      = "Function close"
  role             = aws_iam_role.close.arn
  filename         = data.archive_file.close.output_path
  source_code_hash = data.archive_file.close.output_base64sha256
  runtime          = "python3.13"
  handler          = "nightly.handle"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 600

  # At most, and kept free for it.
  reserved_concurrent_executions = 1
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      MAILS_ENDPOINT   = "https://sqs.ap-northeast-2.amazonaws.com"
      MAILS_PROTOCOL   = "sqs"
      MAILS_QUEUE      = aws_sqs_queue.mails.url
      MAIL_TO          = "accounting@example.com"
      REPORTS_BUCKET   = aws_s3_bucket.reports.bucket
      REPORTS_ENDPOINT = "https://s3.ap-northeast-2.amazonaws.com"
      REPORTS_REGION   = "ap-northeast-2"
      TIMEZONE         = "Asia/Seoul"
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.close.name
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
    security_group_ids = [aws_security_group.close.id]
  }

  depends_on = [
    aws_iam_role_policy.close,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.close_to_internet_443,
    aws_vpc_security_group_egress_rule.close_to_internet_80,
    aws_vpc_security_group_egress_rule.close_to_private_service_endpoints_443,
    aws_vpc_security_group_egress_rule.close_to_object_store_443,
  ]
}

resource "aws_lambda_function_event_invoke_config" "close" {
  function_name                = aws_lambda_function.close.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 3600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.close_dead.arn
    }
  }

  depends_on = [aws_iam_role_policy.close]
}

resource "aws_cloudwatch_log_group" "mailer" {
  name              = "/nightly-dev/function/mailer"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "mailer" {
  type             = "zip"
  source_dir       = "${path.module}/functions/mailer"
  output_path      = "${path.module}/.terraform/archives/mailer.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "mailer" {
  function_name    = "nightly-dev-mailer"
  description      = "Function mailer"
  role             = aws_iam_role.mailer.arn
  filename         = data.archive_file.mailer.output_path
  source_code_hash = data.archive_file.mailer.output_base64sha256
  runtime          = "python3.13"
  handler          = "tell.handle"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 60

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      MAIL_KEY_SECRET = aws_secretsmanager_secret.mail_key.arn
      TELL_URL        = "https://mail.example.com/v1/messages"
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.mailer.name
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
    security_group_ids = [aws_security_group.mailer.id]
  }

  depends_on = [
    aws_iam_role_policy.mailer,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.mailer_to_internet_443,
    aws_vpc_security_group_egress_rule.mailer_to_internet_80,
    aws_vpc_security_group_egress_rule.mailer_to_private_service_endpoints_443,
  ]
}
