# Who may open a connection to whom, on both ends of each; what is not listed is closed.

resource "aws_security_group" "internet_load_balancer" {
  name        = "bumall-internet-load-balancer"
  description = "Public load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-internet-load-balancer"
  }
}

resource "aws_security_group" "internal_load_balancer" {
  name        = "bumall-internal-load-balancer"
  description = "Internal load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-internal-load-balancer"
  }
}

resource "aws_security_group" "session" {
  name        = "bumall-session"
  description = "Cache session"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-session"
  }
}

resource "aws_security_group" "private_service_endpoints" {
  name        = "bumall-private-service-endpoints"
  description = "Private endpoints of AWS services"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-private-service-endpoints"
  }
}

resource "aws_vpc_security_group_ingress_rule" "internet_to_internet_load_balancer_80" {
  security_group_id = aws_security_group.internet_load_balancer.id
  description       = "internet to internet load balancer"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "internet_to_internet_load_balancer_443" {
  security_group_id = aws_security_group.internet_load_balancer.id
  description       = "internet to internet load balancer"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}
