# The application gateways read their certificates with it.
resource "azurerm_user_assigned_identity" "gateway" {
  name                = "sensors-dev-gateway"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}
