# Azure prescribes the zones that private endpoints are found in.
resource "azurerm_private_dns_zone" "privatelink" {
  for_each = toset([
    "privatelink.azurewebsites.net",
    "privatelink.blob.core.windows.net",
    "privatelink.documents.azure.com",
    "privatelink.koreacentral.kusto.windows.net",
    "privatelink.queue.core.windows.net",
    "privatelink.servicebus.windows.net",
    "privatelink.vaultcore.azure.net",
  ])

  name                = each.value
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "privatelink" {
  for_each            = azurerm_private_dns_zone.privatelink
  name                = "mediaiot"
  virtual_network_id  = azurerm_virtual_network.main.id
  tags                = local.tags
  private_dns_zone_id = each.value.id
}

# The environment's own domain, which its certificate has: the gateways find containers by it.
resource "azurerm_private_dns_zone" "containers" {
  name                = azurerm_container_app_environment.containers.default_domain
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "containers" {
  name                = "mediaiot"
  virtual_network_id  = azurerm_virtual_network.main.id
  tags                = local.tags
  private_dns_zone_id = azurerm_private_dns_zone.containers.id
}

resource "azurerm_private_dns_a_record" "containers" {
  name                = "*"
  private_dns_zone_id = azurerm_private_dns_zone.containers.id
  ttl                 = 60
  records             = [azurerm_container_app_environment.containers.static_ip_address]
  tags                = local.tags
  depends_on          = [azurerm_private_dns_zone_virtual_network_link.containers]
}

resource "azurerm_dns_cname_record" "public" {
  provider            = azurerm.dns_00000000
  name                = "api"
  zone_name           = "example.com"
  resource_group_name = "dns"
  ttl                 = 300
  record              = "${azurerm_api_management.public.name}.azure-api.net"
  tags                = local.tags
}
