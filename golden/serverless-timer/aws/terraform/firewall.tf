# Who may open a connection to whom, on both ends of each; what is not listed is closed.

resource "aws_security_group" "close" {
  name        = "nightly-close"
  description = "Service close"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "nightly-close"
  }

  depends_on = [aws_iam_role_policy.close]
}

resource "aws_security_group" "mailer" {
  name        = "nightly-mailer"
  description = "Service mailer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "nightly-mailer"
  }

  depends_on = [aws_iam_role_policy.mailer]
}

resource "aws_security_group" "private_service_endpoints" {
  name        = "nightly-private-service-endpoints"
  description = "Private endpoints of AWS services"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "nightly-private-service-endpoints"
  }
}

resource "aws_vpc_security_group_egress_rule" "close_to_internet_443" {
  security_group_id = aws_security_group.close.id
  description       = "close to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "close_to_internet_80" {
  security_group_id = aws_security_group.close.id
  description       = "close to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "mailer_to_internet_443" {
  security_group_id = aws_security_group.mailer.id
  description       = "mailer to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "mailer_to_internet_80" {
  security_group_id = aws_security_group.mailer.id
  description       = "mailer to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "close_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.close.id
  description                  = "close to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "close_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "close to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.close.id
}

resource "aws_vpc_security_group_egress_rule" "mailer_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.mailer.id
  description                  = "mailer to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "mailer_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "mailer to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.mailer.id
}

resource "aws_vpc_security_group_egress_rule" "close_to_object_store_443" {
  security_group_id = aws_security_group.close.id
  description       = "close to the object store over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}
