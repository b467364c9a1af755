# Private names of the services behind the internal load balancer, and of proxies.
resource "aws_route53_zone" "internal" {
  name    = "bumart.internal"
  comment = "Private names of bumart-dev"

  vpc {
    vpc_id = aws_vpc.main.id
  }
}

resource "aws_route53_record" "internal_billing" {
  zone_id = aws_route53_zone.internal.zone_id
  name    = "billing.bumart.internal"
  type    = "A"

  alias {
    name                   = aws_lb.internal.dns_name
    zone_id                = aws_lb.internal.zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "internal_main_proxy" {
  zone_id = aws_route53_zone.internal.zone_id
  name    = "main-proxy.bumart.internal"
  type    = "A"

  alias {
    name                   = aws_lb.main_proxy.dns_name
    zone_id                = aws_lb.main_proxy.zone_id
    evaluate_target_health = false
  }
}
