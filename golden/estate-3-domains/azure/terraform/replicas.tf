variable "main_replica_series" {
  description = "Part of the names of main's read replicas. Another letter makes all of them anew, under new names: after a promotion, the old names are taken."
  type        = string
  default     = "a"
}

# A new server can be copied when its first backup is there, which is some minutes after it is made.
resource "time_sleep" "main_replica" {
  create_duration = "10m"

  triggers = {
    primary = azurerm_mysql_flexible_server.main.id
  }

  depends_on = [azurerm_private_endpoint.main]
}

# Spread over the zones. Maintenance comes to each at a time of its own: from the hour of the blueprint's backups on (UTC), another day
# (0 is Sunday) for each.
resource "azurerm_mysql_flexible_server" "main_replica" {
  for_each = {
    "1" = {
      zone = "1"
      day  = 0
      hour = 17
    }
    "2" = {
      zone = "2"
      day  = 1
      hour = 17
    }
  }

  name                  = "buestate-main-replica-${each.key}${var.main_replica_series}-${random_id.suffix.hex}"
  location              = azurerm_resource_group.main.location
  resource_group_name   = azurerm_resource_group.main.name
  create_mode           = "Replica"
  source_server_id      = azurerm_mysql_flexible_server.main.id
  sku_name              = "GP_Standard_D4ads_v5"
  zone                  = each.value.zone
  version               = "8.4"
  backup_retention_days = 14
  public_network_access = "Disabled"
  tags                  = local.tags

  storage {
    # At least what the primary has grown to.
    size_gb           = azurerm_mysql_flexible_server.main.storage[0].size_gb
    auto_grow_enabled = true
  }

  customer_managed_key {
    key_vault_key_id                  = azurerm_key_vault_key.data.versionless_id
    primary_user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  maintenance_window {
    day_of_week = each.value.day
    start_hour  = each.value.hour
  }

  # Storage grows by itself, and no server changes its zone.
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [storage[0].size_gb, zone]
  }

  # The primary does one thing at a time.
  depends_on = [time_sleep.main_replica]
}

resource "azurerm_mysql_flexible_server_configuration" "main_replica" {
  for_each = {
    "1/require_secure_transport" = {
      server = azurerm_mysql_flexible_server.main_replica["1"].name
      name   = "require_secure_transport"
      value  = "ON"
    }
    "1/tls_version" = {
      server = azurerm_mysql_flexible_server.main_replica["1"].name
      name   = "tls_version"
      value  = "TLSv1.2,TLSv1.3"
    }
    "2/require_secure_transport" = {
      server = azurerm_mysql_flexible_server.main_replica["2"].name
      name   = "require_secure_transport"
      value  = "ON"
    }
    "2/tls_version" = {
      server = azurerm_mysql_flexible_server.main_replica["2"].name
      name   = "tls_version"
      value  = "TLSv1.2,TLSv1.3"
    }
  }

  name                = each.value.name
  resource_group_name = azurerm_resource_group.main.name
  server_name         = each.value.server
  value               = each.value.value
}

resource "azurerm_private_endpoint" "main_replica" {
  for_each            = azurerm_mysql_flexible_server.main_replica
  name                = "buestate-main-replica-${each.key}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "main-replica"
    private_connection_resource_id = each.value.id
    subresource_names              = ["mysqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "main-replica"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.mysql.database.azure.com"].id]
  }

  depends_on = [azurerm_mysql_flexible_server_configuration.main_replica]
}

resource "azurerm_private_endpoint_application_security_group_association" "main_replica" {
  for_each                      = azurerm_private_endpoint.main_replica
  private_endpoint_id           = each.value.id
  application_security_group_id = azurerm_application_security_group.main_read.id
}

resource "azurerm_management_lock" "main_replica" {
  for_each   = azurerm_mysql_flexible_server.main_replica
  name       = "buestate-main-replica-${each.key}"
  scope      = each.value.id
  lock_level = "CanNotDelete"
  notes      = "Answers the readers of buestate."
}
