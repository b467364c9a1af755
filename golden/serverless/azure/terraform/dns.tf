# Azure prescribes the zones that private endpoints are found in.
resource "azurerm_private_dns_zone" "privatelink" {
  for_each = toset([
    "privatelink.azurewebsites.net",
    "privatelink.blob.core.windows.net",
    "privatelink.documents.azure.com",
    "privatelink.queue.core.windows.net",
    "privatelink.vaultcore.azure.net",
  ])

  name                = each.value
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "privatelink" {
  for_each            = azurerm_private_dns_zone.privatelink
  name                = "notes"
  virtual_network_id  = azurerm_virtual_network.main.id
  tags                = local.tags
  private_dns_zone_id = each.value.id
}
