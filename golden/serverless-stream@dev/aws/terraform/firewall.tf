# Who may open a connection to whom, on both ends of each; what is not listed is closed.

resource "aws_security_group" "internet_load_balancer" {
  name        = "sensors-dev-internet-load-balancer"
  description = "Public load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "sensors-dev-internet-load-balancer"
  }
}

resource "aws_security_group" "intake" {
  name        = "sensors-dev-intake"
  description = "Service intake"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "sensors-dev-intake"
  }
}

resource "aws_security_group" "hot" {
  name        = "sensors-dev-hot"
  description = "Service hot"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "sensors-dev-hot"
  }

  depends_on = [aws_iam_role_policy.hot]
}

resource "aws_security_group" "mean" {
  name        = "sensors-dev-mean"
  description = "Service mean"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "sensors-dev-mean"
  }

  depends_on = [aws_iam_role_policy.mean]
}

resource "aws_security_group" "private_service_endpoints" {
  name        = "sensors-dev-private-service-endpoints"
  description = "Private endpoints of AWS services"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "sensors-dev-private-service-endpoints"
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

resource "aws_vpc_security_group_egress_rule" "internet_load_balancer_to_intake_8080" {
  security_group_id            = aws_security_group.internet_load_balancer.id
  description                  = "internet load balancer to intake"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.intake.id
}

resource "aws_vpc_security_group_ingress_rule" "internet_load_balancer_to_intake_8080" {
  security_group_id            = aws_security_group.intake.id
  description                  = "internet load balancer to intake"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.internet_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "intake_to_internet_443" {
  security_group_id = aws_security_group.intake.id
  description       = "intake to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "intake_to_internet_80" {
  security_group_id = aws_security_group.intake.id
  description       = "intake to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "hot_to_internet_443" {
  security_group_id = aws_security_group.hot.id
  description       = "hot to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "hot_to_internet_80" {
  security_group_id = aws_security_group.hot.id
  description       = "hot to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "mean_to_internet_443" {
  security_group_id = aws_security_group.mean.id
  description       = "mean to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "mean_to_internet_80" {
  security_group_id = aws_security_group.mean.id
  description       = "mean to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "intake_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.intake.id
  description                  = "intake to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "intake_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "intake to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.intake.id
}

resource "aws_vpc_security_group_egress_rule" "hot_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.hot.id
  description                  = "hot to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "hot_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "hot to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.hot.id
}

resource "aws_vpc_security_group_egress_rule" "mean_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.mean.id
  description                  = "mean to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "mean_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "mean to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.mean.id
}

resource "aws_vpc_security_group_egress_rule" "mean_to_object_store_443" {
  security_group_id = aws_security_group.mean.id
  description       = "mean to the object store over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "mean_to_tables_443" {
  security_group_id = aws_security_group.mean.id
  description       = "mean to the tables over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.dynamodb.prefix_list_id
}
