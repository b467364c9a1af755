resource "azurerm_eventhub_namespace" "main" {
  name                = "sensors-dev-streams-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name

  # Premium alone takes a key of our own. Its price is by the processing unit.
  sku                           = "Premium"
  capacity                      = 1
  local_authentication_enabled  = false
  public_network_access_enabled = false

  network_rulesets = [{
    default_action                 = "Deny"
    public_network_access_enabled  = false
    trusted_service_access_enabled = false
    ip_rule                        = []
    virtual_network_rule           = []
  }]

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_eventhub_namespace_customer_managed_key" "main" {
  eventhub_namespace_id = azurerm_eventhub_namespace.main.id

  # Named without a version, a rotated key is taken by itself.
  key_vault_key_ids                 = [azurerm_key_vault_key.data.versionless_id]
  user_assigned_identity_id         = azurerm_user_assigned_identity.encryption.id
  infrastructure_encryption_enabled = true
}

output "event_hubs" {
  description = "Name of the Event Hubs namespace."
  value       = azurerm_eventhub_namespace.main.name
}

locals {
  event_hubs = "${azurerm_eventhub_namespace.main.name}.servicebus.windows.net"
}

resource "azurerm_private_endpoint" "event_hubs" {
  name                = "sensors-dev-event-hubs"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "event-hubs"
    private_connection_resource_id = azurerm_eventhub_namespace.main.id
    subresource_names              = ["namespace"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "event-hubs"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.servicebus.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "event_hubs" {
  private_endpoint_id           = azurerm_private_endpoint.event_hubs.id
  application_security_group_id = azurerm_application_security_group.event_hubs.id
}

resource "azurerm_eventhub" "readings" {
  name            = "readings"
  namespace_id    = azurerm_eventhub_namespace.main.id
  partition_count = 4

  retention_description {
    cleanup_policy          = "Delete"
    retention_time_in_hours = 48
  }

  # A namespace with a hub in it takes no key any more.
  depends_on = [azurerm_eventhub_namespace_customer_managed_key.main]
}

resource "azurerm_eventhub_consumer_group" "hot_from_readings" {
  name                = "hot"
  namespace_name      = azurerm_eventhub_namespace.main.name
  eventhub_name       = azurerm_eventhub.readings.name
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_eventhub_consumer_group" "mean_from_readings" {
  name                = "mean"
  namespace_name      = azurerm_eventhub_namespace.main.name
  eventhub_name       = azurerm_eventhub.readings.name
  resource_group_name = azurerm_resource_group.main.name
}
