# GRS, a copy in the paired region: zone-redundant accounts have no archive tier.
resource "azurerm_storage_account" "media" {
  name                            = "mediaiotmedia${random_id.suffix.hex}"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  account_tier                    = "Standard"
  account_replication_type        = "GRS"
  min_tls_version                 = "TLS1_2"
  default_to_oauth_authentication = true
  local_user_enabled              = false
  allow_nested_items_to_be_public = false
  public_network_access_enabled   = false
  shared_access_key_enabled       = false
  tags                            = local.tags

  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }

  customer_managed_key {
    key_vault_key_id          = azurerm_key_vault_key.data.versionless_id
    user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = 7
    }

    container_delete_retention_policy {
      days = 7
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_storage_container" "media" {
  name               = "mediaiot-media"
  storage_account_id = azurerm_storage_account.media.id
}

# What is left of an unfinished upload needs no rule: Azure drops it after a week.
resource "azurerm_storage_management_policy" "media" {
  storage_account_id = azurerm_storage_account.media.id

  rule {
    name    = "media"
    enabled = true

    filters {
      blob_types = ["blockBlob"]
    }

    actions {
      base_blob {
        tier_to_cool_after_days_since_modification_greater_than    = 30
        tier_to_archive_after_days_since_modification_greater_than = 90
        delete_after_days_since_modification_greater_than          = 730
      }

      version {
        delete_after_days_since_creation = 30
      }
    }
  }
}

resource "azurerm_private_endpoint" "media" {
  name                = "mediaiot-media"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "media"
    private_connection_resource_id = azurerm_storage_account.media.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "media"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "media" {
  private_endpoint_id           = azurerm_private_endpoint.media.id
  application_security_group_id = azurerm_application_security_group.media.id
}

# prevent_destroy stops Terraform, the lock everybody else.
resource "azurerm_management_lock" "media" {
  name       = "mediaiot-media"
  scope      = azurerm_storage_account.media.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of mediaiot."
}

# GRS, a copy in the paired region: zone-redundant accounts have no archive tier.
resource "azurerm_storage_account" "raw" {
  name                            = "mediaiotraw${random_id.suffix.hex}"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  account_tier                    = "Standard"
  account_replication_type        = "GRS"
  min_tls_version                 = "TLS1_2"
  default_to_oauth_authentication = true
  local_user_enabled              = false
  allow_nested_items_to_be_public = false
  public_network_access_enabled   = false
  shared_access_key_enabled       = false
  tags                            = local.tags

  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }

  customer_managed_key {
    key_vault_key_id          = azurerm_key_vault_key.data.versionless_id
    user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = 7
    }

    container_delete_retention_policy {
      days = 7
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_storage_container" "raw" {
  name               = "mediaiot-raw"
  storage_account_id = azurerm_storage_account.raw.id
}

# What is left of an unfinished upload needs no rule: Azure drops it after a week.
resource "azurerm_storage_management_policy" "raw" {
  storage_account_id = azurerm_storage_account.raw.id

  rule {
    name    = "raw"
    enabled = true

    filters {
      blob_types = ["blockBlob"]
    }

    actions {
      base_blob {
        tier_to_archive_after_days_since_modification_greater_than = 90
        delete_after_days_since_modification_greater_than          = 730
      }

      version {
        delete_after_days_since_creation = 30
      }
    }
  }
}

resource "azurerm_private_endpoint" "raw" {
  name                = "mediaiot-raw"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "raw"
    private_connection_resource_id = azurerm_storage_account.raw.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "raw"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "raw" {
  private_endpoint_id           = azurerm_private_endpoint.raw.id
  application_security_group_id = azurerm_application_security_group.raw.id
}

# prevent_destroy stops Terraform, the lock everybody else.
resource "azurerm_management_lock" "raw" {
  name       = "mediaiot-raw"
  scope      = azurerm_storage_account.raw.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of mediaiot."
}
