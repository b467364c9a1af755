# The rules name these groups rather than addresses: one for each service, one for each store. Azure deletes none that a rule names:
# create_before_destroy has Terraform change the rules first.
resource "azurerm_application_security_group" "billing" {
  name                = "bumart-dev-billing"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "market" {
  name                = "bumart-dev-market"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "main_proxy" {
  name                = "bumart-dev-main-proxy"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "ledger" {
  name                = "bumart-dev-ledger"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "main" {
  name                = "bumart-dev-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "ledger_shard" {
  name                = "bumart-dev-ledger-shard"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "main_shard" {
  name                = "bumart-dev-main-shard"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "vault" {
  name                = "bumart-dev-vault"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

# Azure manages application gateways from outside and forbids rules against what they send: closed inbound only.
resource "azurerm_network_security_group" "public" {
  name                = "bumart-dev-public"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                       = "internet-to-public-gateway"
    priority                   = 1311
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.public.address_prefixes[0]
    destination_port_ranges    = ["80", "443"]
  }

  security_rule {
    name                       = "gateway-manager"
    priority                   = 4000
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "GatewayManager"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "65200-65535"
  }

  security_rule {
    name                       = "load-balancer"
    priority                   = 4001
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "AzureLoadBalancer"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }

  security_rule {
    name                       = "deny-all-inbound"
    priority                   = 4096
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet_network_security_group_association" "public" {
  subnet_id                 = azurerm_subnet.public.id
  network_security_group_id = azurerm_network_security_group.public.id
}

resource "azurerm_network_security_group" "balancer" {
  name                = "bumart-dev-balancer"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                                  = "market-to-internal-gateway"
    priority                              = 3456
    direction                             = "Inbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.market.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_range                = "8000"
  }

  security_rule {
    name                       = "gateway-manager"
    priority                   = 4000
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "GatewayManager"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "65200-65535"
  }

  security_rule {
    name                       = "load-balancer"
    priority                   = 4001
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "AzureLoadBalancer"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }

  security_rule {
    name                       = "deny-all-inbound"
    priority                   = 4096
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet_network_security_group_association" "balancer" {
  subnet_id                 = azurerm_subnet.balancer.id
  network_security_group_id = azurerm_network_security_group.balancer.id
}

resource "azurerm_network_security_group" "application" {
  name                = "bumart-dev-application"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                  = "bastion-to-machines"
    priority              = 2554
    direction             = "Inbound"
    access                = "Allow"
    protocol              = "Tcp"
    source_address_prefix = azurerm_subnet.bastion.address_prefixes[0]
    source_port_range     = "*"

    destination_application_security_group_ids = [
      azurerm_application_security_group.billing.id,
      azurerm_application_security_group.market.id,
      azurerm_application_security_group.main_proxy.id,
    ]

    destination_port_range = "22"
  }

  security_rule {
    name                                       = "internal-gateway-to-billing"
    priority                                   = 355
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.balancer.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.billing.id]
    destination_port_range                     = "8000"
  }

  security_rule {
    name                                       = "main-proxy-balancer-to-main-proxy"
    priority                                   = 109
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = "AzureLoadBalancer"
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main_proxy.id]
    destination_port_range                     = "3307"
  }

  security_rule {
    name                                       = "market-to-main-proxy-balancer"
    priority                                   = 846
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main_proxy.id]
    destination_port_range                     = "3307"
  }

  security_rule {
    name                                       = "public-gateway-to-market"
    priority                                   = 1443
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.public.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.market.id]
    destination_port_range                     = "8080"
  }

  security_rule {
    name                       = "deny-all-inbound"
    priority                   = 4096
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }

  security_rule {
    name                                       = "billing-to-endpoints"
    priority                                   = 2917
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.billing.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                  = "billing-to-internet"
    priority                              = 1474
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.billing.id]
    source_port_range                     = "*"
    destination_address_prefix            = "Internet"
    destination_port_ranges               = ["443", "80"]
  }

  security_rule {
    name                                       = "billing-to-ledger"
    priority                                   = 657
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.billing.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.ledger.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "billing-to-ledger-shard"
    priority                                   = 3331
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.billing.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.ledger_shard.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "main-proxy-to-endpoints"
    priority                                   = 992
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.main_proxy.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                  = "main-proxy-to-internet"
    priority                              = 1023
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.main_proxy.id]
    source_port_range                     = "*"
    destination_address_prefix            = "Internet"
    destination_port_ranges               = ["443", "80"]
  }

  security_rule {
    name                                       = "main-proxy-to-main"
    priority                                   = 2703
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.main_proxy.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "main-proxy-to-main-shard"
    priority                                   = 2791
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.main_proxy.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main_shard.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "market-to-endpoints"
    priority                                   = 3332
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                  = "market-to-internal-gateway"
    priority                              = 3456
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.market.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_range                = "8000"
  }

  security_rule {
    name                                  = "market-to-internet"
    priority                              = 1529
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.market.id]
    source_port_range                     = "*"
    destination_address_prefix            = "Internet"
    destination_port_ranges               = ["443", "80"]
  }

  security_rule {
    name                                  = "market-to-main-proxy-balancer"
    priority                              = 846
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.market.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_lb.main_proxy.private_ip_address
    destination_port_range                = "3307"
  }

  security_rule {
    name                       = "deny-all-outbound"
    priority                   = 4096
    direction                  = "Outbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet_network_security_group_association" "application" {
  subnet_id                 = azurerm_subnet.application.id
  network_security_group_id = azurerm_network_security_group.application.id
}

resource "azurerm_network_security_group" "data" {
  name                = "bumart-dev-data"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                                       = "billing-to-ledger"
    priority                                   = 657
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.billing.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.ledger.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "billing-to-ledger-shard"
    priority                                   = 3331
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.billing.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.ledger_shard.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "main-proxy-to-main"
    priority                                   = 2703
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.main_proxy.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "main-proxy-to-main-shard"
    priority                                   = 2791
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.main_proxy.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main_shard.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                       = "deny-all-inbound"
    priority                   = 4096
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }

  security_rule {
    name                       = "deny-all-outbound"
    priority                   = 4096
    direction                  = "Outbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet_network_security_group_association" "data" {
  subnet_id                 = azurerm_subnet.data.id
  network_security_group_id = azurerm_network_security_group.data.id
}

resource "azurerm_network_security_group" "endpoint" {
  name                = "bumart-dev-endpoint"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                                       = "billing-to-endpoints"
    priority                                   = 2917
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.billing.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "main-proxy-to-endpoints"
    priority                                   = 992
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.main_proxy.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "market-to-endpoints"
    priority                                   = 3332
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                       = "deny-all-inbound"
    priority                   = 4096
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }

  security_rule {
    name                       = "deny-all-outbound"
    priority                   = 4096
    direction                  = "Outbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet_network_security_group_association" "endpoint" {
  subnet_id                 = azurerm_subnet.endpoint.id
  network_security_group_id = azurerm_network_security_group.endpoint.id
}

# Azure refuses a Bastion without exactly these rules.
resource "azurerm_network_security_group" "bastion" {
  name                = "bumart-dev-bastion"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                       = "clients"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "gateway-manager"
    priority                   = 110
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "GatewayManager"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "load-balancer"
    priority                   = 120
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "AzureLoadBalancer"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "between-hosts"
    priority                   = 130
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "VirtualNetwork"
    source_port_range          = "*"
    destination_address_prefix = "VirtualNetwork"
    destination_port_ranges    = ["5701", "8080"]
  }

  security_rule {
    name                       = "deny-all-inbound"
    priority                   = 4096
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }

  security_rule {
    name                       = "machines"
    priority                   = 100
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "VirtualNetwork"
    destination_port_ranges    = ["22", "3389"]
  }

  security_rule {
    name                       = "azure"
    priority                   = 110
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "AzureCloud"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "among-hosts"
    priority                   = 120
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "VirtualNetwork"
    source_port_range          = "*"
    destination_address_prefix = "VirtualNetwork"
    destination_port_ranges    = ["5701", "8080"]
  }

  security_rule {
    name                       = "session-information"
    priority                   = 130
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "Internet"
    destination_port_range     = "80"
  }

  security_rule {
    name                       = "deny-all-outbound"
    priority                   = 4096
    direction                  = "Outbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet_network_security_group_association" "bastion" {
  subnet_id                 = azurerm_subnet.bastion.id
  network_security_group_id = azurerm_network_security_group.bastion.id
}
