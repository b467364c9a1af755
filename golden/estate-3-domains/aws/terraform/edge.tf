# Private names of the services behind the internal load balancer, and of read replicas.
resource "aws_route53_zone" "internal" {
  name    = "buestate.internal"
  comment = "Private names of buestate"

  vpc {
    vpc_id = aws_vpc.main.id
  }
}

resource "aws_route53_record" "internal_report" {
  zone_id = aws_route53_zone.internal.zone_id
  name    = "report.buestate.internal"
  type    = "A"

  alias {
    name                   = aws_lb.internal.dns_name
    zone_id                = aws_lb.internal.zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "internal_was" {
  zone_id = aws_route53_zone.internal.zone_id
  name    = "was.buestate.internal"
  type    = "A"

  alias {
    name                   = aws_lb.internal.dns_name
    zone_id                = aws_lb.internal.zone_id
    evaluate_target_health = false
  }
}
