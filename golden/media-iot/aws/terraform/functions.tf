# Code that runs when something happens, and keeps nothing.

resource "aws_cloudwatch_log_group" "alarm" {
  name              = "/mediaiot/function/alarm"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "alarm" {
  type             = "zip"
  source_dir       = "${path.module}/functions/alarm"
  output_path      = "${path.module}/.terraform/archives/alarm.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "alarm" {
  function_name    = "mediaiot-alarm"
  description      = "Function alarm"
  role             = aws_iam_role.alarm.arn
  filename         = data.archive_file.alarm.output_path
  source_code_hash = data.archive_file.alarm.output_base64sha256
  runtime          = "python3.13"
  handler          = "tell.handle"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 60

  # At most, and kept free for it.
  reserved_concurrent_executions = 20

  logging_config {
    log_group  = aws_cloudwatch_log_group.alarm.name
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
    security_group_ids = [aws_security_group.alarm.id]
  }

  depends_on = [
    aws_iam_role_policy.alarm,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.alarm_to_internet_443,
    aws_vpc_security_group_egress_rule.alarm_to_internet_80,
    aws_vpc_security_group_egress_rule.alarm_to_private_service_endpoints_443,
  ]
}

resource "aws_cloudwatch_log_group" "archive" {
  name              = "/mediaiot/function/archive"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "archive" {
  type             = "zip"
  source_dir       = "${path.module}/functions/archive"
  output_path      = "${path.module}/.terraform/archives/archive.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "archive" {
  function_name    = "mediaiot-archive"
  description      = "Function archive"
  role             = aws_iam_role.archive.arn
  filename         = data.archive_file.archive.output_path
  source_code_hash = data.archive_file.archive.output_base64sha256
  runtime          = "python3.13"
  handler          = "days.archive"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 600

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      MEANS_ENDPOINT = "https://dynamodb.ap-northeast-2.amazonaws.com"
      MEANS_PROTOCOL = "dynamodb"
      MEANS_TABLE    = aws_dynamodb_table.means.name
      RAW_BUCKET     = aws_s3_bucket.raw.bucket
      RAW_ENDPOINT   = "https://s3.ap-northeast-2.amazonaws.com"
      RAW_REGION     = "ap-northeast-2"
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.archive.name
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
    security_group_ids = [aws_security_group.archive.id]
  }

  depends_on = [
    aws_iam_role_policy.archive,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.archive_to_internet_443,
    aws_vpc_security_group_egress_rule.archive_to_internet_80,
    aws_vpc_security_group_egress_rule.archive_to_object_store_443,
    aws_vpc_security_group_egress_rule.archive_to_tables_443,
  ]
}

resource "aws_cloudwatch_log_group" "close" {
  name              = "/mediaiot/function/close"
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
  function_name    = "mediaiot-close"
  description      = "Function close"
  role             = aws_iam_role.close.arn
  filename         = data.archive_file.close.output_path
  source_code_hash = data.archive_file.close.output_base64sha256
  runtime          = "python3.13"
  handler          = "steps.close"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 60

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      TIMEZONE = "Asia/Seoul"
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
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.close_to_internet_443,
    aws_vpc_security_group_egress_rule.close_to_internet_80,
  ]
}

# Events that hot failed on, again and again.
resource "aws_sqs_queue" "hot_dead" {
  name              = "mediaiot-hot-dead"
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
  name              = "/mediaiot/function/hot"
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
  function_name    = "mediaiot-hot"
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
      ALERTS_ENDPOINT   = "https://sqs.ap-northeast-2.amazonaws.com"
      ALERTS_PROTOCOL   = "sqs"
      ALERTS_QUEUE      = aws_sqs_queue.alerts.url
      LIMIT             = "80"
      READINGS_ENDPOINT = "https://kinesis.ap-northeast-2.amazonaws.com"
      READINGS_GROUP    = "mediaiot-hot"
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
  name              = "mediaiot-mean-dead"
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
  name              = "/mediaiot/function/mean"
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
  function_name    = "mediaiot-mean"
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
      READINGS_GROUP    = "mediaiot-mean"
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

resource "aws_cloudwatch_log_group" "means_api" {
  name              = "/mediaiot/function/means-api"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "means_api" {
  type             = "zip"
  source_dir       = "${path.module}/functions/means-api"
  output_path      = "${path.module}/.terraform/archives/means-api.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "means_api" {
  function_name    = "mediaiot-means-api"
  description      = "Function means-api"
  role             = aws_iam_role.means_api.arn
  filename         = data.archive_file.means_api.output_path
  source_code_hash = data.archive_file.means_api.output_base64sha256
  runtime          = "nodejs24.x"
  handler          = "items.handle"
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = 29

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      KEY            = "device minute:number"
      MEANS_ENDPOINT = "https://dynamodb.ap-northeast-2.amazonaws.com"
      MEANS_PROTOCOL = "dynamodb"
      MEANS_TABLE    = aws_dynamodb_table.means.name
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.means_api.name
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
    security_group_ids = [aws_security_group.means_api.id]
  }

  depends_on = [
    aws_iam_role_policy.means_api,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.means_api_to_internet_443,
    aws_vpc_security_group_egress_rule.means_api_to_internet_80,
    aws_vpc_security_group_egress_rule.means_api_to_tables_443,
  ]
}

resource "aws_cloudwatch_log_group" "notify" {
  name              = "/mediaiot/function/notify"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "notify" {
  type             = "zip"
  source_dir       = "${path.module}/functions/notify"
  output_path      = "${path.module}/.terraform/archives/notify.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "notify" {
  function_name    = "mediaiot-notify"
  description      = "Function notify"
  role             = aws_iam_role.notify.arn
  filename         = data.archive_file.notify.output_path
  source_code_hash = data.archive_file.notify.output_base64sha256
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
      PUSH_KEY_SECRET = aws_secretsmanager_secret.push_key.arn
      TELL_URL        = "https://push.example.com/v1/messages"
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.notify.name
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
    security_group_ids = [aws_security_group.notify.id]
  }

  depends_on = [
    aws_iam_role_policy.notify,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.notify_to_internet_443,
    aws_vpc_security_group_egress_rule.notify_to_internet_80,
    aws_vpc_security_group_egress_rule.notify_to_private_service_endpoints_443,
  ]
}

resource "aws_cloudwatch_log_group" "pictures_api" {
  name              = "/mediaiot/function/pictures-api"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "pictures_api" {
  type             = "zip"
  source_dir       = "${path.module}/functions/pictures-api"
  output_path      = "${path.module}/.terraform/archives/pictures-api.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "pictures_api" {
  function_name    = "mediaiot-pictures-api"
  description      = "Function pictures-api"
  role             = aws_iam_role.pictures_api.arn
  filename         = data.archive_file.pictures_api.output_path
  source_code_hash = data.archive_file.pictures_api.output_base64sha256
  runtime          = "nodejs24.x"
  handler          = "items.handle"
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = 29

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  publish                        = true
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      KEY               = "owner key"
      PICTURES_ENDPOINT = "https://dynamodb.ap-northeast-2.amazonaws.com"
      PICTURES_PROTOCOL = "dynamodb"
      PICTURES_TABLE    = aws_dynamodb_table.pictures.name
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.pictures_api.name
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
    security_group_ids = [aws_security_group.pictures_api.id]
  }

  depends_on = [
    aws_iam_role_policy.pictures_api,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.pictures_api_to_internet_443,
    aws_vpc_security_group_egress_rule.pictures_api_to_internet_80,
    aws_vpc_security_group_egress_rule.pictures_api_to_tables_443,
  ]
}

# Instances are kept warm for an alias: everybody calls it.
resource "aws_lambda_alias" "pictures_api" {
  name             = "live"
  description      = "The current version"
  function_name    = aws_lambda_function.pictures_api.function_name
  function_version = aws_lambda_function.pictures_api.version
}

resource "aws_lambda_provisioned_concurrency_config" "pictures_api" {
  function_name                     = aws_lambda_function.pictures_api.function_name
  qualifier                         = aws_lambda_alias.pictures_api.name
  provisioned_concurrent_executions = 1
}

resource "aws_cloudwatch_log_group" "report" {
  name              = "/mediaiot/function/report"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "report" {
  type             = "zip"
  source_dir       = "${path.module}/functions/report"
  output_path      = "${path.module}/.terraform/archives/report.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "report" {
  function_name    = "mediaiot-report"
  description      = "Function report"
  role             = aws_iam_role.report.arn
  filename         = data.archive_file.report.output_path
  source_code_hash = data.archive_file.report.output_base64sha256
  runtime          = "python3.13"
  handler          = "steps.report"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 60

  # At most, and kept free for it.
  reserved_concurrent_executions = 20

  logging_config {
    log_group  = aws_cloudwatch_log_group.report.name
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
    security_group_ids = [aws_security_group.report.id]
  }

  depends_on = [
    aws_iam_role_policy.report,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.report_to_internet_443,
    aws_vpc_security_group_egress_rule.report_to_internet_80,
  ]
}

resource "aws_cloudwatch_log_group" "rollup" {
  name              = "/mediaiot/function/rollup"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "rollup" {
  type             = "zip"
  source_dir       = "${path.module}/functions/rollup"
  output_path      = "${path.module}/.terraform/archives/rollup.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "rollup" {
  function_name    = "mediaiot-rollup"
  description      = "Function rollup"
  role             = aws_iam_role.rollup.arn
  filename         = data.archive_file.rollup.output_path
  source_code_hash = data.archive_file.rollup.output_base64sha256
  runtime          = "python3.13"
  handler          = "days.rollup"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 600

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      FACTS_DATABASE = "facts"
      FACTS_ENDPOINT = "https://redshift-data.ap-northeast-2.amazonaws.com"
      FACTS_PROTOCOL = "redshift-data"
      FACTS_SERVER   = "mediaiot-facts"
      TIMEZONE       = "Asia/Seoul"
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.rollup.name
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
    security_group_ids = [aws_security_group.rollup.id]
  }

  depends_on = [
    aws_iam_role_policy.rollup,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.rollup_to_internet_443,
    aws_vpc_security_group_egress_rule.rollup_to_internet_80,
    aws_vpc_security_group_egress_rule.rollup_to_private_service_endpoints_443,
  ]
}

# Events that summary failed on, again and again.
resource "aws_sqs_queue" "summary_dead" {
  name              = "mediaiot-summary-dead"
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
  name              = "/mediaiot/function/summary"
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
  function_name    = "mediaiot-summary"
  description      = "Function summary"
  role             = aws_iam_role.summary.arn
  filename         = data.archive_file.summary.output_path
  source_code_hash = data.archive_file.summary.output_base64sha256
  runtime          = "python3.13"
  handler          = "summary.handle"
  architectures    = ["arm64"]
  memory_size      = 1024
  timeout          = 120

  # At most, and kept free for it.
  reserved_concurrent_executions = 20
  kms_key_arn                    = aws_kms_key.data.arn

  environment {
    variables = {
      MEDIA_BUCKET      = aws_s3_bucket.media.bucket
      MEDIA_ENDPOINT    = "https://s3.ap-northeast-2.amazonaws.com"
      MEDIA_REGION      = "ap-northeast-2"
      PICTURES_ENDPOINT = "https://dynamodb.ap-northeast-2.amazonaws.com"
      PICTURES_PROTOCOL = "dynamodb"
      PICTURES_TABLE    = aws_dynamodb_table.pictures.name
      UPLOADED_ENDPOINT = "https://sns.ap-northeast-2.amazonaws.com"
      UPLOADED_PROTOCOL = "sns"
      UPLOADED_TOPIC    = aws_sns_topic.uploaded.arn
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
    aws_sns_topic_subscription.notify_from_uploaded,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.summary_to_internet_443,
    aws_vpc_security_group_egress_rule.summary_to_internet_80,
    aws_vpc_security_group_egress_rule.summary_to_private_service_endpoints_443,
    aws_vpc_security_group_egress_rule.summary_to_object_store_443,
    aws_vpc_security_group_egress_rule.summary_to_tables_443,
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
