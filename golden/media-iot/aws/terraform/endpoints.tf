# The object store is reached without address translation, and without its price.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.ap-northeast-2.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = values(aws_route_table.application)[*].id

  tags = {
    Name = "mediaiot-s3"
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
      Resource = ["arn:aws:dynamodb:ap-northeast-2:${data.aws_caller_identity.current.account_id}:table/mediaiot-*"]
      Condition = {
        StringEquals = {
          "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })

  tags = {
    Name = "mediaiot-dynamodb"
  }
}

# Secrets are read, and messages sent and taken, inside the network.
resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(["kinesis-streams", "redshift-data", "secretsmanager", "sns", "sqs"])
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.ap-northeast-2.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = values(aws_subnet.endpoint)[*].id
  security_group_ids  = [aws_security_group.private_service_endpoints.id]

  tags = {
    Name = "mediaiot-${each.key}"
  }

  policy = lookup({
    kinesis-streams = jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
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
          Resource = ["arn:aws:kinesis:ap-northeast-2:${data.aws_caller_identity.current.account_id}:stream/mediaiot-*"]
          Condition = {
            StringEquals = {
              "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
            }
          }
        },
        {
          Sid       = "Find"
          Effect    = "Allow"
          Principal = "*"
          Action    = "kinesis:ListStreams"
          Resource  = "*"
          Condition = {
            StringEquals = {
              "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
            }
          }
        },
      ]
    })
    redshift-data = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "AskWarehouses"
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "redshift-data:BatchExecuteStatement",
          "redshift-data:CancelStatement",
          "redshift-data:DescribeStatement",
          "redshift-data:ExecuteStatement",
          "redshift-data:GetStatementResult",
        ]
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
          }
        }
      }]
    })
    secretsmanager = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "ReadSecrets"
        Effect    = "Allow"
        Principal = "*"
        Action    = "secretsmanager:GetSecretValue"
        Resource  = [aws_secretsmanager_secret.push_key.arn]
        Condition = {
          StringEquals = {
            "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
          }
        }
      }]
    })
    sns = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "PublishMessages"
        Effect    = "Allow"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:ap-northeast-2:${data.aws_caller_identity.current.account_id}:mediaiot-*"
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
        Resource = "arn:aws:sqs:ap-northeast-2:${data.aws_caller_identity.current.account_id}:mediaiot-*"
        Condition = {
          StringEquals = {
            "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id
          }
        }
      }]
    })
  }, each.key, null)
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
    Name = "mediaiot-${each.key}"
  }
}
