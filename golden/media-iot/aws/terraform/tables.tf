resource "aws_dynamodb_table" "means" {
  name                        = "mediaiot-means"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "device"
  range_key                   = "minute"
  deletion_protection_enabled = true

  attribute {
    name = "day"
    type = "S"
  }

  attribute {
    name = "device"
    type = "S"
  }

  attribute {
    name = "minute"
    type = "N"
  }

  global_secondary_index {
    name            = "by-day"
    projection_type = "ALL"

    key_schema {
      attribute_name = "day"
      key_type       = "HASH"
    }

    key_schema {
      attribute_name = "minute"
      key_type       = "RANGE"
    }
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

resource "aws_dynamodb_table" "pictures" {
  name                        = "mediaiot-pictures"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "owner"
  range_key                   = "key"
  deletion_protection_enabled = true

  attribute {
    name = "day"
    type = "S"
  }

  attribute {
    name = "key"
    type = "S"
  }

  attribute {
    name = "owner"
    type = "S"
  }

  global_secondary_index {
    name            = "by-day"
    projection_type = "ALL"

    key_schema {
      attribute_name = "day"
      key_type       = "HASH"
    }

    key_schema {
      attribute_name = "key"
      key_type       = "RANGE"
    }
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.data.arn
  }
}
