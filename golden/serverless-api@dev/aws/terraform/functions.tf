# Code that runs when something happens, and keeps nothing.

resource "aws_cloudwatch_log_group" "items" {
  name              = "/catalog-dev/function/items"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "items" {
  type             = "zip"
  source_dir       = "${path.module}/functions/items"
  output_path      = "${path.module}/.terraform/archives/items.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "items" {
  function_name    = "catalog-dev-items"
  description      = "Function items"
  role             = aws_iam_role.items.arn
  filename         = data.archive_file.items.output_path
  source_code_hash = data.archive_file.items.output_base64sha256
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
      KEY               = "id"
      PRODUCTS_ENDPOINT = "https://dynamodb.ap-northeast-2.amazonaws.com"
      PRODUCTS_PROTOCOL = "dynamodb"
      PRODUCTS_TABLE    = aws_dynamodb_table.products.name
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.items.name
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
    security_group_ids = [aws_security_group.items.id]
  }

  depends_on = [
    aws_iam_role_policy.items,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_security_group_egress_rule.items_to_internet_443,
    aws_vpc_security_group_egress_rule.items_to_internet_80,
    aws_vpc_security_group_egress_rule.items_to_tables_443,
  ]
}

resource "aws_cloudwatch_log_group" "reviews" {
  name              = "/catalog-dev/function/reviews"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

data "archive_file" "reviews" {
  type             = "zip"
  source_dir       = "${path.module}/functions/reviews"
  output_path      = "${path.module}/.terraform/archives/reviews.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "reviews" {
  function_name    = "catalog-dev-reviews"
  description      = "Function reviews"
  role             = aws_iam_role.reviews.arn
  filename         = data.archive_file.reviews.output_path
  source_code_hash = data.archive_file.reviews.output_base64sha256
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
      KEY               = "product written:number"
      OPINIONS_ENDPOINT = "https://dynamodb.ap-northeast-2.amazonaws.com"
      OPINIONS_PROTOCOL = "dynamodb"
      OPINIONS_TABLE    = aws_dynamodb_table.opinions.name
    }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.reviews.name
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
    security_group_ids = [aws_security_group.reviews.id]
  }

  depends_on = [
    aws_iam_role_policy.reviews,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_security_group_egress_rule.reviews_to_internet_443,
    aws_vpc_security_group_egress_rule.reviews_to_internet_80,
    aws_vpc_security_group_egress_rule.reviews_to_tables_443,
  ]
}
