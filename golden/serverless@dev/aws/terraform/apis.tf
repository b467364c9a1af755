# API gateways: who may call which service from outside, and how often.

resource "aws_apigatewayv2_api" "public" {
  name          = "notes-dev-public"
  description   = "API public"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_authorizer" "public" {
  api_id           = aws_apigatewayv2_api.public.id
  name             = "tokens"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = "https://login.example.com/"
    audience = ["notes"]
  }
}

resource "aws_lambda_permission" "api_public_to_function_notes" {
  function_name = aws_lambda_function.notes.function_name
  statement_id  = "api-public"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.public.execution_arn}/*/*"
}

resource "aws_apigatewayv2_integration" "public_to_notes" {
  api_id                 = aws_apigatewayv2_api.public.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_function.notes.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_apigatewayv2_route" "public" {
  for_each = {
    "GET /items/{id}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_notes.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
    "PUT /items/{id}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_notes.id}"
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
  name              = "/aws/vendedlogs/notes-dev/api/public"
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
