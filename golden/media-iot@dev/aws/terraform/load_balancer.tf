resource "aws_lb" "public" {
  name                       = "mediaiot-dev-public"
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.internet_load_balancer.id]
  subnets                    = values(aws_subnet.public)[*].id
  drop_invalid_header_fields = true
  enable_deletion_protection = false

  access_logs {
    bucket  = aws_s3_bucket.system_access_log_bucket.bucket
    prefix  = "public"
    enabled = true
  }

  depends_on = [aws_s3_bucket_policy.system_access_log_bucket, aws_route.public_internet]
}

resource "aws_lb_target_group" "public_intake" {
  name                 = "mediaiot-dev-intake-e8080"
  target_type          = "ip"
  vpc_id               = aws_vpc.main.id
  port                 = 8080
  protocol             = "HTTP"
  deregistration_delay = 60

  health_check {
    path              = "/healthz"
    matcher           = "200"
    interval          = 15
    timeout           = 5
    healthy_threshold = 2
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "public_https" {
  load_balancer_arn = aws_lb.public.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = "arn:aws:acm:ap-northeast-2:123456789012:certificate/5c6d7e8f-1a2b-4c3d-9e8f-7a6b5c4d3e2f"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.public_intake.arn
  }
}

resource "aws_lb_listener" "public_redirect" {
  load_balancer_arn = aws_lb.public.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_wafv2_web_acl" "public" {
  name        = "mediaiot-dev-public"
  description = "Guards the public load balancer"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "ip-reputation"
    priority = 10

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesAmazonIpReputationList"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "ip-reputation"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "known-bad-inputs"
    priority = 20

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesKnownBadInputsRuleSet"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "known-bad-inputs"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "common"
    priority = 30

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesCommonRuleSet"

        # It blocks every body over 8 KB, and with that every upload: counted only.
        rule_action_override {
          name = "SizeRestrictions_BODY"

          action_to_use {
            count {}
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "common"
      sampled_requests_enabled   = true
    }
  }

  # Counted only: it names people behind VPNs and other clouds too. Look at its metric before it blocks.
  rule {
    name     = "anonymous-ip"
    priority = 40

    override_action {
      count {}
    }

    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesAnonymousIpList"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "anonymous-ip"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "mediaiot-dev-public"
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "public" {
  resource_arn = aws_lb.public.arn
  web_acl_arn  = aws_wafv2_web_acl.public.arn
}

# The name must start with aws-waf-logs-.
resource "aws_cloudwatch_log_group" "web_application_firewall" {
  name              = "aws-waf-logs-mediaiot-dev"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_wafv2_web_acl_logging_configuration" "public" {
  resource_arn            = aws_wafv2_web_acl.public.arn
  log_destination_configs = [aws_cloudwatch_log_group.web_application_firewall.arn]

  redacted_fields {
    single_header {
      name = "authorization"
    }
  }

  redacted_fields {
    single_header {
      name = "cookie"
    }
  }
}
