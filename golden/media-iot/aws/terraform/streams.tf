resource "aws_kinesis_stream" "readings" {
  name             = "mediaiot-readings"
  shard_count      = 4
  retention_period = 48
  encryption_type  = "KMS"
  kms_key_id       = aws_kms_key.data.arn

  stream_mode_details {
    stream_mode = "PROVISIONED"
  }

  lifecycle {
    prevent_destroy = true
  }
}
