resource "azurerm_public_ip" "bastion" {
  name                = "buestate-bastion"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  zones               = ["1", "2", "3"]
  tags                = local.tags
}

# Standard, because only its native client signs in with Entra ID: az network bastion ssh --auth-type AAD.
resource "azurerm_bastion_host" "main" {
  name                = "buestate"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  sku                 = "Standard"
  tunneling_enabled   = true
  zones               = ["1", "2", "3"]
  tags                = local.tags

  ip_configuration {
    name                 = "public"
    subnet_id            = azurerm_subnet.bastion.id
    public_ip_address_id = azurerm_public_ip.bastion.id
  }

  depends_on = [azurerm_subnet_network_security_group_association.bastion]
}
