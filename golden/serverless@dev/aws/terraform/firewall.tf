# Who may open a connection to whom, on both ends of each; what is not listed is closed.

resource "aws_security_group" "notes" {
  name        = "notes-dev-notes"
  description = "Service notes"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "notes-dev-notes"
  }

  depends_on = [aws_iam_role_policy.notes]
}

resource "aws_security_group" "summary" {
  name        = "notes-dev-summary"
  description = "Service summary"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "notes-dev-summary"
  }

  depends_on = [aws_iam_role_policy.summary]
}

resource "aws_vpc_security_group_egress_rule" "notes_to_internet_443" {
  security_group_id = aws_security_group.notes.id
  description       = "notes to internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "notes_to_internet_80" {
  security_group_id = aws_security_group.notes.id
  description       = "notes to internet"
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

resource "aws_vpc_security_group_egress_rule" "notes_to_tables_443" {
  security_group_id = aws_security_group.notes.id
  description       = "notes to the tables over its gateway endpoint"
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
