# Who may open a connection to whom, on both ends of each; what is not listed is closed.

resource "aws_security_group" "internet_load_balancer" {
  name        = "mediaiot-internet-load-balancer"
  description = "Public load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-internet-load-balancer"
  }
}

resource "aws_security_group" "intake" {
  name        = "mediaiot-intake"
  description = "Service intake"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-intake"
  }
}

resource "aws_security_group" "alarm" {
  name        = "mediaiot-alarm"
  description = "Service alarm"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-alarm"
  }

  depends_on = [aws_iam_role_policy.alarm]
}

resource "aws_security_group" "archive" {
  name        = "mediaiot-archive"
  description = "Service archive"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-archive"
  }

  depends_on = [aws_iam_role_policy.archive]
}

resource "aws_security_group" "close" {
  name        = "mediaiot-close"
  description = "Service close"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-close"
  }

  depends_on = [aws_iam_role_policy.close]
}

resource "aws_security_group" "hot" {
  name        = "mediaiot-hot"
  description = "Service hot"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-hot"
  }

  depends_on = [aws_iam_role_policy.hot]
}

resource "aws_security_group" "mean" {
  name        = "mediaiot-mean"
  description = "Service mean"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-mean"
  }

  depends_on = [aws_iam_role_policy.mean]
}

resource "aws_security_group" "means_api" {
  name        = "mediaiot-means-api"
  description = "Service means-api"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-means-api"
  }

  depends_on = [aws_iam_role_policy.means_api]
}

resource "aws_security_group" "notify" {
  name        = "mediaiot-notify"
  description = "Service notify"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-notify"
  }

  depends_on = [aws_iam_role_policy.notify]
}

resource "aws_security_group" "pictures_api" {
  name        = "mediaiot-pictures-api"
  description = "Service pictures-api"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-pictures-api"
  }

  depends_on = [aws_iam_role_policy.pictures_api]
}

resource "aws_security_group" "report" {
  name        = "mediaiot-report"
  description = "Service report"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-report"
  }

  depends_on = [aws_iam_role_policy.report]
}

resource "aws_security_group" "rollup" {
  name        = "mediaiot-rollup"
  description = "Service rollup"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-rollup"
  }

  depends_on = [aws_iam_role_policy.rollup]
}

resource "aws_security_group" "summary" {
  name        = "mediaiot-summary"
  description = "Service summary"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-summary"
  }

  depends_on = [aws_iam_role_policy.summary]
}

resource "aws_security_group" "private_service_endpoints" {
  name        = "mediaiot-private-service-endpoints"
  description = "Private endpoints of AWS services"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-private-service-endpoints"
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

resource "aws_vpc_security_group_egress_rule" "alarm_to_internet_443" {
  security_group_id = aws_security_group.alarm.id
  description       = "alarm to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "alarm_to_internet_80" {
  security_group_id = aws_security_group.alarm.id
  description       = "alarm to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "archive_to_internet_443" {
  security_group_id = aws_security_group.archive.id
  description       = "archive to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "archive_to_internet_80" {
  security_group_id = aws_security_group.archive.id
  description       = "archive to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
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

resource "aws_vpc_security_group_egress_rule" "means_api_to_internet_443" {
  security_group_id = aws_security_group.means_api.id
  description       = "means-api to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "means_api_to_internet_80" {
  security_group_id = aws_security_group.means_api.id
  description       = "means-api to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "notify_to_internet_443" {
  security_group_id = aws_security_group.notify.id
  description       = "notify to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "notify_to_internet_80" {
  security_group_id = aws_security_group.notify.id
  description       = "notify to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "pictures_api_to_internet_443" {
  security_group_id = aws_security_group.pictures_api.id
  description       = "pictures-api to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "pictures_api_to_internet_80" {
  security_group_id = aws_security_group.pictures_api.id
  description       = "pictures-api to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
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

resource "aws_vpc_security_group_egress_rule" "rollup_to_internet_443" {
  security_group_id = aws_security_group.rollup.id
  description       = "rollup to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "rollup_to_internet_80" {
  security_group_id = aws_security_group.rollup.id
  description       = "rollup to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "summary_to_internet_443" {
  security_group_id = aws_security_group.summary.id
  description       = "summary to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "summary_to_internet_80" {
  security_group_id = aws_security_group.summary.id
  description       = "summary to internet"
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

resource "aws_vpc_security_group_egress_rule" "alarm_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.alarm.id
  description                  = "alarm to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "alarm_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "alarm to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.alarm.id
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

resource "aws_vpc_security_group_egress_rule" "notify_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.notify.id
  description                  = "notify to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "notify_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "notify to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.notify.id
}

resource "aws_vpc_security_group_egress_rule" "rollup_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.rollup.id
  description                  = "rollup to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "rollup_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "rollup to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.rollup.id
}

resource "aws_vpc_security_group_egress_rule" "summary_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.summary.id
  description                  = "summary to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "summary_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "summary to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.summary.id
}

resource "aws_vpc_security_group_egress_rule" "archive_to_object_store_443" {
  security_group_id = aws_security_group.archive.id
  description       = "archive to the object store over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "archive_to_tables_443" {
  security_group_id = aws_security_group.archive.id
  description       = "archive to the tables over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.dynamodb.prefix_list_id
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

resource "aws_vpc_security_group_egress_rule" "means_api_to_tables_443" {
  security_group_id = aws_security_group.means_api.id
  description       = "means-api to the tables over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.dynamodb.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "pictures_api_to_tables_443" {
  security_group_id = aws_security_group.pictures_api.id
  description       = "pictures-api to the tables over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.dynamodb.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "summary_to_object_store_443" {
  security_group_id = aws_security_group.summary.id
  description       = "summary to the object store over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "summary_to_tables_443" {
  security_group_id = aws_security_group.summary.id
  description       = "summary to the tables over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.dynamodb.prefix_list_id
}

resource "aws_security_group" "facts" {
  name        = "mediaiot-facts"
  description = "Warehouse facts"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "mediaiot-facts"
  }
}

resource "aws_vpc_security_group_egress_rule" "facts_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.facts.id
  description                  = "facts to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "facts_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "facts to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.facts.id
}
