resource "aws_dynamodb_table" "opinions" {
  name                        = "catalog-opinions"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "product"
  range_key                   = "written"
  deletion_protection_enabled = true

  attribute {
    name = "product"
    type = "S"
  }

  attribute {
    name = "written"
    type = "N"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.data.arn
  }
}

resource "aws_dynamodb_table" "products" {
  name                        = "catalog-products"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = true

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "kind"
    type = "S"
  }

  attribute {
    name = "name"
    type = "S"
  }

  global_secondary_index {
    name            = "by-kind"
    projection_type = "ALL"

    key_schema {
      attribute_name = "kind"
      key_type       = "HASH"
    }

    key_schema {
      attribute_name = "name"
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
