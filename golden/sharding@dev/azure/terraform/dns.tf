resource "azurerm_private_dns_zone" "internal" {
  name                = "bumart.internal"
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "internal" {
  name                = "bumart-dev"
  virtual_network_id  = azurerm_virtual_network.main.id
  tags                = local.tags
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
}

resource "azurerm_private_dns_a_record" "main_proxy" {
  name                = "main-proxy"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 60
  records             = [azurerm_lb.main_proxy.private_ip_address]
  tags                = local.tags
  depends_on          = [azurerm_private_dns_zone_virtual_network_link.internal]
}

# Azure prescribes the zones that private endpoints are found in.
resource "azurerm_private_dns_zone" "privatelink" {
  for_each            = toset(["privatelink.postgres.database.azure.com", "privatelink.vaultcore.azure.net"])
  name                = each.value
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "privatelink" {
  for_each            = azurerm_private_dns_zone.privatelink
  name                = "bumart-dev"
  virtual_network_id  = azurerm_virtual_network.main.id
  tags                = local.tags
  private_dns_zone_id = each.value.id
}

resource "azurerm_private_dns_a_record" "billing" {
  name                = "billing"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 60
  records             = ["10.50.159.254"]
  tags                = local.tags
}
