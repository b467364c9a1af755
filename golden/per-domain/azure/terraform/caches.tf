# Nothing guards it against deletion, and no copy of it is written to disk: what is in a cache can be made again.
resource "azurerm_managed_redis" "session" {
  name                      = "bumall-session-${random_id.suffix.hex}"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  sku_name                  = "Balanced_B3"
  high_availability_enabled = true
  public_network_access     = "Disabled"
  tags                      = local.tags

  default_database {
    access_keys_authentication_enabled = false
    client_protocol                    = "Encrypted"

    # One address for all of it: clients need not know of a cluster.
    clustering_policy = "EnterpriseCluster"
    eviction_policy   = "AllKeysLRU"
  }

  customer_managed_key {
    # Azure takes no key here without its version: the apply after a rotation passes the new one on.
    key_vault_key_id          = azurerm_key_vault_key.data.id
    user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_private_endpoint" "session" {
  name                = "bumall-session"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "session"
    private_connection_resource_id = azurerm_managed_redis.session.id
    subresource_names              = ["redisEnterprise"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "session"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.redis.azure.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "session" {
  private_endpoint_id           = azurerm_private_endpoint.session.id
  application_security_group_id = azurerm_application_security_group.session.id
}
