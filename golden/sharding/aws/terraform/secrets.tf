resource "aws_secretsmanager_secret" "ledger" {
  name                    = "bumart/ledger"
  description             = "Password of the login app_owner of the database ledger"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

# The database first: should it fail, the vault holds no password that nothing accepts.
resource "aws_secretsmanager_secret_version" "ledger" {
  secret_id                = aws_secretsmanager_secret.ledger.id
  secret_string_wo         = ephemeral.random_password.ledger.result
  secret_string_wo_version = var.ledger_password_version
  depends_on               = [aws_db_instance.ledger]
}

resource "aws_secretsmanager_secret" "ledger_shard" {
  for_each                = toset(local.ledger_shards)
  name                    = "bumart/ledger-shard/${each.key}"
  description             = "Password of the login app_owner of the shard ${each.key} of ledger"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "ledger_shard" {
  for_each                 = aws_secretsmanager_secret.ledger_shard
  secret_id                = each.value.id
  secret_string_wo         = ephemeral.random_password.ledger_shard[each.key].result
  secret_string_wo_version = var.ledger_shard_password_version
  depends_on               = [aws_db_instance.ledger_shard]
}

resource "aws_secretsmanager_secret" "ledger_shard_map" {
  name                    = "bumart/ledger-shard-map"
  description             = "Which shard of ledger holds which rows"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

# No secret: state and plan show it.
resource "aws_secretsmanager_secret_version" "ledger_shard_map" {
  secret_id = aws_secretsmanager_secret.ledger_shard_map.id

  secret_string = jsonencode({
    format           = 1
    database         = "ledger"
    key              = "tenant"
    tables           = ["entries"]
    reference_tables = []
    shards           = ["east", "west"]
    strategy         = "directory"
    directory = {
      acme    = "east"
      globex  = "west"
      initech = "west"
    }
    default = "east"
    version = "5623c7998444"
  })
}

resource "aws_secretsmanager_secret" "main" {
  name                    = "bumart/main"
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

resource "aws_secretsmanager_secret" "main_shard" {
  for_each                = toset(local.main_shards)
  name                    = "bumart/main-shard/${each.key}"
  description             = "Password of the login app_owner of the shard ${each.key} of main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "main_shard" {
  for_each                 = aws_secretsmanager_secret.main_shard
  secret_id                = each.value.id
  secret_string_wo         = ephemeral.random_password.main_shard[each.key].result
  secret_string_wo_version = var.main_shard_password_version
  depends_on               = [aws_db_instance.main_shard]
}

# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "main_proxy" {
  length  = 30
  special = false
}

resource "aws_secretsmanager_secret" "main_proxy" {
  name                    = "bumart/main-proxy"
  description             = "Password of the login app_owner of the proxy of main"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "main_proxy" {
  secret_id                = aws_secretsmanager_secret.main_proxy.id
  secret_string_wo         = ephemeral.random_password.main_proxy.result
  secret_string_wo_version = var.main_proxy_password_version
}
