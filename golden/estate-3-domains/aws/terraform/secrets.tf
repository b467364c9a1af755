resource "aws_secretsmanager_secret" "main" {
  name                    = "buestate/main"
  description             = "Password of the login app_owner of the database main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

# The database first: should it fail, the vault holds no password that nothing accepts.
resource "aws_secretsmanager_secret_version" "main" {
  secret_id                = aws_secretsmanager_secret.main.id
  secret_string_wo         = ephemeral.random_password.main.result
  secret_string_wo_version = var.main_password_version
  depends_on               = [aws_db_instance.main]
}
