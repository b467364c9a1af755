resource "azurerm_user_assigned_identity" "notes" {
  name                = "notes-notes"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "summary" {
  name                = "notes-summary"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "summary" {
  for_each = {
    media = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.media.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.summary.principal_id
  principal_type       = "ServicePrincipal"
}

# These write objects below one prefix, and nowhere else.
resource "azurerm_role_assignment" "prefix_writer" {
  for_each = {
    "summary/media" = {
      principal = azurerm_user_assigned_identity.summary.principal_id
      scope     = azurerm_storage_container.media.id
      condition = "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'}) AND !(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'}) AND !(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs:path] StringStartsWith 'summaries/'))"
    }
  }

  scope                = each.value.scope
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = each.value.principal
  principal_type       = "ServicePrincipal"
  condition_version    = "2.0"
  condition            = each.value.condition
}

# The account's own roles, on single containers: those of Azure's do not reach items.
resource "azurerm_cosmosdb_sql_role_assignment" "products" {
  for_each = {
    "notes/items" = {
      principal = azurerm_user_assigned_identity.notes.principal_id
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
