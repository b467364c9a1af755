resource "azurerm_user_assigned_identity" "close" {
  name                = "nightly-dev-close"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "close" {
  for_each = {
    "mails/send" = {
      role  = "Azure Service Bus Data Sender"
      scope = azurerm_servicebus_queue.mails.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.close.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "mailer" {
  name                = "nightly-dev-mailer"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "mailer" {
  for_each = {
    mail-key = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.mail_key.resource_versionless_id
    }
    "mails/receive" = {
      role  = "Azure Service Bus Data Receiver"
      scope = azurerm_servicebus_queue.mails.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.mailer.principal_id
  principal_type       = "ServicePrincipal"
}

# Azure's roles that write read as well: the condition takes that away.
resource "azurerm_role_assignment" "object_writer" {
  for_each = {
    "close/reports" = {
      principal = azurerm_user_assigned_identity.close.principal_id
      scope     = azurerm_storage_container.reports.id
    }
  }

  scope                = each.value.scope
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = each.value.principal
  principal_type       = "ServicePrincipal"
  condition_version    = "2.0"

  # Reading is left for a container without a name, which there is not.
  condition = "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals ''))"
}
