resource "azurerm_key_vault_key" "data" {
  name         = "data"
  key_vault_id = azurerm_key_vault.main.id
  key_type     = "RSA-HSM"
  key_size     = 3072
  key_opts     = ["unwrapKey", "wrapKey"]
  tags         = local.tags

  # New versions every year, and no expiry: an expired key would take the data with it.
  rotation_policy {
    automatic {
      time_after_creation = "P365D"
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.operator]
}

# Disks, databases and storage accounts use the key as this identity.
resource "azurerm_user_assigned_identity" "encryption" {
  name                = "nightly-encryption"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "encryption" {
  scope                = azurerm_key_vault_key.data.resource_versionless_id
  role_definition_name = "Key Vault Crypto Service Encryption User"
  principal_id         = azurerm_user_assigned_identity.encryption.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grant has reached the vault.
resource "time_sleep" "encryption" {
  create_duration = "90s"

  triggers = {
    grant = azurerm_role_assignment.encryption.id
  }
}

resource "azurerm_disk_encryption_set" "main" {
  name                      = "nightly"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  key_vault_key_id          = azurerm_key_vault_key.data.versionless_id
  auto_key_rotation_enabled = true
  tags                      = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  depends_on = [time_sleep.encryption]
}
