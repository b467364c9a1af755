variable "ledger_password_version" {
  description = "Raise it to give the database ledger a new password, in the server and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "ledger" {
  length  = 32
  special = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

resource "azurerm_postgresql_flexible_server" "ledger" {
  name                = "bumart-ledger-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  version             = "17"
  sku_name            = "GP_Standard_D2ds_v5"

  # 50 GiB, rounded up to a size that Azure has.
  storage_mb                        = 65536
  auto_grow_enabled                 = true
  backup_retention_days             = 7
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.ledger.result
  administrator_password_wo_version = var.ledger_password_version
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

resource "azurerm_postgresql_flexible_server_database" "ledger" {
  name      = "ledger"
  server_id = azurerm_postgresql_flexible_server.ledger.id

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_postgresql_flexible_server_configuration" "ledger" {
  for_each = {
    require_secure_transport = "on"
    ssl_min_protocol_version = "TLSv1.2"
  }

  name      = each.key
  server_id = azurerm_postgresql_flexible_server.ledger.id
  value     = each.value
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "ledger" {
  name                = "bumart-ledger"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "ledger"
    private_connection_resource_id = azurerm_postgresql_flexible_server.ledger.id
    subresource_names              = ["postgresqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "ledger"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.postgres.database.azure.com"].id]
  }

  depends_on = [
    azurerm_postgresql_flexible_server_configuration.ledger,
    azurerm_postgresql_flexible_server_database.ledger,
  ]
}

resource "azurerm_private_endpoint_application_security_group_association" "ledger" {
  private_endpoint_id           = azurerm_private_endpoint.ledger.id
  application_security_group_id = azurerm_application_security_group.ledger.id
}

# prevent_destroy stops Terraform, the lock everybody else.
resource "azurerm_management_lock" "ledger" {
  name       = "bumart-ledger"
  scope      = azurerm_postgresql_flexible_server.ledger.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of bumart."
}

variable "main_password_version" {
  description = "Raise it to give the database main a new password, in the server and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "main" {
  length  = 32
  special = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

resource "azurerm_postgresql_flexible_server" "main" {
  name                = "bumart-main-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  version             = "17"
  sku_name            = "GP_Standard_D2ds_v5"

  # 100 GiB, rounded up to a size that Azure has.
  storage_mb                        = 131072
  auto_grow_enabled                 = true
  backup_retention_days             = 7
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.main.result
  administrator_password_wo_version = var.main_password_version
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

resource "azurerm_postgresql_flexible_server_database" "main" {
  name      = "main"
  server_id = azurerm_postgresql_flexible_server.main.id

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_postgresql_flexible_server_configuration" "main" {
  for_each = {
    require_secure_transport = "on"
    ssl_min_protocol_version = "TLSv1.2"
  }

  name      = each.key
  server_id = azurerm_postgresql_flexible_server.main.id
  value     = each.value
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "main" {
  name                = "bumart-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "main"
    private_connection_resource_id = azurerm_postgresql_flexible_server.main.id
    subresource_names              = ["postgresqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "main"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.postgres.database.azure.com"].id]
  }

  depends_on = [
    azurerm_postgresql_flexible_server_configuration.main,
    azurerm_postgresql_flexible_server_database.main,
  ]
}

resource "azurerm_private_endpoint_application_security_group_association" "main" {
  private_endpoint_id           = azurerm_private_endpoint.main.id
  application_security_group_id = azurerm_application_security_group.main.id
}

# prevent_destroy stops Terraform, the lock everybody else.
resource "azurerm_management_lock" "main" {
  name       = "bumart-main"
  scope      = azurerm_postgresql_flexible_server.main.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of bumart."
}
