# What a service that knows the shards may read: the password of each.
locals {
  ledger_shard_grants = { for id, secret in azurerm_key_vault_secret.ledger_shard : "ledger-shard-${id}" => {
    role  = "Key Vault Secrets User"
    scope = secret.resource_versionless_id
  } }
}

# What a service that knows the shards may read: the password of each.
locals {
  main_shard_grants = { for id, secret in azurerm_key_vault_secret.main_shard : "main-shard-${id}" => {
    role  = "Key Vault Secrets User"
    scope = secret.resource_versionless_id
  } }
}

resource "azurerm_user_assigned_identity" "billing" {
  name                = "bumart-billing"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "billing" {
  for_each = merge({
    ledger = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.ledger.resource_versionless_id
    }
    ledger-shards-map = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.ledger_shards_map.resource_versionless_id
    }
  }, local.ledger_shard_grants)

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.billing.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "market" {
  name                = "bumart-market"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "market" {
  for_each = {
    main-proxy = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.main_proxy.resource_versionless_id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.market.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "main_proxy" {
  name                = "bumart-main-proxy"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "main_proxy" {
  for_each = merge({
    main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.main.resource_versionless_id
    }
    main-proxy = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.main_proxy.resource_versionless_id
    }
  }, local.main_shard_grants)

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.main_proxy.principal_id
  principal_type       = "ServicePrincipal"
}
