# Disks, databases, messages, objects and secrets.
resource "aws_kms_key" "data" {
  description             = "mediaiot-dev: data"
  enable_key_rotation     = true
  deletion_window_in_days = 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Account"
        Effect = "Allow"
        Principal = {
          AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"
        }
        Action   = "kms:*"
        Resource = "*"
      },
      {
        Sid    = "Tasks"
        Effect = "Allow"
        Principal = {
          Service = "fargate.amazonaws.com"
        }
        Action   = "kms:GenerateDataKeyWithoutPlaintext"
        Resource = "*"
        Condition = {
          StringEquals = {
            "kms:EncryptionContext:aws:ecs:clusterAccount" = data.aws_caller_identity.current.account_id
            "kms:EncryptionContext:aws:ecs:clusterName"    = "mediaiot-dev"
          }
        }
      },
      {
        Sid    = "TasksReadDisks"
        Effect = "Allow"
        Principal = {
          Service = "fargate.amazonaws.com"
        }
        Action   = "kms:CreateGrant"
        Resource = "*"
        Condition = {
          StringEquals = {
            "kms:EncryptionContext:aws:ecs:clusterAccount" = data.aws_caller_identity.current.account_id
            "kms:EncryptionContext:aws:ecs:clusterName"    = "mediaiot-dev"
          }
          "ForAllValues:StringEquals" = {
            "kms:GrantOperations" = ["Decrypt"]
          }
        }
      },
      {
        Sid    = "Topics"
        Effect = "Allow"
        Principal = {
          Service = "sns.amazonaws.com"
        }
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = "*"
        Condition = {
          ArnEquals = {
            "aws:SourceArn" = ["arn:aws:sns:ap-northeast-2:${data.aws_caller_identity.current.account_id}:mediaiot-dev-uploaded"]
          }
        }
      },
      {
        Sid    = "LogsOfWorkflows"
        Effect = "Allow"
        Principal = {
          Service = "delivery.logs.amazonaws.com"
        }
        Action   = "kms:Decrypt"
        Resource = "*"
        Condition = {
          StringEquals = {
            "kms:EncryptionContext:SourceArn" = "arn:aws:logs:ap-northeast-2:${data.aws_caller_identity.current.account_id}:*"
          }
        }
      },
    ]
  })
}

resource "aws_kms_alias" "data" {
  name          = "alias/mediaiot-dev-data"
  target_key_id = aws_kms_key.data.key_id
}

# Logs have a key of their own: who reads logs need not be able to read data.
resource "aws_kms_key" "logs" {
  description             = "mediaiot-dev: logs"
  enable_key_rotation     = true
  deletion_window_in_days = 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Account"
        Effect = "Allow"
        Principal = {
          AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"
        }
        Action   = "kms:*"
        Resource = "*"
      },
      {
        Sid    = "CloudWatchLogs"
        Effect = "Allow"
        Principal = {
          Service = "logs.ap-northeast-2.amazonaws.com"
        }
        Action = [
          "kms:Decrypt",
          "kms:DescribeKey",
          "kms:Encrypt",
          "kms:GenerateDataKey",
          "kms:GenerateDataKeyWithoutPlaintext",
          "kms:ReEncryptFrom",
          "kms:ReEncryptTo",
        ]
        Resource = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:ap-northeast-2:${data.aws_caller_identity.current.account_id}:log-group:*"
          }
        }
      },
      {
        Sid    = "Alarms"
        Effect = "Allow"
        Principal = {
          Service = "cloudwatch.amazonaws.com"
        }
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = "*"
        Condition = {
          StringEquals = {
            "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:ap-northeast-2:${data.aws_caller_identity.current.account_id}:mediaiot-dev-alarms"
          }
        }
      },
    ]
  })
}

resource "aws_kms_alias" "logs" {
  name          = "alias/mediaiot-dev-logs"
  target_key_id = aws_kms_key.logs.key_id
}
