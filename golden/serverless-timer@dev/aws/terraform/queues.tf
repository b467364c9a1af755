# What was taken from mails too often and never done.
resource "aws_sqs_queue" "mails_dead" {
  name              = "nightly-dev-mails-dead"
  kms_master_key_id = aws_kms_key.data.arn

  # 14 days.
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "mails" {
  name                       = "nightly-dev-mails"
  kms_master_key_id          = aws_kms_key.data.arn
  visibility_timeout_seconds = 360
  message_retention_seconds  = 345600

  # Workers wait for messages instead of asking again and again.
  receive_wait_time_seconds = 20

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.mails_dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "mails_dead" {
  queue_url = aws_sqs_queue.mails_dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.mails.arn]
  })
}

resource "aws_sqs_queue_policy" "mails" {
  queue_url = aws_sqs_queue.mails.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.mails.arn
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
    }]
  })
}

resource "aws_sqs_queue_policy" "mails_dead" {
  queue_url = aws_sqs_queue.mails_dead.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.mails_dead.arn
      Condition = {
        Bool = {
          "aws:SecureTransport" = "false"
        }
      }
    }]
  })
}
