# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "main" {
  length  = 30
  special = false
}

resource "aws_db_subnet_group" "main" {
  name       = "buestate-main"
  subnet_ids = values(aws_subnet.data)[*].id
}

# Made here, so that the server does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "main" {
  for_each          = toset(["error", "slowquery"])
  name              = "/aws/rds/instance/buestate-main/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_db_parameter_group" "main" {
  name        = "buestate-main-mysql8-4"
  description = "Database main"
  family      = "mysql8.4"

  parameter {
    name  = "require_secure_transport"
    value = "1"
  }

  parameter {
    name  = "log_output"
    value = "FILE"
  }

  parameter {
    name  = "slow_query_log"
    value = "1"
  }

  parameter {
    name  = "long_query_time"
    value = "1"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "main" {
  identifier        = "buestate-main"
  engine            = "mysql"
  engine_version    = "8.4"
  instance_class    = "db.m7g.xlarge"
  allocated_storage = 200

  # It grows by itself up to this.
  max_allocated_storage                 = 400
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  db_name                               = "main"
  username                              = "app_owner"
  password_wo                           = ephemeral.random_password.main.result
  password_wo_version                   = var.main_password_version
  iam_database_authentication_enabled   = true
  multi_az                              = true
  db_subnet_group_name                  = aws_db_subnet_group.main.name
  vpc_security_group_ids                = [aws_security_group.main.id]
  publicly_accessible                   = false
  port                                  = 3306
  parameter_group_name                  = aws_db_parameter_group.main.name
  backup_window                         = "17:00-17:30"
  backup_retention_period               = 14
  maintenance_window                    = "sun:19:00-sun:20:00"
  copy_tags_to_snapshot                 = true
  delete_automated_backups              = false
  deletion_protection                   = true
  final_snapshot_identifier             = "buestate-main-final"
  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["error", "slowquery"]
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_enhanced_monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  performance_insights_retention_period = 7
  depends_on                            = [aws_cloudwatch_log_group.main, aws_iam_role_policy.database_enhanced_monitoring]
}
