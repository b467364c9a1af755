locals {
  ledger_shards = toset(["east", "west"])
}

variable "ledger_shard_password_version" {
  description = "Raise it to give every shard of ledger a new password, in the servers and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "ledger_shard" {
  for_each = local.ledger_shards
  length   = 32
  special  = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

# One server for each id. A further id adds a server and changes none of the others.
resource "azurerm_postgresql_flexible_server" "ledger_shard" {
  for_each            = local.ledger_shards
  name                = "bumart-ledger-shard-${each.key}-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  version             = "17"
  sku_name            = "GP_Standard_D2ds_v5"

  # 50 GiB, rounded up to a size that Azure has.
  storage_mb                        = 65536
  auto_grow_enabled                 = true
  backup_retention_days             = 7
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.ledger_shard[each.key].result
  administrator_password_wo_version = var.ledger_shard_password_version
  public_network_access_enabled     = false
  tags                              = local.tags

  high_availability {
    mode = "ZoneRedundant"
  }

  customer_managed_key {
    key_vault_key_id                  = azurerm_key_vault_key.data.versionless_id
    primary_user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  # Storage grows by itself, and a failover moves the server to another zone.
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [high_availability[0].standby_availability_zone, storage_mb, zone]
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_postgresql_flexible_server_database" "ledger_shard" {
  for_each  = local.ledger_shards
  name      = "ledger"
  server_id = azurerm_postgresql_flexible_server.ledger_shard[each.key].id

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_postgresql_flexible_server_configuration" "ledger_shard_require_secure_transport" {
  for_each  = local.ledger_shards
  name      = "require_secure_transport"
  server_id = azurerm_postgresql_flexible_server.ledger_shard[each.key].id
  value     = "on"
}

resource "azurerm_postgresql_flexible_server_configuration" "ledger_shard_ssl_min_protocol_version" {
  for_each  = local.ledger_shards
  name      = "ssl_min_protocol_version"
  server_id = azurerm_postgresql_flexible_server.ledger_shard[each.key].id
  value     = "TLSv1.2"
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "ledger_shard" {
  for_each            = azurerm_postgresql_flexible_server.ledger_shard
  name                = "bumart-ledger-shard-${each.key}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "ledger-shard"
    private_connection_resource_id = each.value.id
    subresource_names              = ["postgresqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "ledger-shard"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.postgres.database.azure.com"].id]
  }

  depends_on = [
    azurerm_postgresql_flexible_server_configuration.ledger_shard_require_secure_transport,
    azurerm_postgresql_flexible_server_configuration.ledger_shard_ssl_min_protocol_version,
    azurerm_postgresql_flexible_server_database.ledger_shard,
  ]
}

resource "azurerm_private_endpoint_application_security_group_association" "ledger_shard" {
  for_each                      = azurerm_private_endpoint.ledger_shard
  private_endpoint_id           = each.value.id
  application_security_group_id = azurerm_application_security_group.ledger_shard.id
}

resource "azurerm_management_lock" "ledger_shard" {
  for_each   = azurerm_postgresql_flexible_server.ledger_shard
  name       = "bumart-ledger-shard-${each.key}"
  scope      = each.value.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of bumart."
}

# What machines are told of the shards that rows are routed to: id, host and entry of the vault.
locals {
  ledger_shard_table = join("\n      ", [for id in ["east", "west"] : "${id} ${azurerm_postgresql_flexible_server.ledger_shard[id].fqdn} ${azurerm_key_vault_secret.ledger_shard[id].versionless_id}"])
}

locals {
  main_shards = toset(["s0", "s1", "s2", "s3"])
}

variable "main_shard_password_version" {
  description = "Raise it to give every shard of main a new password, in the servers and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "main_shard" {
  for_each = local.main_shards
  length   = 32
  special  = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

# One server for each id. A further id adds a server and changes none of the others.
resource "azurerm_postgresql_flexible_server" "main_shard" {
  for_each            = local.main_shards
  name                = "bumart-main-shard-${each.key}-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  version             = "17"
  sku_name            = "GP_Standard_D2ds_v5"

  # 200 GiB, rounded up to a size that Azure has.
  storage_mb                        = 262144
  auto_grow_enabled                 = true
  backup_retention_days             = 7
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.main_shard[each.key].result
  administrator_password_wo_version = var.main_shard_password_version
  public_network_access_enabled     = false
  tags                              = local.tags

  high_availability {
    mode = "ZoneRedundant"
  }

  customer_managed_key {
    key_vault_key_id                  = azurerm_key_vault_key.data.versionless_id
    primary_user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  # Storage grows by itself, and a failover moves the server to another zone.
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [high_availability[0].standby_availability_zone, storage_mb, zone]
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_postgresql_flexible_server_database" "main_shard" {
  for_each  = local.main_shards
  name      = "main"
  server_id = azurerm_postgresql_flexible_server.main_shard[each.key].id

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_postgresql_flexible_server_configuration" "main_shard_require_secure_transport" {
  for_each  = local.main_shards
  name      = "require_secure_transport"
  server_id = azurerm_postgresql_flexible_server.main_shard[each.key].id
  value     = "on"
}

resource "azurerm_postgresql_flexible_server_configuration" "main_shard_ssl_min_protocol_version" {
  for_each  = local.main_shards
  name      = "ssl_min_protocol_version"
  server_id = azurerm_postgresql_flexible_server.main_shard[each.key].id
  value     = "TLSv1.2"
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "main_shard" {
  for_each            = azurerm_postgresql_flexible_server.main_shard
  name                = "bumart-main-shard-${each.key}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "main-shard"
    private_connection_resource_id = each.value.id
    subresource_names              = ["postgresqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "main-shard"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.postgres.database.azure.com"].id]
  }

  depends_on = [
    azurerm_postgresql_flexible_server_configuration.main_shard_require_secure_transport,
    azurerm_postgresql_flexible_server_configuration.main_shard_ssl_min_protocol_version,
    azurerm_postgresql_flexible_server_database.main_shard,
  ]
}

resource "azurerm_private_endpoint_application_security_group_association" "main_shard" {
  for_each                      = azurerm_private_endpoint.main_shard
  private_endpoint_id           = each.value.id
  application_security_group_id = azurerm_application_security_group.main_shard.id
}

resource "azurerm_management_lock" "main_shard" {
  for_each   = azurerm_postgresql_flexible_server.main_shard
  name       = "bumart-main-shard-${each.key}"
  scope      = each.value.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of bumart."
}

variable "main_proxy_password_version" {
  description = "Raise it to give the clients of main's proxy a new password, in the proxy and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "main_proxy" {
  length  = 32
  special = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

# What machines are told of the shards that rows are routed to: id, host and entry of the vault.
locals {
  main_shard_table = join("\n      ", [for id in ["s0", "s1", "s2", "s3"] : "${id} ${azurerm_postgresql_flexible_server.main_shard[id].fqdn} ${azurerm_key_vault_secret.main_shard[id].versionless_id}"])
}
