# Code that runs when something happens, and keeps nothing.

# Events that hot failed on, again and again.
resource "aws_sqs_queue" "hot_dead" {
  name              = "sensors-dev-hot-dead"
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue_policy" "hot_dead" {
  queue_url = aws_sqs_queue.hot_dead.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.hot_dead.arn
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
    }]
  })
}

resource "aws_cloudwatch_log_group" "hot" {
  name              = "/sensors-dev/function/hot"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "hot" {
  type             = "zip"
  source_dir       = "${path.module}/functions/hot"
  output_path      = "${path.module}/.terraform/archives/hot.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "hot" {
  function_name    = "sensors-dev-hot"
  description      = "Function hot"
  role             = aws_iam_role.hot.arn
  filename         = data.archive_file.hot.output_path
  source_code_hash = data.archive_file.hot.output_base64sha256
  runtime          = "python3.13"
  handler          = "hot.handle"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 60

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      LIMIT             = "80"
      READINGS_ENDPOINT = "https://kinesis.ap-northeast-2.amazonaws.com"
      READINGS_GROUP    = "sensors-dev-hot"
      READINGS_PROTOCOL = "kinesis"
      READINGS_STREAM   = aws_kinesis_stream.readings.name
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.hot.name
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
    security_group_ids = [aws_security_group.hot.id]
  }

  depends_on = [
    aws_iam_role_policy.hot,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.hot_to_internet_443,
    aws_vpc_security_group_egress_rule.hot_to_internet_80,
    aws_vpc_security_group_egress_rule.hot_to_private_service_endpoints_443,
  ]
}

# Events that mean failed on, again and again.
resource "aws_sqs_queue" "mean_dead" {
  name              = "sensors-dev-mean-dead"
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue_policy" "mean_dead" {
  queue_url = aws_sqs_queue.mean_dead.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.mean_dead.arn
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
    }]
  })
}

resource "aws_cloudwatch_log_group" "mean" {
  name              = "/sensors-dev/function/mean"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "mean" {
  type             = "zip"
  source_dir       = "${path.module}/functions/mean"
  output_path      = "${path.module}/.terraform/archives/mean.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "mean" {
  function_name    = "sensors-dev-mean"
  description      = "Function mean"
  role             = aws_iam_role.mean.arn
  filename         = data.archive_file.mean.output_path
  source_code_hash = data.archive_file.mean.output_base64sha256
  runtime          = "python3.13"
  handler          = "mean.handle"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 60

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      MEANS_ENDPOINT    = "https://dynamodb.ap-northeast-2.amazonaws.com"
      MEANS_PROTOCOL    = "dynamodb"
      MEANS_TABLE       = aws_dynamodb_table.means.name
      RAW_BUCKET        = aws_s3_bucket.raw.bucket
      RAW_ENDPOINT      = "https://s3.ap-northeast-2.amazonaws.com"
      RAW_REGION        = "ap-northeast-2"
      READINGS_ENDPOINT = "https://kinesis.ap-northeast-2.amazonaws.com"
      READINGS_GROUP    = "sensors-dev-mean"
      READINGS_PROTOCOL = "kinesis"
      READINGS_STREAM   = aws_kinesis_stream.readings.name
      TIMEZONE          = "Asia/Seoul"
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.mean.name
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
    security_group_ids = [aws_security_group.mean.id]
  }

  depends_on = [
    aws_iam_role_policy.mean,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.mean_to_internet_443,
    aws_vpc_security_group_egress_rule.mean_to_internet_80,
    aws_vpc_security_group_egress_rule.mean_to_private_service_endpoints_443,
    aws_vpc_security_group_egress_rule.mean_to_object_store_443,
    aws_vpc_security_group_egress_rule.mean_to_tables_443,
  ]
}
