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

resource "azurerm_mysql_flexible_server" "main" {
  name                              = "buestate-main-${random_id.suffix.hex}"
  location                          = azurerm_resource_group.main.location
  resource_group_name               = azurerm_resource_group.main.name
  version                           = "8.4"
  sku_name                          = "GP_Standard_D4ads_v5"
  backup_retention_days             = 14
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.main.result
  administrator_password_wo_version = var.main_password_version
  public_network_access             = "Disabled"
  tags                              = local.tags

  storage {
    size_gb           = 200
    auto_grow_enabled = true
  }

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
    ignore_changes  = [high_availability[0].standby_availability_zone, storage[0].size_gb, zone]
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_mysql_flexible_database" "main" {
  name                = "main"
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.main.name
  charset             = "utf8mb4"
  collation           = "utf8mb4_0900_ai_ci"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_mysql_flexible_server_configuration" "main" {
  for_each = {
    require_secure_transport = "ON"
    tls_version              = "TLSv1.2,TLSv1.3"
  }

  name                = each.key
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.main.name
  value               = each.value
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "main" {
  name                = "buestate-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "main"
    private_connection_resource_id = azurerm_mysql_flexible_server.main.id
    subresource_names              = ["mysqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "main"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.mysql.database.azure.com"].id]
  }

  depends_on = [azurerm_mysql_flexible_database.main, azurerm_mysql_flexible_server_configuration.main]
}

resource "azurerm_private_endpoint_application_security_group_association" "main" {
  private_endpoint_id           = azurerm_private_endpoint.main.id
  application_security_group_id = azurerm_application_security_group.main.id
}

# prevent_destroy stops Terraform, the lock everybody else.
resource "azurerm_management_lock" "main" {
  name       = "buestate-main"
  scope      = azurerm_mysql_flexible_server.main.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of buestate."
}
