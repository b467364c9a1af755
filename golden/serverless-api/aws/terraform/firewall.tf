# Who may open a connection to whom, on both ends of each; what is not listed is closed.

resource "aws_security_group" "items" {
  name        = "catalog-items"
  description = "Service items"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "catalog-items"
  }

  depends_on = [aws_iam_role_policy.items]
}

resource "aws_security_group" "reviews" {
  name        = "catalog-reviews"
  description = "Service reviews"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "catalog-reviews"
  }

  depends_on = [aws_iam_role_policy.reviews]
}

resource "aws_vpc_security_group_egress_rule" "items_to_internet_443" {
  security_group_id = aws_security_group.items.id
  description       = "items to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "items_to_internet_80" {
  security_group_id = aws_security_group.items.id
  description       = "items to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "reviews_to_internet_443" {
  security_group_id = aws_security_group.reviews.id
  description       = "reviews to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "reviews_to_internet_80" {
  security_group_id = aws_security_group.reviews.id
  description       = "reviews to internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "items_to_tables_443" {
  security_group_id = aws_security_group.items.id
  description       = "items to the tables over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.dynamodb.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "reviews_to_tables_443" {
  security_group_id = aws_security_group.reviews.id
  description       = "reviews to the tables over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.dynamodb.prefix_list_id
}
