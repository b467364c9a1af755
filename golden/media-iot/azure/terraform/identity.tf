resource "azurerm_user_assigned_identity" "intake" {
  name                = "mediaiot-intake"
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

resource "azurerm_user_assigned_identity" "alarm" {
  name                = "mediaiot-alarm"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "alarm" {
  for_each = {
    "alerts/receive" = {
      role  = "Azure Service Bus Data Receiver"
      scope = azurerm_servicebus_queue.alerts.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.alarm.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "archive" {
  name                = "mediaiot-archive"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "close" {
  name                = "mediaiot-close"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "hot" {
  name                = "mediaiot-hot"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "hot" {
  for_each = {
    "alerts/send" = {
      role  = "Azure Service Bus Data Sender"
      scope = azurerm_servicebus_queue.alerts.id
    }
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
  name                = "mediaiot-mean"
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

resource "azurerm_user_assigned_identity" "means_api" {
  name                = "mediaiot-means-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "notify" {
  name                = "mediaiot-notify"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "notify" {
  for_each = {
    "notify-from-uploaded/receive" = {
      role  = "Azure Service Bus Data Receiver"
      scope = azurerm_servicebus_queue.notify_from_uploaded.id
    }
    push-key = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.push_key.resource_versionless_id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.notify.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "pictures_api" {
  name                = "mediaiot-pictures-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "report" {
  name                = "mediaiot-report"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "rollup" {
  name                = "mediaiot-rollup"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "summary" {
  name                = "mediaiot-summary"
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
    "uploaded/send" = {
      role  = "Azure Service Bus Data Sender"
      scope = azurerm_servicebus_topic.uploaded.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.summary.principal_id
  principal_type       = "ServicePrincipal"
}

# Azure's roles that write read as well: the condition takes that away.
resource "azurerm_role_assignment" "object_writer" {
  for_each = {
    "archive/raw" = {
      principal = azurerm_user_assigned_identity.archive.principal_id
      scope     = azurerm_storage_container.raw.id
    }
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
    "archive/items" = {
      principal = azurerm_user_assigned_identity.archive.principal_id
      role      = "${azurerm_cosmosdb_account.means.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000001"
      scope     = "${azurerm_cosmosdb_account.means.id}/dbs/means/colls/means"
    }
    "mean/items" = {
      principal = azurerm_user_assigned_identity.mean.principal_id
      role      = azurerm_cosmosdb_sql_role_definition.means_writer.id
      scope     = "${azurerm_cosmosdb_account.means.id}/dbs/means/colls/means"
    }
    "means-api/items" = {
      principal = azurerm_user_assigned_identity.means_api.principal_id
      role      = "${azurerm_cosmosdb_account.means.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000001"
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

# Writes items, and reads none: the roles that every account has read whatever they write.
resource "azurerm_cosmosdb_sql_role_definition" "pictures_writer" {
  name                = "writer"
  resource_group_name = azurerm_resource_group.main.name
  account_name        = azurerm_cosmosdb_account.pictures.name
  assignable_scopes   = [azurerm_cosmosdb_account.pictures.id]

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
resource "azurerm_cosmosdb_sql_role_assignment" "pictures" {
  for_each = {
    "pictures-api/items" = {
      principal = azurerm_user_assigned_identity.pictures_api.principal_id
      role      = "${azurerm_cosmosdb_account.pictures.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002"
      scope     = "${azurerm_cosmosdb_account.pictures.id}/dbs/pictures/colls/pictures"
    }
    "summary/items" = {
      principal = azurerm_user_assigned_identity.summary.principal_id
      role      = azurerm_cosmosdb_sql_role_definition.pictures_writer.id
      scope     = "${azurerm_cosmosdb_account.pictures.id}/dbs/pictures/colls/pictures"
    }
  }

  resource_group_name = azurerm_resource_group.main.name
  account_name        = azurerm_cosmosdb_account.pictures.name
  role_definition_id  = each.value.role
  principal_id        = each.value.principal
  scope               = each.value.scope
  depends_on          = [azurerm_cosmosdb_sql_container.pictures]
}
