resource "aws_sns_topic" "uploaded" {
  name              = "mediaiot-uploaded"
  kms_master_key_id = aws_kms_key.data.arn
}

resource "aws_sns_topic_policy" "uploaded" {
  arn = aws_sns_topic.uploaded.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.uploaded.arn
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
    }]
  })
}

# What was taken from notify-from-uploaded too often and never done.
resource "aws_sqs_queue" "notify_from_uploaded_dead" {
  name              = "mediaiot-notify-from-uploaded-dead"
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "notify_from_uploaded" {
  name                       = "mediaiot-notify-from-uploaded"
  kms_master_key_id          = aws_kms_key.data.arn
  visibility_timeout_seconds = 360
  message_retention_seconds  = 345600

  # Workers wait for messages instead of asking again and again.
  receive_wait_time_seconds = 20

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.notify_from_uploaded_dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "notify_from_uploaded_dead" {
  queue_url = aws_sqs_queue.notify_from_uploaded_dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.notify_from_uploaded.arn]
  })
}

resource "aws_sqs_queue_policy" "notify_from_uploaded" {
  queue_url = aws_sqs_queue.notify_from_uploaded.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Topic"
        Effect = "Allow"
        Principal = {
          Service = "sns.amazonaws.com"
        }
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.notify_from_uploaded.arn
        Condition = {
          ArnEquals = {
            "aws:SourceArn" = aws_sns_topic.uploaded.arn
          }
        }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.notify_from_uploaded.arn
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

resource "aws_sqs_queue_policy" "notify_from_uploaded_dead" {
  queue_url = aws_sqs_queue.notify_from_uploaded_dead.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Topic"
        Effect = "Allow"
        Principal = {
          Service = "sns.amazonaws.com"
        }
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.notify_from_uploaded_dead.arn
        Condition = {
          ArnEquals = {
            "aws:SourceArn" = aws_sns_topic.uploaded.arn
          }
        }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.notify_from_uploaded_dead.arn
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

# The queues' policies first: SNS does not try again what it may not deliver.
resource "aws_sns_topic_subscription" "notify_from_uploaded" {
  topic_arn = aws_sns_topic.uploaded.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.notify_from_uploaded.arn

  # The publisher's own body and attributes, without an envelope.
  raw_message_delivery = true
  filter_policy_scope  = "MessageAttributes"

  filter_policy = jsonencode({
    kind = ["picture", "video"]
  })

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.notify_from_uploaded_dead.arn
  })

  depends_on = [aws_sqs_queue_policy.notify_from_uploaded, aws_sqs_queue_policy.notify_from_uploaded_dead]
}
