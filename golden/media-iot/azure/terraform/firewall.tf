# The rules name these groups rather than addresses: one for each service, one for each store. Azure deletes none that a rule names:
# create_before_destroy has Terraform change the rules first.
resource "azurerm_application_security_group" "media" {
  name                = "mediaiot-media"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "raw" {
  name                = "mediaiot-raw"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "means" {
  name                = "mediaiot-means"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "pictures" {
  name                = "mediaiot-pictures"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "means_api" {
  name                = "mediaiot-means-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "pictures_api" {
  name                = "mediaiot-pictures-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "functions_code" {
  name                = "mediaiot-functions-code"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "functions_host" {
  name                = "mediaiot-functions-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "facts" {
  name                = "mediaiot-facts"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "workflow_calls" {
  name                = "mediaiot-workflow-calls"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "event_hubs" {
  name                = "mediaiot-event-hubs"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "service_bus" {
  name                = "mediaiot-service-bus"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "vault" {
  name                = "mediaiot-vault"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

# Azure manages application gateways from outside and forbids rules against what they send: closed inbound only.
resource "azurerm_network_security_group" "public" {
  name                = "mediaiot-public"
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
  name                = "mediaiot-balancer"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

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
  name                = "mediaiot-application"
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
  name                = "mediaiot-data"
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
  name                = "mediaiot-endpoint"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                                       = "containers-to-event-hubs"
    priority                                   = 3198
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.event_hubs.id]
    destination_port_ranges                    = ["443", "5671", "5672", "9093"]
  }

  security_rule {
    name                                       = "functions-to-event-hubs"
    priority                                   = 3444
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.event_hubs.id]
    destination_port_ranges                    = ["443", "5671", "5672", "9093"]
  }

  security_rule {
    name                                       = "functions-to-facts"
    priority                                   = 3867
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.facts.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-functions-code"
    priority                                   = 2904
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.functions_code.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-functions-host"
    priority                                   = 1177
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.functions_host.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-means"
    priority                                   = 761
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.means.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-media"
    priority                                   = 1763
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.media.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-pictures"
    priority                                   = 2292
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.pictures.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-raw"
    priority                                   = 3840
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.raw.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-service-bus"
    priority                                   = 2803
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.service_bus.id]
    destination_port_ranges                    = ["443", "5671", "5672"]
  }

  security_rule {
    name                                       = "functions-to-vault"
    priority                                   = 463
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-workflow-calls"
    priority                                   = 2999
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.workflow_calls.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "public-to-means-api"
    priority                                   = 2611
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.api_public.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.means_api.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "public-to-pictures-api"
    priority                                   = 2509
    direction                                  = "Inbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.api_public.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.pictures_api.id]
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

# Containers have no application security groups: the rules name the subnet, which those of one environment share.
resource "azurerm_network_security_group" "containers" {
  name                = "mediaiot-containers"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                       = "public-gateway-to-containers"
    priority                   = 841
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.public.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.containers.address_prefixes[0]
    destination_port_ranges    = ["443", "31443"]
  }

  security_rule {
    name                       = "load-balancer"
    priority                   = 4000
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "AzureLoadBalancer"
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.containers.address_prefixes[0]
    destination_port_range     = "30000-32767"
  }

  security_rule {
    name                       = "among-nodes"
    priority                   = 4001
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = azurerm_subnet.containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.containers.address_prefixes[0]
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

  security_rule {
    name                                       = "containers-to-event-hubs"
    priority                                   = 3198
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.event_hubs.id]
    destination_port_ranges                    = ["443", "5671", "5672", "9093"]
  }

  security_rule {
    name                       = "containers-to-internet"
    priority                   = 2133
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "Internet"
    destination_port_ranges    = ["443", "80"]
  }

  security_rule {
    name                       = "among-nodes"
    priority                   = 4000
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = azurerm_subnet.containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.containers.address_prefixes[0]
    destination_port_range     = "*"
  }

  security_rule {
    name                       = "MicrosoftContainerRegistry"
    priority                   = 4001
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "MicrosoftContainerRegistry"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "AzureFrontDoor-FirstParty"
    priority                   = 4002
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "AzureFrontDoor.FirstParty"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "AzureActiveDirectory"
    priority                   = 4003
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "AzureActiveDirectory"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "AzureMonitor"
    priority                   = 4004
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "AzureMonitor"
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

resource "azurerm_subnet_network_security_group_association" "containers" {
  subnet_id                 = azurerm_subnet.containers.id
  network_security_group_id = azurerm_network_security_group.containers.id
}

# Functions have no application security groups: the rules name the subnet, which those of one plan share.
resource "azurerm_network_security_group" "functions" {
  name                = "mediaiot-functions"
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
    name                                       = "functions-to-event-hubs"
    priority                                   = 3444
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.event_hubs.id]
    destination_port_ranges                    = ["443", "5671", "5672", "9093"]
  }

  security_rule {
    name                                       = "functions-to-facts"
    priority                                   = 3867
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.facts.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-functions-code"
    priority                                   = 2904
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.functions_code.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-functions-host"
    priority                                   = 1177
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.functions_host.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                       = "functions-to-internet"
    priority                   = 1434
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "Internet"
    destination_port_ranges    = ["443", "80"]
  }

  security_rule {
    name                                       = "functions-to-means"
    priority                                   = 761
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.means.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-media"
    priority                                   = 1763
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.media.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-pictures"
    priority                                   = 2292
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.pictures.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-raw"
    priority                                   = 3840
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.raw.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-service-bus"
    priority                                   = 2803
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.service_bus.id]
    destination_port_ranges                    = ["443", "5671", "5672"]
  }

  security_rule {
    name                                       = "functions-to-vault"
    priority                                   = 463
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "functions-to-workflow-calls"
    priority                                   = 2999
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.workflow_calls.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                       = "AzureActiveDirectory"
    priority                   = 4000
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "AzureActiveDirectory"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "AzureFrontDoor-FirstParty"
    priority                   = 4001
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "AzureFrontDoor.FirstParty"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "AzureMonitor"
    priority                   = 4002
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "AzureMonitor"
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "LogicAppsManagement"
    priority                   = 4003
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.functions.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "LogicAppsManagement"
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

resource "azurerm_subnet_network_security_group_association" "functions" {
  subnet_id                 = azurerm_subnet.functions.id
  network_security_group_id = azurerm_network_security_group.functions.id
}

resource "azurerm_network_security_group" "api_public" {
  name                = "mediaiot-api-public"
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
    name                                       = "public-to-means-api"
    priority                                   = 2611
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.api_public.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.means_api.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                                       = "public-to-pictures-api"
    priority                                   = 2509
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.api_public.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.pictures_api.id]
    destination_port_range                     = "443"
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
