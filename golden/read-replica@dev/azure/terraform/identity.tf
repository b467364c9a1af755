resource "azurerm_user_assigned_identity" "catalog" {
  name                = "bushop-dev-catalog"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "catalog" {
  for_each = {
    main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.main.resource_versionless_id
    }
    search-key = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.search_key.resource_versionless_id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.catalog.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "checkout" {
  name                = "bushop-dev-checkout"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "checkout" {
  for_each = {
    main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.main.resource_versionless_id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.checkout.principal_id
  principal_type       = "ServicePrincipal"
}
