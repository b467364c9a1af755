# Images are pushed from admin_cidrs, and pulled over the private endpoint.
resource "azurerm_container_registry" "main" {
  name                = "bumallregistry${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name

  # Premium alone has private endpoints and a key of our own.
  sku                           = "Premium"
  admin_enabled                 = false
  public_network_access_enabled = length(var.admin_cidrs) > 0

  network_rule_set = [{
    default_action = "Deny"
    ip_rule = [for range in var.admin_cidrs : {
      action   = "Allow"
      ip_range = range
    }]
  }]

  # The task that removes old images is Azure's, and outside of the network.
  network_rule_bypass_for_tasks_enabled = true

  # Layers come from an address of the registry's own.
  data_endpoint_enabled    = true
  zone_redundancy_enabled  = true
  retention_policy_in_days = 7

  # Named without a version, a rotated key is taken by itself.
  encryption = [{
    identity_client_id = azurerm_user_assigned_identity.encryption.client_id
    key_vault_key_id   = azurerm_key_vault_key.data.versionless_id
  }]

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_private_endpoint" "registry" {
  name                = "bumall-registry"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "registry"
    private_connection_resource_id = azurerm_container_registry.main.id
    subresource_names              = ["registry"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "registry"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.azurecr.io"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "registry" {
  private_endpoint_id           = azurerm_private_endpoint.registry.id
  application_security_group_id = azurerm_application_security_group.registry.id
}

# Keeps the latest 30 images of each name, with an identity of its own.
resource "azurerm_container_registry_task" "purge" {
  name                  = "purge"
  container_registry_id = azurerm_container_registry.main.id
  tags                  = local.tags

  platform {
    os = "Linux"
  }

  agent_setting {
    cpu = 2
  }

  encoded_step {
    task_content = base64encode(<<-EOT
      version: v1.1.0
      steps:
        - cmd: acr purge --filter 'mailer:.*' --filter 'market:.*' --filter 'pay:.*' --filter 'ship:.*' --filter 'ship-worker:.*' --ago 0d --keep 30
          disableWorkingDirectoryOverride: true
          timeout: 3600
    EOT
    )
  }

  identity {
    type = "SystemAssigned"
  }

  registry_credential {
    custom {
      login_server = azurerm_container_registry.main.login_server
      identity     = "[system]"
    }
  }

  timer_trigger {
    name     = "weekly"
    schedule = "0 1 * * Sun"
  }
}

resource "azurerm_role_assignment" "registry_purge" {
  for_each = {
    delete = "AcrDelete"
    pull   = "AcrPull"
  }

  scope                = azurerm_container_registry.main.id
  role_definition_name = each.value
  principal_id         = azurerm_container_registry_task.purge.identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

output "registry" {
  description = "Host name of the registry: images are pushed to it."
  value       = azurerm_container_registry.main.login_server
}
