# The object store is reached without address translation, and without its price.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.ap-northeast-2.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = values(aws_route_table.application)[*].id

  tags = {
    Name = "buestate-s3"
  }
}

# Secrets are read inside the network.
resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(["secretsmanager"])
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.ap-northeast-2.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = values(aws_subnet.endpoint)[*].id
  security_group_ids  = [aws_security_group.private_service_endpoints.id]

  tags = {
    Name = "buestate-${each.key}"
  }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ReadSecrets"
      Effect    = "Allow"
      Principal = "*"
      Action    = "secretsmanager:GetSecretValue"
      Resource = [
        aws_secretsmanager_secret.main.arn,
        aws_secretsmanager_secret.catalog_main.arn,
        aws_secretsmanager_secret.order_main.arn,
        aws_secretsmanager_secret.order_main_shard_map.arn,
        "arn:aws:secretsmanager:ap-northeast-2:${data.aws_caller_identity.current.account_id}:secret:buestate/order-main-shard/*",
      ]
      Condition = {
        StringEquals = {
          "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })
}

# Session Manager needs no open port on a machine: each holds a channel to these two.
resource "aws_vpc_endpoint" "session_manager" {
  for_each            = toset(["ssm", "ssmmessages"])
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.ap-northeast-2.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = values(aws_subnet.management)[*].id
  security_group_ids  = [aws_security_group.private_service_endpoints.id]

  tags = {
    Name = "buestate-${each.key}"
  }
}
