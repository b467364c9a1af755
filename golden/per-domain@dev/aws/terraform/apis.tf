# API gateways: who may call which service from outside, and how often.

resource "aws_apigatewayv2_vpc_link" "public" {
  name               = "bumall-dev-public"
  subnet_ids         = values(aws_subnet.application)[*].id
  security_group_ids = [aws_security_group.public.id]
}

resource "aws_apigatewayv2_api" "public" {
  name                         = "bumall-dev-public"
  description                  = "API public"
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = true

  cors_configuration {
    allow_origins     = ["https://mall.example.com"]
    allow_methods     = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
    allow_headers     = ["authorization", "content-type"]
    allow_credentials = true
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
    audience = ["mall"]
  }
}

# No route for ANY: the gateway answers OPTIONS, which browsers ask beforehand without a token, where no route takes it.
resource "aws_apigatewayv2_route" "public" {
  for_each = {
    "DELETE /shipments/{proxy+}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_ship_api.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
    "GET /shipments/{proxy+}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_ship_api.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
    "HEAD /shipments/{proxy+}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_ship_api.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
    "PATCH /shipments/{proxy+}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_ship_api.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
    "POST /shipments/{proxy+}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_ship_api.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
    "PUT /shipments/{proxy+}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_ship_api.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
    "GET /pay/health" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_pay_api.id}"
      authorization = "NONE"
      authorizer    = null
    }
    "GET /pay/{id}" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_pay_api.id}"
      authorization = "JWT"
      authorizer    = aws_apigatewayv2_authorizer.public.id
    }
    "POST /pay" = {
      target        = "integrations/${aws_apigatewayv2_integration.public_to_pay_api.id}"
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
  name              = "/aws/vendedlogs/bumall-dev/api/public"
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
    throttling_rate_limit    = 200
    throttling_burst_limit   = 400
    detailed_metrics_enabled = true
  }

  route_settings {
    route_key                = "POST /pay"
    throttling_rate_limit    = 20
    throttling_burst_limit   = 40
    detailed_metrics_enabled = true
  }

  depends_on = [aws_apigatewayv2_route.public]
}

resource "aws_apigatewayv2_domain_name" "public" {
  domain_name = "api.dev.mall.example.com"

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
  name    = "api.dev.mall.example.com"
  type    = "A"

  alias {
    name                   = aws_apigatewayv2_domain_name.public.domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.public.domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = false
  }
}
