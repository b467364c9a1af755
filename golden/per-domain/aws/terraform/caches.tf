# Exists only while Terraform runs: neither plan nor state holds the password.
ephemeral "random_password" "session" {
  for_each = toset(["app", "default", "reader"])
  length   = 30
  special  = false
}

# No login may administer the cache or look into the others' connections. `default` is who names no user: it is off, but has to be there.
resource "aws_elasticache_user" "session" {
  for_each = {
    app     = "on ~* &* +@all -@admin -@dangerous +info"
    default = "off ~* resetchannels -@all"
    reader  = "on ~* resetchannels -@all +@read +@connection -@admin -@dangerous +info"
  }

  user_id              = "bumall-session-${each.key}"
  user_name            = each.key
  engine               = "valkey"
  access_string        = each.value
  passwords_wo         = ephemeral.random_password.session[each.key].result
  passwords_wo_version = var.session_password_version

  # The group of users lets go of one before that is gone.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_user_group" "session" {
  engine        = "valkey"
  user_group_id = "bumall-session"
  user_ids      = values(aws_elasticache_user.session)[*].user_id
}

resource "aws_elasticache_subnet_group" "session" {
  name        = "bumall-session"
  description = "Cache session"
  subnet_ids  = values(aws_subnet.data)[*].id
}

resource "aws_elasticache_parameter_group" "session" {
  name        = "bumall-session-valkey8"
  description = "Cache session"
  family      = "valkey8"

  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_replication_group" "session" {
  replication_group_id = "bumall-session"
  description          = "Cache session"
  engine               = "valkey"
  engine_version       = "8.2"

  # An upgrade that AWS makes by itself would look like one to take back, which replaces the cache.
  auto_minor_version_upgrade = false

  # Room for 2 GiB of data: a quarter of a server's memory is kept for its own use.
  node_type                  = "cache.t4g.medium"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  port                       = 6379
  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.data.arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  user_group_ids             = [aws_elasticache_user_group.session.user_group_id]
  parameter_group_name       = aws_elasticache_parameter_group.session.name
  subnet_group_name          = aws_elasticache_subnet_group.session.name
  security_group_ids         = [aws_security_group.session.id]

  # What is in a cache stands elsewhere too: no backups.
  snapshot_retention_limit = 0
}
