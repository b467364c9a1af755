# Who may open a connection to whom, on both ends of each; what is not listed is closed.

resource "aws_security_group" "internet_load_balancer" {
  name        = "bushop-internet-load-balancer"
  description = "Public load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bushop-internet-load-balancer"
  }
}

resource "aws_security_group" "catalog" {
  name        = "bushop-catalog"
  description = "Service catalog"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bushop-catalog"
  }
}

resource "aws_security_group" "checkout" {
  name        = "bushop-checkout"
  description = "Service checkout"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bushop-checkout"
  }
}

resource "aws_security_group" "main" {
  name        = "bushop-main"
  description = "Database main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bushop-main"
  }
}

resource "aws_security_group" "main_read" {
  name        = "bushop-main-read"
  description = "Read replicas of main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bushop-main-read"
  }
}

resource "aws_security_group" "private_service_endpoints" {
  name        = "bushop-private-service-endpoints"
  description = "Private endpoints of AWS services"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bushop-private-service-endpoints"
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

resource "aws_vpc_security_group_egress_rule" "internet_load_balancer_to_catalog_8080" {
  security_group_id            = aws_security_group.internet_load_balancer.id
  description                  = "internet load balancer to catalog"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.catalog.id
}

resource "aws_vpc_security_group_ingress_rule" "internet_load_balancer_to_catalog_8080" {
  security_group_id            = aws_security_group.catalog.id
  description                  = "internet load balancer to catalog"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.internet_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "catalog_to_main_read_5432" {
  security_group_id            = aws_security_group.catalog.id
  description                  = "catalog to main-read"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.main_read.id
}

resource "aws_vpc_security_group_ingress_rule" "catalog_to_main_read_5432" {
  security_group_id            = aws_security_group.main_read.id
  description                  = "catalog to main-read"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.catalog.id
}

resource "aws_vpc_security_group_egress_rule" "catalog_to_internet_443" {
  security_group_id = aws_security_group.catalog.id
  description       = "catalog to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "catalog_to_internet_80" {
  security_group_id = aws_security_group.catalog.id
  description       = "catalog to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "internet_load_balancer_to_checkout_8081" {
  security_group_id            = aws_security_group.internet_load_balancer.id
  description                  = "internet load balancer to checkout"
  ip_protocol                  = "tcp"
  from_port                    = 8081
  to_port                      = 8081
  referenced_security_group_id = aws_security_group.checkout.id
}

resource "aws_vpc_security_group_ingress_rule" "internet_load_balancer_to_checkout_8081" {
  security_group_id            = aws_security_group.checkout.id
  description                  = "internet load balancer to checkout"
  ip_protocol                  = "tcp"
  from_port                    = 8081
  to_port                      = 8081
  referenced_security_group_id = aws_security_group.internet_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "checkout_to_main_5432" {
  security_group_id            = aws_security_group.checkout.id
  description                  = "checkout to main"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.main.id
}

resource "aws_vpc_security_group_ingress_rule" "checkout_to_main_5432" {
  security_group_id            = aws_security_group.main.id
  description                  = "checkout to main"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.checkout.id
}

resource "aws_vpc_security_group_egress_rule" "checkout_to_main_read_5432" {
  security_group_id            = aws_security_group.checkout.id
  description                  = "checkout to main-read"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.main_read.id
}

resource "aws_vpc_security_group_ingress_rule" "checkout_to_main_read_5432" {
  security_group_id            = aws_security_group.main_read.id
  description                  = "checkout to main-read"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.checkout.id
}

resource "aws_vpc_security_group_egress_rule" "checkout_to_internet_443" {
  security_group_id = aws_security_group.checkout.id
  description       = "checkout to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "checkout_to_internet_80" {
  security_group_id = aws_security_group.checkout.id
  description       = "checkout to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "catalog_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.catalog.id
  description                  = "catalog to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "catalog_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "catalog to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.catalog.id
}

resource "aws_vpc_security_group_egress_rule" "checkout_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.checkout.id
  description                  = "checkout to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "checkout_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "checkout to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.checkout.id
}
