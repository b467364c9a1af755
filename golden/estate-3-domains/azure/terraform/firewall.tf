# The rules name these groups rather than addresses: one for each service, one for each store. Azure deletes none that a rule names:
# create_before_destroy has Terraform change the rules first.
resource "azurerm_application_security_group" "report" {
  name                = "buestate-report"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "was" {
  name                = "buestate-was"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "web" {
  name                = "buestate-web"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "main" {
  name                = "buestate-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "main_read" {
  name                = "buestate-main-read"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "documents" {
  name                = "buestate-documents"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "vault" {
  name                = "buestate-vault"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

# Azure manages application gateways from outside and forbids rules against what they send: closed inbound only.
resource "azurerm_network_security_group" "public" {
  name                = "buestate-public"
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
  name                = "buestate-balancer"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                                  = "order-api-to-internal-gateway"
    priority                              = 1974
    direction                             = "Inbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.order_api.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_range                = "8010"
  }

  security_rule {
    name                                  = "was-to-internal-gateway"
    priority                              = 399
    direction                             = "Inbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.was.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_range                = "8010"
  }

  security_rule {
    name                                  = "web-to-internal-gateway"
    priority                              = 2708
    direction                             = "Inbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.web.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_ranges               = ["8001", "8000", "8010", "8020"]
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
  name                = "buestate-application"
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
      azurerm_application_security_group.report.id,
      azurerm_application_security_group.was.id,
      azurerm_application_security_group.web.id,
      azurerm_application_security_group.catalog_api.id,
      azurerm_application_security_group.order_api.id,
    ]

    destination_port_range = "22"
  }

  security_rule {
    name                                       = "internal-gateway-to-catalog-api"
    priority                                   = 432
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.balancer.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.catalog_api.id]
    destination_port_range                     = "8010"
  }

  security_rule {
    name                                       = "internal-gateway-to-order-api"
    priority                                   = 1333
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.balancer.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.order_api.id]
    destination_port_range                     = "8020"
  }

  security_rule {
    name                                       = "internal-gateway-to-report"
    priority                                   = 1313
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.balancer.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.report.id]
    destination_port_range                     = "8001"
  }

  security_rule {
    name                                       = "internal-gateway-to-was"
    priority                                   = 1354
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.balancer.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.was.id]
    destination_port_range                     = "8000"
  }

  security_rule {
    name                                       = "public-gateway-to-web"
    priority                                   = 279
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.public.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.web.id]
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
    name                                       = "catalog-api-to-catalog-main"
    priority                                   = 1171
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.catalog_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.catalog_main.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "catalog-api-to-catalog-main-read"
    priority                                   = 1102
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.catalog_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.catalog_main_read.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "catalog-api-to-endpoints"
    priority                                   = 440
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.catalog_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                  = "catalog-api-to-internet"
    priority                              = 567
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.catalog_api.id]
    source_port_range                     = "*"
    destination_address_prefix            = "Internet"
    destination_port_ranges               = ["443", "80"]
  }

  security_rule {
    name                                       = "order-api-to-endpoints"
    priority                                   = 1540
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.order_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                  = "order-api-to-internal-gateway"
    priority                              = 1974
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.order_api.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_range                = "8010"
  }

  security_rule {
    name                                  = "order-api-to-internet"
    priority                              = 2200
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.order_api.id]
    source_port_range                     = "*"
    destination_address_prefix            = "Internet"
    destination_port_ranges               = ["443", "80"]
  }

  security_rule {
    name                                       = "order-api-to-order-main"
    priority                                   = 3308
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.order_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.order_main.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "order-api-to-order-main-shard"
    priority                                   = 1058
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.order_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.order_main_shard.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "report-to-endpoints"
    priority                                   = 1162
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.report.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                  = "report-to-internet"
    priority                              = 769
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.report.id]
    source_port_range                     = "*"
    destination_address_prefix            = "Internet"
    destination_port_ranges               = ["443", "80"]
  }

  security_rule {
    name                                       = "report-to-main-read"
    priority                                   = 1029
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.report.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main_read.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "was-to-endpoints"
    priority                                   = 2418
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.was.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.documents.id, azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                  = "was-to-internal-gateway"
    priority                              = 399
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.was.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_range                = "8010"
  }

  security_rule {
    name                                  = "was-to-internet"
    priority                              = 2201
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.was.id]
    source_port_range                     = "*"
    destination_address_prefix            = "Internet"
    destination_port_ranges               = ["443", "80"]
  }

  security_rule {
    name                                       = "was-to-main"
    priority                                   = 3193
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.was.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "was-to-main-read"
    priority                                   = 2274
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.was.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main_read.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                  = "web-to-internal-gateway"
    priority                              = 2708
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.web.id]
    source_port_range                     = "*"
    destination_address_prefix            = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_ranges               = ["8001", "8000", "8010", "8020"]
  }

  security_rule {
    name                                  = "web-to-internet"
    priority                              = 1879
    direction                             = "Outbound"
    access                                = "Allow"
    protocol                              = "Tcp"
    source_application_security_group_ids = [azurerm_application_security_group.web.id]
    source_port_range                     = "*"
    destination_address_prefix            = "Internet"
    destination_port_ranges               = ["443", "80"]
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
  name                = "buestate-data"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                                       = "catalog-api-to-catalog-main"
    priority                                   = 1171
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.catalog_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.catalog_main.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "catalog-api-to-catalog-main-read"
    priority                                   = 1102
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.catalog_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.catalog_main_read.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "order-api-to-order-main"
    priority                                   = 3308
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.order_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.order_main.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "order-api-to-order-main-shard"
    priority                                   = 1058
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.order_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.order_main_shard.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "report-to-main-read"
    priority                                   = 1029
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.report.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main_read.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "was-to-main"
    priority                                   = 3193
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.was.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main.id]
    destination_port_range                     = "3306"
  }

  security_rule {
    name                                       = "was-to-main-read"
    priority                                   = 2274
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.was.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.main_read.id]
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
  name                = "buestate-endpoint"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                                       = "catalog-api-to-endpoints"
    priority                                   = 440
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.catalog_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "order-api-to-endpoints"
    priority                                   = 1540
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.order_api.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "report-to-endpoints"
    priority                                   = 1162
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.report.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "was-to-endpoints"
    priority                                   = 2418
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_application_security_group_ids      = [azurerm_application_security_group.was.id]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.documents.id, azurerm_application_security_group.vault.id]
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
  name                = "buestate-bastion"
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
