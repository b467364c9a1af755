# Who may open a connection to whom, on both ends of each; what is not listed is closed.

resource "aws_security_group" "internet_load_balancer" {
  name        = "buestate-internet-load-balancer"
  description = "Public load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-internet-load-balancer"
  }
}

resource "aws_security_group" "internal_load_balancer" {
  name        = "buestate-internal-load-balancer"
  description = "Internal load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-internal-load-balancer"
  }
}

resource "aws_security_group" "report" {
  name        = "buestate-report"
  description = "Service report"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-report"
  }
}

resource "aws_security_group" "was" {
  name        = "buestate-was"
  description = "Service was"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-was"
  }
}

resource "aws_security_group" "web" {
  name        = "buestate-web"
  description = "Service web"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-web"
  }
}

resource "aws_security_group" "main" {
  name        = "buestate-main"
  description = "Database main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-main"
  }
}

resource "aws_security_group" "main_read" {
  name        = "buestate-main-read"
  description = "Read replicas of main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-main-read"
  }
}

resource "aws_security_group" "private_service_endpoints" {
  name        = "buestate-private-service-endpoints"
  description = "Private endpoints of AWS services"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "buestate-private-service-endpoints"
  }
}

resource "aws_vpc_security_group_egress_rule" "report_to_main_read_3306" {
  security_group_id            = aws_security_group.report.id
  description                  = "report to main-read"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.main_read.id
}

resource "aws_vpc_security_group_ingress_rule" "report_to_main_read_3306" {
  security_group_id            = aws_security_group.main_read.id
  description                  = "report to main-read"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.report.id
}

resource "aws_vpc_security_group_egress_rule" "report_to_internet_443" {
  security_group_id = aws_security_group.report.id
  description       = "report to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "report_to_internet_80" {
  security_group_id = aws_security_group.report.id
  description       = "report to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "was_to_internal_load_balancer_8010" {
  security_group_id            = aws_security_group.was.id
  description                  = "was to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8010
  to_port                      = 8010
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "was_to_internal_load_balancer_8010" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "was to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8010
  to_port                      = 8010
  referenced_security_group_id = aws_security_group.was.id
}

resource "aws_vpc_security_group_egress_rule" "was_to_main_3306" {
  security_group_id            = aws_security_group.was.id
  description                  = "was to main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.main.id
}

resource "aws_vpc_security_group_ingress_rule" "was_to_main_3306" {
  security_group_id            = aws_security_group.main.id
  description                  = "was to main"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.was.id
}

resource "aws_vpc_security_group_egress_rule" "was_to_main_read_3306" {
  security_group_id            = aws_security_group.was.id
  description                  = "was to main-read"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.main_read.id
}

resource "aws_vpc_security_group_ingress_rule" "was_to_main_read_3306" {
  security_group_id            = aws_security_group.main_read.id
  description                  = "was to main-read"
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
  referenced_security_group_id = aws_security_group.was.id
}

resource "aws_vpc_security_group_egress_rule" "was_to_internet_443" {
  security_group_id = aws_security_group.was.id
  description       = "was to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "was_to_internet_80" {
  security_group_id = aws_security_group.was.id
  description       = "was to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
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

resource "aws_vpc_security_group_egress_rule" "internet_load_balancer_to_web_8080" {
  security_group_id            = aws_security_group.internet_load_balancer.id
  description                  = "internet load balancer to web"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.web.id
}

resource "aws_vpc_security_group_ingress_rule" "internet_load_balancer_to_web_8080" {
  security_group_id            = aws_security_group.web.id
  description                  = "internet load balancer to web"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.internet_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "web_to_internal_load_balancer_8001" {
  security_group_id            = aws_security_group.web.id
  description                  = "web to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8001
  to_port                      = 8001
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "web_to_internal_load_balancer_8001" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "web to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8001
  to_port                      = 8001
  referenced_security_group_id = aws_security_group.web.id
}

resource "aws_vpc_security_group_egress_rule" "internal_load_balancer_to_report_8001" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "internal load balancer to report"
  ip_protocol                  = "tcp"
  from_port                    = 8001
  to_port                      = 8001
  referenced_security_group_id = aws_security_group.report.id
}

resource "aws_vpc_security_group_ingress_rule" "internal_load_balancer_to_report_8001" {
  security_group_id            = aws_security_group.report.id
  description                  = "internal load balancer to report"
  ip_protocol                  = "tcp"
  from_port                    = 8001
  to_port                      = 8001
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "web_to_internal_load_balancer_8000" {
  security_group_id            = aws_security_group.web.id
  description                  = "web to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "web_to_internal_load_balancer_8000" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "web to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
  referenced_security_group_id = aws_security_group.web.id
}

resource "aws_vpc_security_group_egress_rule" "internal_load_balancer_to_was_8000" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "internal load balancer to was"
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
  referenced_security_group_id = aws_security_group.was.id
}

resource "aws_vpc_security_group_ingress_rule" "internal_load_balancer_to_was_8000" {
  security_group_id            = aws_security_group.was.id
  description                  = "internal load balancer to was"
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "web_to_internal_load_balancer_8010" {
  security_group_id            = aws_security_group.web.id
  description                  = "web to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8010
  to_port                      = 8010
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "web_to_internal_load_balancer_8010" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "web to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8010
  to_port                      = 8010
  referenced_security_group_id = aws_security_group.web.id
}

resource "aws_vpc_security_group_egress_rule" "web_to_internal_load_balancer_8020" {
  security_group_id            = aws_security_group.web.id
  description                  = "web to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8020
  to_port                      = 8020
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "web_to_internal_load_balancer_8020" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "web to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8020
  to_port                      = 8020
  referenced_security_group_id = aws_security_group.web.id
}

resource "aws_vpc_security_group_egress_rule" "web_to_internet_443" {
  security_group_id = aws_security_group.web.id
  description       = "web to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "web_to_internet_80" {
  security_group_id = aws_security_group.web.id
  description       = "web to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "report_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.report.id
  description                  = "report to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "report_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "report to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.report.id
}

resource "aws_vpc_security_group_egress_rule" "was_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.was.id
  description                  = "was to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "was_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "was to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.was.id
}

resource "aws_vpc_security_group_egress_rule" "web_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.web.id
  description                  = "web to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "web_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "web to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.web.id
}

resource "aws_vpc_security_group_egress_rule" "was_to_object_store_443" {
  security_group_id = aws_security_group.was.id
  description       = "was to the object store over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}
