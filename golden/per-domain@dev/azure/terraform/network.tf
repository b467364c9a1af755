resource "azurerm_virtual_network" "main" {
  name                = "bumall-dev"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  address_space       = ["10.60.0.0/16"]
  tags                = local.tags
}

# Subnets span the zones: what is placed in them names its zones itself. Those of the gateways and of Bastion keep Azure's default way
# out, without which Azure cannot manage them; no machine of this system is in them.
resource "azurerm_subnet" "public" {
  name                 = "public"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.60.0.0/19"]
}

resource "azurerm_subnet" "application" {
  name                            = "application"
  resource_group_name             = azurerm_resource_group.main.name
  virtual_network_name            = azurerm_virtual_network.main.name
  address_prefixes                = ["10.60.32.0/19"]
  default_outbound_access_enabled = false
}

resource "azurerm_subnet" "data" {
  name                              = "data"
  resource_group_name               = azurerm_resource_group.main.name
  virtual_network_name              = azurerm_virtual_network.main.name
  address_prefixes                  = ["10.60.64.0/19"]
  default_outbound_access_enabled   = false
  private_endpoint_network_policies = "NetworkSecurityGroupEnabled"
}

resource "azurerm_subnet" "balancer" {
  name                 = "balancer"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.60.128.0/19"]
}

resource "azurerm_subnet" "endpoint" {
  name                              = "endpoint"
  resource_group_name               = azurerm_resource_group.main.name
  virtual_network_name              = azurerm_virtual_network.main.name
  address_prefixes                  = ["10.60.160.0/19"]
  default_outbound_access_enabled   = false
  private_endpoint_network_policies = "NetworkSecurityGroupEnabled"
}

# Azure prescribes the name.
resource "azurerm_subnet" "bastion" {
  name                 = "AzureBastionSubnet"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.60.104.0/26"]
}

# The block follows from the API's name: no other API moves it. It keeps Azure's default way out, because NAT gateways that span zones
# take no subnet of API Management.
resource "azurerm_subnet" "api_public" {
  name                 = "api-public"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.60.126.160/27"]

  delegation {
    name = "api-management"

    service_delegation {
      name    = "Microsoft.Web/serverFarms"
      actions = ["Microsoft.Network/virtualNetworks/subnets/action"]
    }
  }
}

# The last address is that of the load balancer in front of the cluster's gateway.
resource "azurerm_subnet" "system_nodes" {
  name                            = "system-nodes"
  resource_group_name             = azurerm_resource_group.main.name
  virtual_network_name            = azurerm_virtual_network.main.name
  address_prefixes                = ["10.60.192.0/21"]
  default_outbound_access_enabled = false
}

# StandardV2 spans the zones by itself: one gateway serves all of them.
resource "azurerm_public_ip" "nat" {
  name                = "bumall-dev-nat"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  sku                 = "StandardV2"
  zones               = ["1", "2", "3"]
  tags                = local.tags
}

resource "azurerm_nat_gateway" "main" {
  name                = "bumall-dev"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  sku_name            = "StandardV2"
  tags                = local.tags
}

resource "azurerm_nat_gateway_public_ip_association" "main" {
  nat_gateway_id       = azurerm_nat_gateway.main.id
  public_ip_address_id = azurerm_public_ip.nat.id
}

resource "azurerm_subnet_nat_gateway_association" "application" {
  subnet_id      = azurerm_subnet.application.id
  nat_gateway_id = azurerm_nat_gateway.main.id
}

# The cluster's API answers the address of its nodes, so nobody else leaves with it.
resource "azurerm_public_ip" "nodes" {
  name                = "bumall-dev-nodes"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  sku                 = "StandardV2"
  zones               = ["1", "2", "3"]
  tags                = local.tags
}

resource "azurerm_nat_gateway" "nodes" {
  name                = "bumall-dev-nodes"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  sku_name            = "StandardV2"
  tags                = local.tags
}

resource "azurerm_nat_gateway_public_ip_association" "nodes" {
  nat_gateway_id       = azurerm_nat_gateway.nodes.id
  public_ip_address_id = azurerm_public_ip.nodes.id
}

resource "azurerm_subnet_nat_gateway_association" "system_nodes" {
  subnet_id      = azurerm_subnet.system_nodes.id
  nat_gateway_id = azurerm_nat_gateway.nodes.id
}
