resource "azurerm_user_assigned_identity" "items" {
  name                = "catalog-items"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "reviews" {
  name                = "catalog-reviews"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

# The account's own roles, on single containers: those of Azure's do not reach items.
resource "azurerm_cosmosdb_sql_role_assignment" "opinions" {
  for_each = {
    "reviews/items" = {
      principal = azurerm_user_assigned_identity.reviews.principal_id
      role      = "${azurerm_cosmosdb_account.opinions.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002"
      scope     = "${azurerm_cosmosdb_account.opinions.id}/dbs/opinions/colls/opinions"
    }
  }

  resource_group_name = azurerm_resource_group.main.name
  account_name        = azurerm_cosmosdb_account.opinions.name
  role_definition_id  = each.value.role
  principal_id        = each.value.principal
  scope               = each.value.scope
  depends_on          = [azurerm_cosmosdb_sql_container.opinions]
}

# The account's own roles, on single containers: those of Azure's do not reach items.
resource "azurerm_cosmosdb_sql_role_assignment" "products" {
  for_each = {
    "items/items" = {
      principal = azurerm_user_assigned_identity.items.principal_id
      role      = "${azurerm_cosmosdb_account.products.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002"
      scope     = "${azurerm_cosmosdb_account.products.id}/dbs/products/colls/products"
    }
  }

  resource_group_name = azurerm_resource_group.main.name
  account_name        = azurerm_cosmosdb_account.products.name
  role_definition_id  = each.value.role
  principal_id        = each.value.principal
  scope               = each.value.scope
  depends_on          = [azurerm_cosmosdb_sql_container.products]
}
