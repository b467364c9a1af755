# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "ledger" {
  length  = 30
  special = false
}

resource "aws_db_subnet_group" "ledger" {
  name       = "bumart-dev-ledger"
  subnet_ids = values(aws_subnet.data)[*].id
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "ledger" {
  for_each          = toset(["postgresql", "upgrade"])
  name              = "/aws/rds/instance/bumart-dev-ledger/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_parameter_group" "ledger" {
  name        = "bumart-dev-ledger-postgres17"
  description = "Database ledger"
  family      = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "ledger" {
  identifier        = "bumart-dev-ledger"
  engine            = "postgres"
  engine_version    = "17"
  instance_class    = "db.t4g.medium"
  allocated_storage = 20

  # It grows by itself up to this.
  max_allocated_storage                 = 40
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "ledger"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.ledger.result
  password_wo_version                   = var.ledger_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = false
  db_subnet_group_name                  = aws_db_subnet_group.ledger.name
  vpc_security_group_ids                = [aws_security_group.ledger.id]
  publicly_accessible                   = false
  port                                  = 5432
  parameter_group_name                  = aws_db_parameter_group.ledger.name
  backup_window                         = "19:00-19:30"
  backup_retention_period               = 7
  maintenance_window                    = "sun:21:00-sun:22:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = true
  deletion_protection                   = false
  skip_final_snapshot                   = true
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.ledger, aws_iam_role_policy.database_enhanced_monitoring]
}

# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "main" {
  length  = 30
  special = false
}

resource "aws_db_subnet_group" "main" {
  name       = "bumart-dev-main"
  subnet_ids = values(aws_subnet.data)[*].id
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "main" {
  for_each          = toset(["postgresql", "upgrade"])
  name              = "/aws/rds/instance/bumart-dev-main/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_parameter_group" "main" {
  name        = "bumart-dev-main-postgres17"
  description = "Database main"
  family      = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "main" {
  identifier        = "bumart-dev-main"
  engine            = "postgres"
  engine_version    = "17"
  instance_class    = "db.t4g.medium"
  allocated_storage = 20

  # It grows by itself up to this.
  max_allocated_storage                 = 40
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.main.result
  password_wo_version                   = var.main_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = false
  db_subnet_group_name                  = aws_db_subnet_group.main.name
  vpc_security_group_ids                = [aws_security_group.main.id]
  publicly_accessible                   = false
  port                                  = 5432
  parameter_group_name                  = aws_db_parameter_group.main.name
  backup_window                         = "18:00-18:30"
  backup_retention_period               = 7
  maintenance_window                    = "sun:20:00-sun:21:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = true
  deletion_protection                   = false
  skip_final_snapshot                   = true
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.main, aws_iam_role_policy.database_enhanced_monitoring]
}
