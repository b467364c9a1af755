# Its owner fills it; Terraform never sees the value.
resource "aws_secretsmanager_secret" "push_key" {
  name                    = "mediaiot-dev/push-key"
  description             = "The key of the push service"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 0
}
