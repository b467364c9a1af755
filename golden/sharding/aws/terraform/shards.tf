# Servers beside the main one of a database, each with a part of the tables that are spread.

# Each shard is known by its id for as long as it lives; the order is the one in which rows are spread.
locals {
  ledger_shards = ["east", "west"]
}

# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "ledger_shard" {
  for_each = toset(local.ledger_shards)
  length   = 30
  special  = false
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "ledger_shard_database_logs" {
  for_each          = toset([for pair in setproduct(local.ledger_shards, ["postgresql", "upgrade"]) : join("/", pair)])
  name              = "/aws/rds/instance/bumart-ledger-shard-${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_instance" "ledger_shard" {
  for_each          = toset(local.ledger_shards)
  identifier        = "bumart-ledger-shard-${each.key}"
  engine            = "postgres"
  engine_version    = "17"
  instance_class    = "db.t4g.medium"
  allocated_storage = 50

  # It grows by itself up to this.
  max_allocated_storage                 = 100
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "ledger"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.ledger_shard[each.key].result
  password_wo_version                   = var.ledger_shard_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = true
  db_subnet_group_name                  = aws_db_subnet_group.ledger.name
  vpc_security_group_ids                = [aws_security_group.ledger_shard.id]
  publicly_accessible                   = false
  port                                  = 5432
  parameter_group_name                  = aws_db_parameter_group.ledger.name
  backup_window                         = "19:00-19:30"
  backup_retention_period               = 7
  maintenance_window                    = "sun:21:00-sun:22:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = false
  deletion_protection                   = true
  final_snapshot_identifier             = "bumart-ledger-shard-${each.key}-final"
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7

  depends_on = [
    aws_cloudwatch_log_group.ledger_shard_database_logs,
    aws_iam_role_policy.database_enhanced_monitoring,
  ]
}

# Each shard is known by its id for as long as it lives; the order is the one in which rows are spread.
locals {
  main_shards = ["s0", "s1", "s2", "s3"]
}

# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "main_shard" {
  for_each = toset(local.main_shards)
  length   = 30
  special  = false
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "main_shard_database_logs" {
  for_each          = toset([for pair in setproduct(local.main_shards, ["postgresql", "upgrade"]) : join("/", pair)])
  name              = "/aws/rds/instance/bumart-main-shard-${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_instance" "main_shard" {
  for_each          = toset(local.main_shards)
  identifier        = "bumart-main-shard-${each.key}"
  engine            = "postgres"
  engine_version    = "17"
  instance_class    = "db.m7g.large"
  allocated_storage = 200

  # It grows by itself up to this.
  max_allocated_storage                 = 400
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.main_shard[each.key].result
  password_wo_version                   = var.main_shard_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = true
  db_subnet_group_name                  = aws_db_subnet_group.main.name
  vpc_security_group_ids                = [aws_security_group.main_shard.id]
  publicly_accessible                   = false
  port                                  = 5432
  parameter_group_name                  = aws_db_parameter_group.main.name
  backup_window                         = "18:00-18:30"
  backup_retention_period               = 7
  maintenance_window                    = "sun:20:00-sun:21:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = false
  deletion_protection                   = true
  final_snapshot_identifier             = "bumart-main-shard-${each.key}-final"
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7

  depends_on = [
    aws_cloudwatch_log_group.main_shard_database_logs,
    aws_iam_role_policy.database_enhanced_monitoring,
  ]
}
