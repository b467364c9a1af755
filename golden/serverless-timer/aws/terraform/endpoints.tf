# The object store is reached without address translation, and without its price.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.ap-northeast-2.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = values(aws_route_table.application)[*].id

  tags = {
    Name = "nightly-s3"
  }
}

# Secrets are read, and messages sent and taken, inside the network.
resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(["secretsmanager", "sqs"])
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.ap-northeast-2.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = values(aws_subnet.endpoint)[*].id
  security_group_ids  = [aws_security_group.private_service_endpoints.id]

  tags = {
    Name = "nightly-${each.key}"
  }

  policy = lookup({
    secretsmanager = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "ReadSecrets"
        Effect    = "Allow"
        Principal = "*"
        Action    = "secretsmanager:GetSecretValue"
        Resource  = [aws_secretsmanager_secret.mail_key.arn]
        Condition = {
          StringEquals = {
            "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
          }
        }
      }]
    })
    sqs = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "Messages"
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "sqs:ChangeMessageVisibility",
          "sqs:DeleteMessage",
          "sqs:GetQueueAttributes",
          "sqs:ReceiveMessage",
          "sqs:SendMessage",
        ]
        Resource = "arn:aws:sqs:ap-northeast-2:${data.aws_caller_identity.current.account_id}:nightly-*"
        Condition = {
          StringEquals = {
            "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
          }
        }
      }]
    })
  }, each.key, null)
}
