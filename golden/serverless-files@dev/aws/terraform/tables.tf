resource "aws_dynamodb_table" "found" {
  name                        = "uploads-dev-found"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "owner"
  range_key                   = "key"
  deletion_protection_enabled = false

  attribute {
    name = "key"
    type = "S"
  }

  attribute {
    name = "owner"
    type = "S"
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
