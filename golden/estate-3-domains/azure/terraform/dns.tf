resource "azurerm_private_dns_zone" "internal" {
  name                = "buestate.internal"
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "internal" {
  name                = "buestate"
  virtual_network_id  = azurerm_virtual_network.main.id
  tags                = local.tags
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
}

# Azure prescribes the zones that private endpoints are found in.
resource "azurerm_private_dns_zone" "privatelink" {
  for_each = toset([
    "privatelink.blob.core.windows.net",
    "privatelink.mysql.database.azure.com",
    "privatelink.vaultcore.azure.net",
  ])

  name                = each.value
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "privatelink" {
  for_each            = azurerm_private_dns_zone.privatelink
  name                = "buestate"
  virtual_network_id  = azurerm_virtual_network.main.id
  tags                = local.tags
  private_dns_zone_id = each.value.id
}

# One address for each read replica: clients choose among them.
resource "azurerm_private_dns_a_record" "main_read" {
  name                = "main-read"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 30
  records             = values(azurerm_private_endpoint.main_replica)[*].private_service_connection[0].private_ip_address
  tags                = local.tags

  # No rule lets anybody reach an endpoint that is not in its group yet.
  depends_on = [
    azurerm_private_dns_zone_virtual_network_link.internal,
    azurerm_private_endpoint_application_security_group_association.main_replica,
  ]
}

resource "azurerm_private_dns_a_record" "report" {
  name                = "report"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 60
  records             = ["10.40.159.254"]
  tags                = local.tags
}

resource "azurerm_private_dns_a_record" "was" {
  name                = "was"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 60
  records             = ["10.40.159.254"]
  tags                = local.tags
}
