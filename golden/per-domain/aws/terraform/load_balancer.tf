resource "aws_lb" "public" {
  name                       = "bumall-public"
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.internet_load_balancer.id]
  subnets                    = values(aws_subnet.public)[*].id
  drop_invalid_header_fields = true
  enable_deletion_protection = true

  access_logs {
    bucket  = aws_s3_bucket.system_access_log_bucket.bucket
    prefix  = "public"
    enabled = true
  }

  depends_on = [aws_s3_bucket_policy.system_access_log_bucket, aws_route.public_internet]
}

resource "aws_lb_listener" "public_https" {
  load_balancer_arn = aws_lb.public.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = "arn:aws:acm:ap-northeast-2:123456789012:certificate/3b5d7f9a-2c4e-4a6b-8d0f-1e2a3b4c5d6e"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.public_market_web.arn
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

resource "aws_lb" "internal" {
  name                       = "bumall-internal"
  internal                   = true
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.internal_load_balancer.id]
  subnets                    = values(aws_subnet.balancer)[*].id
  drop_invalid_header_fields = true
  enable_deletion_protection = true

  access_logs {
    bucket  = aws_s3_bucket.system_access_log_bucket.bucket
    prefix  = "internal"
    enabled = true
  }

  depends_on = [aws_s3_bucket_policy.system_access_log_bucket]
}

resource "aws_lb_target_group" "internal_kubernetes_gateway" {
  name                 = "bumall-gw-30081"
  vpc_id               = aws_vpc.main.id
  port                 = 30081
  protocol             = "HTTP"
  deregistration_delay = 60

  health_check {
    # Nodes without a pod of the gateway do not answer, and get no requests.
    port                = "30021"
    path                = "/healthz/ready"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  lifecycle {
    create_before_destroy = true
  }
}

# HTTP: no certificate is named for the private names, and the traffic stays inside the network.
resource "aws_lb_listener" "internal_8081" {
  load_balancer_arn = aws_lb.internal.arn
  port              = 8081
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.internal_pay_api.arn
  }
}

# HTTP: no certificate is named for the private names, and the traffic stays inside the network.
resource "aws_lb_listener" "internal_8082" {
  load_balancer_arn = aws_lb.internal.arn
  port              = 8082
  protocol          = "HTTP"

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "Not found"
      status_code  = "404"
    }
  }
}

resource "aws_wafv2_web_acl" "public" {
  name        = "bumall-public"
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
    metric_name                = "bumall-public"
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "public" {
  resource_arn = aws_lb.public.arn
  web_acl_arn  = aws_wafv2_web_acl.public.arn
}

# The name must start with aws-waf-logs-.
resource "aws_cloudwatch_log_group" "web_application_firewall" {
  name              = "aws-waf-logs-bumall"
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

resource "aws_autoscaling_attachment" "internal_kubernetes_gateway" {
  autoscaling_group_name = aws_eks_node_group.system_nodes_of_kubernetes.resources[0].autoscaling_groups[0].name
  lb_target_group_arn    = aws_lb_target_group.internal_kubernetes_gateway.arn

  # A new group of nodes is attached before the old one is not.
  lifecycle {
    create_before_destroy = true
  }
}
