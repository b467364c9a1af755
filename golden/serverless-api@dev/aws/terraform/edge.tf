resource "aws_acm_certificate" "public" {
  domain_name       = "api.example.com"
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

# Proves that the domain is ours.
resource "aws_route53_record" "certificate_validation" {
  zone_id         = "Z0123456789ABCDEFGHIJ"
  name            = tolist(aws_acm_certificate.public.domain_validation_options)[0].resource_record_name
  type            = "CNAME"
  records         = [tolist(aws_acm_certificate.public.domain_validation_options)[0].resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

# Waits until the certificate is issued.
resource "aws_acm_certificate_validation" "public" {
  certificate_arn         = aws_acm_certificate.public.arn
  validation_record_fqdns = [aws_route53_record.certificate_validation.fqdn]
}
