resource "azurerm_application_security_group" "media" {
  name                = "bumall-dev-media"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "session" {
  name                = "bumall-dev-session"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "service_bus" {
  name                = "bumall-dev-service-bus"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "registry" {
  name                = "bumall-dev-registry"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "vault" {
  name                = "bumall-dev-vault"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

# Azure manages application gateways from outside and forbids rules against what they send: closed inbound only.
resource "azurerm_network_security_group" "public" {
  name                = "bumall-dev-public"
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
  name                = "bumall-dev-balancer"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                                  = "market-web-to-internal-gateway"
    priority                              = 1951
    direction                             = "Inbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.market_web.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_range                = "8081"
  }

  security_rule {
    name                       = "pay-containers-to-internal-gateway"
    priority                   = 2599
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_range     = "8082"
  }

  security_rule {
    name                       = "public-to-internal-gateway"
    priority                   = 3292
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.api_public.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_ranges    = ["8082", "8081"]
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
  name                = "bumall-dev-application"
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
      azurerm_application_security_group.market_mailer.id,
      azurerm_application_security_group.market_web.id,
    ]

    destination_port_range = "22"
  }

  security_rule {
    name                                       = "public-gateway-to-market-web"
    priority                                   = 2738
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.public.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.market_web.id]
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
    name                                  = "market-mailer-to-internet"
    priority                              = 517
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.market_mailer.id]
    source_port_range                     = "*"
    destination_address_prefix            = "Internet"
    destination_port_ranges               = ["443", "80"]
  }

  security_rule {
    name                                       = "market-mailer-to-registry"
    priority                                   = 3185
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_mailer.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.registry.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "market-mailer-to-service-bus"
    priority                                   = 2023
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_mailer.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.service_bus.id]
    destination_port_ranges                    = ["443", "5671", "5672"]
  }

  security_rule {
    name                                       = "market-web-to-endpoints"
    priority                                   = 2168
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_web.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.media.id, azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                  = "market-web-to-internal-gateway"
    priority                              = 1951
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.market_web.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_range                = "8081"
  }

  security_rule {
    name                                  = "market-web-to-internet"
    priority                              = 1702
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.market_web.id]
    source_port_range                     = "*"
    destination_address_prefix            = "Internet"
    destination_port_ranges               = ["443", "80"]
  }

  security_rule {
    name                                       = "market-web-to-market-main"
    priority                                   = 438
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_web.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.market_main.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "market-web-to-registry"
    priority                                   = 1714
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_web.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.registry.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "market-web-to-service-bus"
    priority                                   = 1524
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_web.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.service_bus.id]
    destination_port_ranges                    = ["443", "5671", "5672"]
  }

  security_rule {
    name                                       = "market-web-to-session"
    priority                                   = 2475
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_web.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.session.id]
    destination_port_range                     = "10000"
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
  name                = "bumall-dev-data"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                                       = "market-web-to-market-main"
    priority                                   = 438
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_web.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.market_main.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "market-web-to-session"
    priority                                   = 2475
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_web.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.session.id]
    destination_port_range                     = "10000"
  }

  security_rule {
    name                                       = "pay-containers-to-pay-main"
    priority                                   = 1644
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.pay_main.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "pay-containers-to-session"
    priority                                   = 2414
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.session.id]
    destination_port_range                     = "10000"
  }

  security_rule {
    name                                       = "ship-nodes-to-ship-main"
    priority                                   = 557
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.ship_nodes.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.ship_main.id]
    destination_port_range                     = "3306"
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
  name                = "bumall-dev-endpoint"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                                       = "market-mailer-to-registry"
    priority                                   = 3185
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_mailer.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.registry.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "market-mailer-to-service-bus"
    priority                                   = 2023
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_mailer.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.service_bus.id]
    destination_port_ranges                    = ["443", "5671", "5672"]
  }

  security_rule {
    name                                       = "market-web-to-endpoints"
    priority                                   = 2168
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_web.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.media.id, azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "market-web-to-registry"
    priority                                   = 1714
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_web.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.registry.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "market-web-to-service-bus"
    priority                                   = 1524
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.market_web.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.service_bus.id]
    destination_port_ranges                    = ["443", "5671", "5672"]
  }

  security_rule {
    name                                       = "pay-containers-to-endpoints"
    priority                                   = 953
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "pay-containers-to-registry"
    priority                                   = 1117
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.registry.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "pay-containers-to-service-bus"
    priority                                   = 1110
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.service_bus.id]
    destination_port_ranges                    = ["443", "5671", "5672"]
  }

  security_rule {
    name                                       = "ship-nodes-to-endpoints"
    priority                                   = 597
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.ship_nodes.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "ship-nodes-to-registry"
    priority                                   = 3417
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.ship_nodes.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.registry.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "ship-nodes-to-service-bus"
    priority                                   = 2813
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.ship_nodes.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.service_bus.id]
    destination_port_ranges                    = ["443", "5671", "5672"]
  }

  security_rule {
    name                                       = "system-nodes-to-vault"
    priority                                   = 2323
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.system_nodes.address_prefixes[0]
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

resource "azurerm_network_security_group" "api_public" {
  name                = "bumall-dev-api-public"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

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
    name                       = "public-to-internal-gateway"
    priority                   = 3292
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.api_public.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_ranges    = ["8082", "8081"]
  }

  security_rule {
    name                       = "AzureKeyVault"
    priority                   = 4000
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.api_public.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "AzureKeyVault"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "Storage"
    priority                   = 4001
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.api_public.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "Storage"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "issuer-of-tokens"
    priority                   = 4010
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.api_public.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "Internet"
    destination_port_range     = "443"
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

resource "azurerm_subnet_network_security_group_association" "api_public" {
  subnet_id                 = azurerm_subnet.api_public.id
  network_security_group_id = azurerm_network_security_group.api_public.id
}

# What leaves the cluster has the address of its node, and so the rules tell pools apart. Azure wants nodes and pods of one cluster
# open to each other: there, the network policies in the cluster decide.
resource "azurerm_network_security_group" "system_nodes" {
  name                = "bumall-dev-system-nodes"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                       = "internal-gateway-to-cluster-gateway"
    priority                   = 3590
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.balancer.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.system_nodes.address_prefixes[0]
    destination_port_ranges    = ["8081", "15021"]
  }

  security_rule {
    name                       = "load-balancer"
    priority                   = 4000
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "AzureLoadBalancer"
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.system_nodes.address_prefixes[0]
    destination_port_range     = "30000-32767"
  }

  security_rule {
    name                         = "within-cluster"
    priority                     = 4001
    direction                    = "Inbound"
    access                       = "Allow"
    protocol                     = "*"
    source_address_prefixes      = ["10.60.192.0/19", "10.244.0.0/16"]
    source_port_range            = "*"
    destination_address_prefixes = ["10.60.192.0/19", "10.244.0.0/16"]
    destination_port_range       = "*"
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
    name                                       = "system-nodes-to-vault"
    priority                                   = 2323
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.system_nodes.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                         = "within-cluster"
    priority                     = 4000
    direction                    = "Outbound"
    access                       = "Allow"
    protocol                     = "*"
    source_address_prefixes      = ["10.60.192.0/19", "10.244.0.0/16"]
    source_port_range            = "*"
    destination_address_prefixes = ["10.60.192.0/19", "10.244.0.0/16"]
    destination_port_range       = "*"
  }

  security_rule {
    name                       = "platform"
    priority                   = 4001
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.system_nodes.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "Internet"
    destination_port_range     = "443"
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

resource "azurerm_subnet_network_security_group_association" "system_nodes" {
  subnet_id                 = azurerm_subnet.system_nodes.id
  network_security_group_id = azurerm_network_security_group.system_nodes.id
}

# Azure refuses a Bastion without exactly these rules.
resource "azurerm_network_security_group" "bastion" {
  name                = "bumall-dev-bastion"
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
