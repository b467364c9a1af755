# API gateways: who may call which service from outside, and how often.

resource "aws_apigatewayv2_api" "public" {
  name                         = "mediaiot-public"
  description                  = "API public"
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = true

  cors_configuration {
    allow_origins     = ["https://app.example.com"]
    allow_methods     = ["GET", "PUT"]
    allow_headers     = ["authorization", "content-type"]
    allow_credentials = false
    max_age           = 600
  }
}

resource "aws_apigatewayv2_authorizer" "public" {
  api_id           = aws_apigatewayv2_api.public.id
  name             = "tokens"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = "https://login.example.com/"
    audience = ["mediaiot"]
  }
}

resource "aws_lambda_permission" "api_public_to_function_means_api" {
  function_name = aws_lambda_function.means_api.function_name
  statement_id  = "api-public"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.public.execution_arn}/*/*"
}

resource "aws_apigatewayv2_integration" "public_to_means_api" {
  api_id                 = aws_apigatewayv2_api.public.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_function.means_api.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_lambda_permission" "api_public_to_function_pictures_api" {
  function_name = aws_lambda_function.pictures_api.function_name
  qualifier     = aws_lambda_alias.pictures_api.name
  statement_id  = "api-public"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.public.execution_arn}/*/*"
}

resource "aws_apigatewayv2_integration" "public_to_pictures_api" {
  api_id                 = aws_apigatewayv2_api.public.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_alias.pictures_api.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_apigatewayv2_route" "public" {
  for_each = {
    "GET /means/{device}/{minute}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_means_api.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
    "GET /pictures/{owner}/{key}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_pictures_api.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
    "PUT /pictures/{owner}/{key}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_pictures_api.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
  }

  api_id             = aws_apigatewayv2_api.public.id
  route_key          = each.key
  target             = each.value.target
  authorization_type = each.value.authorization
  authorizer_id      = each.value.authorizer
}

# Under this prefix the account's one policy of log deliveries does not grow with every log group.
resource "aws_cloudwatch_log_group" "public" {
  name              = "/aws/vendedlogs/mediaiot/api/public"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_apigatewayv2_stage" "public" {
  api_id      = aws_apigatewayv2_api.public.id
  name        = "$default"
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.public.arn

    format = jsonencode({
      error            = "$context.error.message"
      integrationError = "$context.integrationErrorMessage"
      ip               = "$context.identity.sourceIp"
      latency          = "$context.responseLatency"
      requestId        = "$context.requestId"
      requestTime      = "$context.requestTime"
      responseLength   = "$context.responseLength"
      routeKey         = "$context.routeKey"
      status           = "$context.status"
    })
  }

  default_route_settings {
    throttling_rate_limit    = 100
    throttling_burst_limit   = 200
    detailed_metrics_enabled = true
  }

  depends_on = [aws_apigatewayv2_route.public]
}

resource "aws_apigatewayv2_domain_name" "public" {
  domain_name = "api.example.com"

  domain_name_configuration {
    certificate_arn = aws_acm_certificate_validation.public.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "public" {
  api_id      = aws_apigatewayv2_api.public.id
  domain_name = aws_apigatewayv2_domain_name.public.id
  stage       = aws_apigatewayv2_stage.public.id
}

resource "aws_route53_record" "public" {
  zone_id = "Z0123456789ABCDEFGHIJ"
  name    = "api.example.com"
  type    = "A"

  alias {
    name                   = aws_apigatewayv2_domain_name.public.domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.public.domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = false
  }
}
