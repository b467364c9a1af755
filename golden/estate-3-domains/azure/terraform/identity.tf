resource "azurerm_user_assigned_identity" "report" {
  name                = "buestate-report"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "report" {
  for_each = {
    main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.main.resource_versionless_id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.report.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "was" {
  name                = "buestate-was"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "was" {
  for_each = {
    documents = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.documents.id
    }
    main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.main.resource_versionless_id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.was.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "web" {
  name                = "buestate-web"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}
