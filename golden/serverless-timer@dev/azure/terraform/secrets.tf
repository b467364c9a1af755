variable "admin_cidrs" {
  description = "Public address ranges that may reach the vault: those that Terraform runs from, at every plan, apply and destroy."
  type        = list(string)
  default     = []
}

# Keys and secrets are written through the vault's own address, which only admin_cidrs may reach. Everything else uses the private
# endpoint, or is one of the Azure services that encrypt with a key.
resource "azurerm_key_vault" "main" {
  name                       = "nightly-dev-${random_id.suffix.hex}"
  location                   = azurerm_resource_group.main.location
  resource_group_name        = azurerm_resource_group.main.name
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  sku_name                   = "premium"
  rbac_authorization_enabled = true

  # Azure encrypts nothing with a key that could be purged.
  purge_protection_enabled      = true
  soft_delete_retention_days    = 7
  public_network_access_enabled = length(var.admin_cidrs) > 0
  tags                          = local.tags

  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    ip_rules       = var.admin_cidrs
  }
}

output "vault" {
  description = "Name of the vault: its owners fill the secrets in it."
  value       = azurerm_key_vault.main.name
}

variable "operators" {
  description = "Object ids of those that run Terraform (a group, or the identity of a pipeline): they may write keys and secrets. Without any, it is whoever applies."
  type        = list(string)
  default     = []
}

locals {
  operators = toset(coalescelist(var.operators, ["caller"]))
}

# Whoever runs Terraform makes the key and writes passwords.
resource "azurerm_role_assignment" "operator_keys" {
  for_each             = local.operators
  scope                = azurerm_key_vault.main.id
  role_definition_name = "Key Vault Crypto Officer"
  principal_id         = each.key == "caller" ? data.azurerm_client_config.current.object_id : each.key
}

# Whoever runs Terraform makes the key and writes passwords.
resource "azurerm_role_assignment" "operator_secrets" {
  for_each             = local.operators
  scope                = azurerm_key_vault.main.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = each.key == "caller" ? data.azurerm_client_config.current.object_id : each.key
}

# Until the grants have reached the vault.
resource "time_sleep" "operator" {
  create_duration = "90s"

  triggers = {
    operator_keys    = join(",", values(azurerm_role_assignment.operator_keys)[*].id)
    operator_secrets = join(",", values(azurerm_role_assignment.operator_secrets)[*].id)
  }
}

resource "azurerm_private_endpoint" "vault" {
  name                = "nightly-dev-vault"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.main.id
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "vault"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.vaultcore.azure.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "vault" {
  private_endpoint_id           = azurerm_private_endpoint.vault.id
  application_security_group_id = azurerm_application_security_group.vault.id
}

# Filled by its owner.
# The vault has no entry without a value: the owner's first version takes the place of this one.
resource "azurerm_key_vault_secret" "mail_key" {
  name             = "mail-key"
  key_vault_id     = azurerm_key_vault.main.id
  content_type     = "unfilled"
  value_wo         = "unfilled"
  value_wo_version = 1
  tags             = local.tags

  lifecycle {
    ignore_changes = [content_type, tags]
  }

  depends_on = [time_sleep.operator]
}
