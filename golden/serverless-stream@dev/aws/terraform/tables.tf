resource "aws_dynamodb_table" "means" {
  name                        = "sensors-dev-means"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "device"
  range_key                   = "minute"
  deletion_protection_enabled = false

  attribute {
    name = "device"
    type = "S"
  }

  attribute {
    name = "minute"
    type = "N"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.data.arn
  }
}
