resource "azurerm_servicebus_namespace" "main" {
  name                = "nightly-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name

  # Premium alone has private endpoints and keys of our own, and spans the zones by itself. Its price is by the messaging unit.
  sku                           = "Premium"
  capacity                      = 1
  premium_messaging_partitions  = 1
  minimum_tls_version           = "1.2"
  local_auth_enabled            = false
  public_network_access_enabled = false
  tags                          = local.tags

  customer_managed_key {
    key_vault_key_id                  = azurerm_key_vault_key.data.versionless_id
    identity_id                       = azurerm_user_assigned_identity.encryption.id
    infrastructure_encryption_enabled = true
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.encryption]
}

output "service_bus" {
  description = "Name of the Service Bus namespace."
  value       = azurerm_servicebus_namespace.main.name
}

locals {
  service_bus = "${azurerm_servicebus_namespace.main.name}.servicebus.windows.net"
}

resource "azurerm_private_endpoint" "service_bus" {
  name                = "nightly-service-bus"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "service-bus"
    private_connection_resource_id = azurerm_servicebus_namespace.main.id
    subresource_names              = ["namespace"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "service-bus"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.servicebus.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "service_bus" {
  private_endpoint_id           = azurerm_private_endpoint.service_bus.id
  application_security_group_id = azurerm_application_security_group.service_bus.id
}

# A queue of its own rather than the built-in one, which whoever takes messages may read as well.
resource "azurerm_servicebus_queue" "mails_dead" {
  name                = "mails-dead"
  namespace_id        = azurerm_servicebus_namespace.main.id
  default_message_ttl = "P14D"

  # Where a message brings a shorter time to live of its own, it waits in the built-in dead-letter queue of this one.
  dead_lettering_on_message_expiration = true
  max_size_in_megabytes                = 81920
}

resource "azurerm_servicebus_queue" "mails" {
  name                                 = "mails"
  namespace_id                         = azurerm_servicebus_namespace.main.id
  lock_duration                        = "PT5M"
  max_delivery_count                   = 5
  default_message_ttl                  = "P4D"
  dead_lettering_on_message_expiration = true
  forward_dead_lettered_messages_to    = azurerm_servicebus_queue.mails_dead.name
  max_size_in_megabytes                = 81920
}
