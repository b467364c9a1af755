resource "aws_secretsmanager_secret" "session" {
  for_each                = toset(["app", "reader"])
  name                    = "bumall/session/${each.key}"
  description             = "Password of the login ${each.key} of the cache session"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

# The logins first: should one fail, the vault holds no password that nothing accepts.
resource "aws_secretsmanager_secret_version" "session" {
  for_each                 = aws_secretsmanager_secret.session
  secret_id                = each.value.id
  secret_string_wo         = ephemeral.random_password.session[each.key].result
  secret_string_wo_version = var.session_password_version
  depends_on               = [aws_elasticache_user.session]
}
