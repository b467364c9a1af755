# Who may open a connection to whom, on both ends of each; what is not listed is closed.

resource "aws_security_group" "internet_load_balancer" {
  name        = "bumart-dev-internet-load-balancer"
  description = "Public load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-internet-load-balancer"
  }
}

resource "aws_security_group" "internal_load_balancer" {
  name        = "bumart-dev-internal-load-balancer"
  description = "Internal load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-internal-load-balancer"
  }
}

resource "aws_security_group" "main_proxy_load_balancer" {
  name        = "bumart-dev-main-proxy-load-balancer"
  description = "Load balancer of main-proxy"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-main-proxy-load-balancer"
  }
}

resource "aws_security_group" "billing" {
  name        = "bumart-dev-billing"
  description = "Service billing"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-billing"
  }
}

resource "aws_security_group" "market" {
  name        = "bumart-dev-market"
  description = "Service market"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-market"
  }
}

resource "aws_security_group" "main_proxy" {
  name        = "bumart-dev-main-proxy"
  description = "Service main-proxy"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-main-proxy"
  }
}

resource "aws_security_group" "ledger" {
  name        = "bumart-dev-ledger"
  description = "Database ledger"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-ledger"
  }
}

resource "aws_security_group" "main" {
  name        = "bumart-dev-main"
  description = "Database main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-main"
  }
}

resource "aws_security_group" "ledger_shard" {
  name        = "bumart-dev-ledger-shard"
  description = "Shards of ledger"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-ledger-shard"
  }
}

resource "aws_security_group" "main_shard" {
  name        = "bumart-dev-main-shard"
  description = "Shards of main"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-main-shard"
  }
}

resource "aws_security_group" "private_service_endpoints" {
  name        = "bumart-dev-private-service-endpoints"
  description = "Private endpoints of AWS services"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumart-dev-private-service-endpoints"
  }
}

resource "aws_vpc_security_group_egress_rule" "billing_to_ledger_5432" {
  security_group_id            = aws_security_group.billing.id
  description                  = "billing to ledger"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.ledger.id
}

resource "aws_vpc_security_group_ingress_rule" "billing_to_ledger_5432" {
  security_group_id            = aws_security_group.ledger.id
  description                  = "billing to ledger"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.billing.id
}

resource "aws_vpc_security_group_egress_rule" "billing_to_ledger_shard_5432" {
  security_group_id            = aws_security_group.billing.id
  description                  = "billing to ledger-shard"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.ledger_shard.id
}

resource "aws_vpc_security_group_ingress_rule" "billing_to_ledger_shard_5432" {
  security_group_id            = aws_security_group.ledger_shard.id
  description                  = "billing to ledger-shard"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.billing.id
}

resource "aws_vpc_security_group_egress_rule" "billing_to_internet_443" {
  security_group_id = aws_security_group.billing.id
  description       = "billing to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "billing_to_internet_80" {
  security_group_id = aws_security_group.billing.id
  description       = "billing to internet"
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

resource "aws_vpc_security_group_egress_rule" "internet_load_balancer_to_market_8080" {
  security_group_id            = aws_security_group.internet_load_balancer.id
  description                  = "internet load balancer to market"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.market.id
}

resource "aws_vpc_security_group_ingress_rule" "internet_load_balancer_to_market_8080" {
  security_group_id            = aws_security_group.market.id
  description                  = "internet load balancer to market"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.internet_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "market_to_internal_load_balancer_8000" {
  security_group_id            = aws_security_group.market.id
  description                  = "market to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "market_to_internal_load_balancer_8000" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "market to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
  referenced_security_group_id = aws_security_group.market.id
}

resource "aws_vpc_security_group_egress_rule" "internal_load_balancer_to_billing_8000" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "internal load balancer to billing"
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
  referenced_security_group_id = aws_security_group.billing.id
}

resource "aws_vpc_security_group_ingress_rule" "internal_load_balancer_to_billing_8000" {
  security_group_id            = aws_security_group.billing.id
  description                  = "internal load balancer to billing"
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "market_to_main_proxy_load_balancer_3307" {
  security_group_id            = aws_security_group.market.id
  description                  = "market to main-proxy load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 3307
  to_port                      = 3307
  referenced_security_group_id = aws_security_group.main_proxy_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "market_to_main_proxy_load_balancer_3307" {
  security_group_id            = aws_security_group.main_proxy_load_balancer.id
  description                  = "market to main-proxy load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 3307
  to_port                      = 3307
  referenced_security_group_id = aws_security_group.market.id
}

resource "aws_vpc_security_group_egress_rule" "market_to_internet_443" {
  security_group_id = aws_security_group.market.id
  description       = "market to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "market_to_internet_80" {
  security_group_id = aws_security_group.market.id
  description       = "market to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "main_proxy_to_main_5432" {
  security_group_id            = aws_security_group.main_proxy.id
  description                  = "main-proxy to main"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.main.id
}

resource "aws_vpc_security_group_ingress_rule" "main_proxy_to_main_5432" {
  security_group_id            = aws_security_group.main.id
  description                  = "main-proxy to main"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.main_proxy.id
}

resource "aws_vpc_security_group_egress_rule" "main_proxy_to_main_shard_5432" {
  security_group_id            = aws_security_group.main_proxy.id
  description                  = "main-proxy to main-shard"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.main_shard.id
}

resource "aws_vpc_security_group_ingress_rule" "main_proxy_to_main_shard_5432" {
  security_group_id            = aws_security_group.main_shard.id
  description                  = "main-proxy to main-shard"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.main_proxy.id
}

resource "aws_vpc_security_group_egress_rule" "main_proxy_to_internet_443" {
  security_group_id = aws_security_group.main_proxy.id
  description       = "main-proxy to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "main_proxy_to_internet_80" {
  security_group_id = aws_security_group.main_proxy.id
  description       = "main-proxy to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "main_proxy_load_balancer_to_main_proxy_3307" {
  security_group_id            = aws_security_group.main_proxy_load_balancer.id
  description                  = "main-proxy load balancer to main-proxy"
  ip_protocol                  = "tcp"
  from_port                    = 3307
  to_port                      = 3307
  referenced_security_group_id = aws_security_group.main_proxy.id
}

resource "aws_vpc_security_group_ingress_rule" "main_proxy_load_balancer_to_main_proxy_3307" {
  security_group_id            = aws_security_group.main_proxy.id
  description                  = "main-proxy load balancer to main-proxy"
  ip_protocol                  = "tcp"
  from_port                    = 3307
  to_port                      = 3307
  referenced_security_group_id = aws_security_group.main_proxy_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "billing_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.billing.id
  description                  = "billing to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "billing_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "billing to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.billing.id
}

resource "aws_vpc_security_group_egress_rule" "market_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.market.id
  description                  = "market to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "market_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "market to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.market.id
}

resource "aws_vpc_security_group_egress_rule" "main_proxy_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.main_proxy.id
  description                  = "main-proxy to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "main_proxy_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "main-proxy to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.main_proxy.id
}
