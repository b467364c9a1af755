# Its owner fills it; Terraform never sees the value.
resource "aws_secretsmanager_secret" "mail_key" {
  name                    = "nightly/mail-key"
  description             = "Filled by its owner"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}
