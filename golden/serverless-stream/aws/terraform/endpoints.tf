# The object store is reached without address translation, and without its price.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.ap-northeast-2.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = values(aws_route_table.application)[*].id

  tags = {
    Name = "sensors-s3"
  }
}

# Tables are reached without address translation, and without its price.
resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.ap-northeast-2.dynamodb"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = values(aws_route_table.application)[*].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Items"
      Effect    = "Allow"
      Principal = "*"
      Action = [
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:DescribeTable",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
      ]
      Resource = ["arn:aws:dynamodb:ap-northeast-2:${data.aws_caller_identity.current.account_id}:table/sensors-*"]
      Condition = {
        StringEquals = {
          "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })

  tags = {
    Name = "sensors-dynamodb"
  }
}

# Messages are sent and taken inside the network.
resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(["kinesis-streams"])
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.ap-northeast-2.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = values(aws_subnet.endpoint)[*].id
  security_group_ids  = [aws_security_group.private_service_endpoints.id]

  tags = {
    Name = "sensors-${each.key}"
  }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Records"
      Effect    = "Allow"
      Principal = "*"
      Action = [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kinesis:PutRecord",
        "kinesis:PutRecords",
      ]
      Resource = ["arn:aws:kinesis:ap-northeast-2:${data.aws_caller_identity.current.account_id}:stream/sensors-*"]
      Condition = {
        StringEquals = {
          "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })
}

# Session Manager needs no open port on a task: each holds a channel to this one.
resource "aws_vpc_endpoint" "session_manager" {
  for_each            = toset(["ssmmessages"])
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.ap-northeast-2.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = values(aws_subnet.management)[*].id
  security_group_ids  = [aws_security_group.private_service_endpoints.id]

  tags = {
    Name = "sensors-${each.key}"
  }
}
