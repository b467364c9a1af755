resource "azurerm_user_assigned_identity" "intake" {
  name                = "sensors-intake"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "intake" {
  for_each = {
    "readings/send" = {
      role  = "Azure Event Hubs Data Sender"
      scope = azurerm_eventhub.readings.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.intake.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "hot" {
  name                = "sensors-hot"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "hot" {
  for_each = {
    "readings/receive" = {
      role  = "Azure Event Hubs Data Receiver"
      scope = azurerm_eventhub.readings.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.hot.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "mean" {
  name                = "sensors-mean"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "mean" {
  for_each = {
    "readings/receive" = {
      role  = "Azure Event Hubs Data Receiver"
      scope = azurerm_eventhub.readings.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.mean.principal_id
  principal_type       = "ServicePrincipal"
}

# Azure's roles that write read as well: the condition takes that away.
resource "azurerm_role_assignment" "object_writer" {
  for_each = {
    "mean/raw" = {
      principal = azurerm_user_assigned_identity.mean.principal_id
      scope     = azurerm_storage_container.raw.id
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

# Writes items, and reads none: the roles that every account has read whatever they write.
resource "azurerm_cosmosdb_sql_role_definition" "means_writer" {
  name                = "writer"
  resource_group_name = azurerm_resource_group.main.name
  account_name        = azurerm_cosmosdb_account.means.name
  assignable_scopes   = [azurerm_cosmosdb_account.means.id]

  permissions {
    data_actions = [
      "Microsoft.DocumentDB/databaseAccounts/readMetadata",
      "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/create",
      "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/delete",
      "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/replace",
      "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/upsert",
    ]
  }
}

# The account's own roles, on single containers: those of Azure's do not reach items.
resource "azurerm_cosmosdb_sql_role_assignment" "means" {
  for_each = {
    "mean/items" = {
      principal = azurerm_user_assigned_identity.mean.principal_id
      role      = azurerm_cosmosdb_sql_role_definition.means_writer.id
      scope     = "${azurerm_cosmosdb_account.means.id}/dbs/means/colls/means"
    }
  }

  resource_group_name = azurerm_resource_group.main.name
  account_name        = azurerm_cosmosdb_account.means.name
  role_definition_id  = each.value.role
  principal_id        = each.value.principal
  scope               = each.value.scope
  depends_on          = [azurerm_cosmosdb_sql_container.means]
}
