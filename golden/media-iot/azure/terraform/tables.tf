resource "azurerm_cosmosdb_account" "means" {
  name                               = "mediaiot-means-${random_id.suffix.hex}"
  location                           = azurerm_resource_group.main.location
  resource_group_name                = azurerm_resource_group.main.name
  offer_type                         = "Standard"
  local_authentication_enabled       = false
  access_key_metadata_writes_enabled = false
  public_network_access_enabled      = false
  key_vault_key_id                   = azurerm_key_vault_key.data.versionless_id
  default_identity_type              = "UserAssignedIdentity=${azurerm_user_assigned_identity.encryption.id}"
  tags                               = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  capabilities {
    name = "EnableServerless"
  }

  consistency_policy {
    consistency_level = "Session"
  }

  geo_location {
    location          = azurerm_resource_group.main.location
    failover_priority = 0
    zone_redundant    = true
  }

  backup {
    # To any second of the last 30 days, into an account of its own.
    type = "Continuous"
    tier = "Continuous30Days"
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_cosmosdb_sql_database" "means" {
  name                = "means"
  resource_group_name = azurerm_resource_group.main.name
  account_name        = azurerm_cosmosdb_account.means.name
}

resource "azurerm_cosmosdb_sql_container" "means" {
  name                  = "means"
  resource_group_name   = azurerm_resource_group.main.name
  account_name          = azurerm_cosmosdb_account.means.name
  database_name         = azurerm_cosmosdb_sql_database.means.name
  partition_key_paths   = ["/device"]
  partition_key_version = 2

  # An item goes when its own `ttl` is over; one without stays.
  default_ttl = -1

  indexing_policy {
    included_path {
      path = "/*"
    }

    excluded_path {
      path = "/\"_etag\"/?"
    }

    composite_index {
      index {
        path  = "/day"
        order = "ascending"
      }

      index {
        path  = "/minute"
        order = "ascending"
      }
    }
  }

  # There is one item of a key.
  unique_key {
    paths = ["/minute"]
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_private_endpoint" "means" {
  name                = "mediaiot-means"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "means"
    private_connection_resource_id = azurerm_cosmosdb_account.means.id
    subresource_names              = ["Sql"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "means"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.documents.azure.com"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "means" {
  private_endpoint_id           = azurerm_private_endpoint.means.id
  application_security_group_id = azurerm_application_security_group.means.id
}

resource "azurerm_cosmosdb_account" "pictures" {
  name                               = "mediaiot-pictures-${random_id.suffix.hex}"
  location                           = azurerm_resource_group.main.location
  resource_group_name                = azurerm_resource_group.main.name
  offer_type                         = "Standard"
  local_authentication_enabled       = false
  access_key_metadata_writes_enabled = false
  public_network_access_enabled      = false
  key_vault_key_id                   = azurerm_key_vault_key.data.versionless_id
  default_identity_type              = "UserAssignedIdentity=${azurerm_user_assigned_identity.encryption.id}"
  tags                               = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  capabilities {
    name = "EnableServerless"
  }

  consistency_policy {
    consistency_level = "Session"
  }

  geo_location {
    location          = azurerm_resource_group.main.location
    failover_priority = 0
    zone_redundant    = true
  }

  backup {
    # To any second of the last 30 days, into an account of its own.
    type = "Continuous"
    tier = "Continuous30Days"
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_cosmosdb_sql_database" "pictures" {
  name                = "pictures"
  resource_group_name = azurerm_resource_group.main.name
  account_name        = azurerm_cosmosdb_account.pictures.name
}

resource "azurerm_cosmosdb_sql_container" "pictures" {
  name                  = "pictures"
  resource_group_name   = azurerm_resource_group.main.name
  account_name          = azurerm_cosmosdb_account.pictures.name
  database_name         = azurerm_cosmosdb_sql_database.pictures.name
  partition_key_paths   = ["/owner"]
  partition_key_version = 2

  indexing_policy {
    included_path {
      path = "/*"
    }

    excluded_path {
      path = "/\"_etag\"/?"
    }

    composite_index {
      index {
        path  = "/day"
        order = "ascending"
      }

      index {
        path  = "/key"
        order = "ascending"
      }
    }
  }

  # There is one item of a key.
  unique_key {
    paths = ["/key"]
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_private_endpoint" "pictures" {
  name                = "mediaiot-pictures"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "pictures"
    private_connection_resource_id = azurerm_cosmosdb_account.pictures.id
    subresource_names              = ["Sql"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "pictures"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.documents.azure.com"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "pictures" {
  private_endpoint_id           = azurerm_private_endpoint.pictures.id
  application_security_group_id = azurerm_application_security_group.pictures.id
}
