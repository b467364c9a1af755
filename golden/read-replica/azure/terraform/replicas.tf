variable "main_replica_series" {
  description = "Part of the names of main's read replicas. Another letter makes all of them anew, under new names: after a promotion, the old names are taken."
  type        = string
  default     = "a"
}

# Spread over the zones. Maintenance comes to each at a time of its own: from the hour of the blueprint's backups on (UTC), another day
# (0 is Sunday) for each.
resource "azurerm_postgresql_flexible_server" "main_replica" {
  for_each = {
    "1" = {
      zone = "1"
      day  = 0
      hour = 18
    }
    "2" = {
      zone = "2"
      day  = 1
      hour = 18
    }
  }

  name                = "bushop-main-replica-${each.key}${var.main_replica_series}-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  create_mode         = "Replica"
  source_server_id    = azurerm_postgresql_flexible_server.main.id
  sku_name            = "GP_Standard_D2ds_v5"
  zone                = each.value.zone

  # At least what the primary has grown to.
  storage_mb                    = azurerm_postgresql_flexible_server.main.storage_mb
  auto_grow_enabled             = true
  public_network_access_enabled = false
  tags                          = local.tags

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
    ignore_changes  = [storage_mb, zone]
  }

  # The primary does one thing at a time.
  depends_on = [azurerm_private_endpoint.main]
}

resource "azurerm_postgresql_flexible_server_configuration" "main_replica" {
  for_each = {
    "1/require_secure_transport" = {
      server = azurerm_postgresql_flexible_server.main_replica["1"].id
      name   = "require_secure_transport"
      value  = "on"
    }
    "1/ssl_min_protocol_version" = {
      server = azurerm_postgresql_flexible_server.main_replica["1"].id
      name   = "ssl_min_protocol_version"
      value  = "TLSv1.2"
    }
    "2/require_secure_transport" = {
      server = azurerm_postgresql_flexible_server.main_replica["2"].id
      name   = "require_secure_transport"
      value  = "on"
    }
    "2/ssl_min_protocol_version" = {
      server = azurerm_postgresql_flexible_server.main_replica["2"].id
      name   = "ssl_min_protocol_version"
      value  = "TLSv1.2"
    }
  }

  name      = each.value.name
  server_id = each.value.server
  value     = each.value.value
}

resource "azurerm_private_endpoint" "main_replica" {
  for_each            = azurerm_postgresql_flexible_server.main_replica
  name                = "bushop-main-replica-${each.key}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "main-replica"
    private_connection_resource_id = each.value.id
    subresource_names              = ["postgresqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "main-replica"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.postgres.database.azure.com"].id]
  }

  depends_on = [azurerm_postgresql_flexible_server_configuration.main_replica]
}

resource "azurerm_private_endpoint_application_security_group_association" "main_replica" {
  for_each                      = azurerm_private_endpoint.main_replica
  private_endpoint_id           = each.value.id
  application_security_group_id = azurerm_application_security_group.main_read.id
}

resource "azurerm_management_lock" "main_replica" {
  for_each   = azurerm_postgresql_flexible_server.main_replica
  name       = "bushop-main-replica-${each.key}"
  scope      = each.value.id
  lock_level = "CanNotDelete"
  notes      = "Answers the readers of bushop."
}
