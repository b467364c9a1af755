# Domain pay, owned by @bumall/pay.

# The block follows from the domain's name, or its slot: no other domain moves it. The environment has its own way out, because
# NAT gateways that span zones take no subnet of containers.
resource "azurerm_subnet" "pay_containers" {
  name                 = "pay-containers"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.60.251.64/26"]

  delegation {
    name = "environment"

    service_delegation {
      name    = "Microsoft.App/environments"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_application_security_group" "pay_main" {
  name                = "bumall-dev-pay-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

# Containers have no application security groups: the rules name the subnet, which those of one environment share.
resource "azurerm_network_security_group" "pay_containers" {
  name                = "bumall-dev-pay-containers"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  security_rule {
    name                       = "internal-gateway-to-pay-containers"
    priority                   = 3337
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.balancer.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.pay_containers.address_prefixes[0]
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
    destination_address_prefix = azurerm_subnet.pay_containers.address_prefixes[0]
    destination_port_range     = "30000-32767"
  }

  security_rule {
    name                       = "among-nodes"
    priority                   = 4001
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.pay_containers.address_prefixes[0]
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
    name                                       = "pay-containers-to-endpoints"
    priority                                   = 953
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                       = "pay-containers-to-internal-gateway"
    priority                   = 2599
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.balancer.address_prefixes[0]
    destination_port_range     = "8082"
  }

  security_rule {
    name                       = "pay-containers-to-internet"
    priority                   = 1028
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "Internet"
    destination_port_ranges    = ["443", "80"]
  }

  security_rule {
    name                                       = "pay-containers-to-pay-main"
    priority                                   = 1644
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.pay_main.id]
    destination_port_range                     = "5432"
  }

  security_rule {
    name                                       = "pay-containers-to-registry"
    priority                                   = 1117
    direction                                  = "Outbound"
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
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.service_bus.id]
    destination_port_ranges                    = ["443", "5671", "5672"]
  }

  security_rule {
    name                                       = "pay-containers-to-session"
    priority                                   = 2414
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.session.id]
    destination_port_range                     = "10000"
  }

  security_rule {
    name                       = "among-nodes"
    priority                   = 4000
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = azurerm_subnet.pay_containers.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = azurerm_subnet.pay_containers.address_prefixes[0]
    destination_port_range     = "*"
  }

  security_rule {
    name                       = "MicrosoftContainerRegistry"
    priority                   = 4001
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.pay_containers.address_prefixes[0]
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
    source_address_prefix      = azurerm_subnet.pay_containers.address_prefixes[0]
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
    source_address_prefix      = azurerm_subnet.pay_containers.address_prefixes[0]
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
    source_address_prefix      = azurerm_subnet.pay_containers.address_prefixes[0]
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

resource "azurerm_subnet_network_security_group_association" "pay_containers" {
  subnet_id                 = azurerm_subnet.pay_containers.id
  network_security_group_id = azurerm_network_security_group.pay_containers.id
}

# key of the payment provider
# The vault has no entry without a value: the owner's first version takes the place of this one.
resource "azurerm_key_vault_secret" "pay_psp_key" {
  name             = "pay-psp-key"
  key_vault_id     = azurerm_key_vault.main.id
  content_type     = "unfilled"
  value_wo         = "unfilled"
  value_wo_version = 1
  tags             = local.tags

  lifecycle {
    ignore_changes = [content_type, tags]
  }

  depends_on = [time_sleep.operator]
}

variable "pay_main_password_version" {
  description = "Raise it to give the database pay-main a new password, in the server and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "pay_main" {
  length  = 32
  special = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

resource "azurerm_postgresql_flexible_server" "pay_main" {
  name                = "bumall-dev-pay-main-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  version             = "17"
  sku_name            = "GP_Standard_D2ds_v5"

  # 20 GiB, rounded up to a size that Azure has.
  storage_mb                        = 32768
  auto_grow_enabled                 = true
  backup_retention_days             = 7
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.pay_main.result
  administrator_password_wo_version = var.pay_main_password_version
  public_network_access_enabled     = false
  tags                              = local.tags

  customer_managed_key {
    key_vault_key_id                  = azurerm_key_vault_key.data.versionless_id
    primary_user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  # Storage grows by itself, and a failover moves the server to another zone.
  lifecycle {
    ignore_changes = [storage_mb, zone]
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_postgresql_flexible_server_database" "pay_main" {
  name      = "pay_main"
  server_id = azurerm_postgresql_flexible_server.pay_main.id
}

resource "azurerm_postgresql_flexible_server_configuration" "pay_main" {
  for_each = {
    require_secure_transport = "on"
    ssl_min_protocol_version = "TLSv1.2"
  }

  name      = each.key
  server_id = azurerm_postgresql_flexible_server.pay_main.id
  value     = each.value
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "pay_main" {
  name                = "bumall-dev-pay-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "pay-main"
    private_connection_resource_id = azurerm_postgresql_flexible_server.pay_main.id
    subresource_names              = ["postgresqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "pay-main"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.postgres.database.azure.com"].id]
  }

  depends_on = [
    azurerm_postgresql_flexible_server_configuration.pay_main,
    azurerm_postgresql_flexible_server_database.pay_main,
  ]
}

resource "azurerm_private_endpoint_application_security_group_association" "pay_main" {
  private_endpoint_id           = azurerm_private_endpoint.pay_main.id
  application_security_group_id = azurerm_application_security_group.pay_main.id
}

# After the server: one that could not be created leaves no password behind.
resource "azurerm_key_vault_secret" "pay_main" {
  name             = "pay-main"
  key_vault_id     = azurerm_key_vault.main.id
  content_type     = "password"
  value_wo         = ephemeral.random_password.pay_main.result
  value_wo_version = var.pay_main_password_version
  tags             = local.tags
  depends_on       = [azurerm_postgresql_flexible_server.pay_main, time_sleep.operator]
}

resource "azurerm_servicebus_topic" "pay_paid" {
  name                                    = "pay-paid"
  namespace_id                            = azurerm_servicebus_namespace.main.id
  default_message_ttl                     = "P4D"
  max_size_in_megabytes                   = 81920
  support_ordering                        = true
  requires_duplicate_detection            = true
  duplicate_detection_history_time_window = "PT10M"
}

resource "azurerm_container_app_environment" "pay_containers" {
  name                               = "bumall-dev-pay-containers"
  location                           = azurerm_resource_group.main.location
  resource_group_name                = azurerm_resource_group.main.name
  infrastructure_subnet_id           = azurerm_subnet.pay_containers.id
  infrastructure_resource_group_name = "bumall-dev-pay-containers-infrastructure"

  # Its address is one of the subnet's.
  internal_load_balancer_enabled = true
  public_network_access          = "Disabled"
  zone_redundancy_enabled        = true

  # By the diagnostic setting: the workspace has no keys.
  logs_destination = "azure-monitor"
  tags             = local.tags

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }

  depends_on = [azurerm_subnet_network_security_group_association.pay_containers]
}

# The environment's own domain, which its certificate has: the gateways find containers by it.
resource "azurerm_private_dns_zone" "pay_containers" {
  name                = azurerm_container_app_environment.pay_containers.default_domain
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "pay_containers" {
  name                = "bumall-dev"
  virtual_network_id  = azurerm_virtual_network.main.id
  tags                = local.tags
  private_dns_zone_id = azurerm_private_dns_zone.pay_containers.id
}

resource "azurerm_private_dns_a_record" "pay_containers" {
  name                = "*"
  private_dns_zone_id = azurerm_private_dns_zone.pay_containers.id
  ttl                 = 60
  records             = [azurerm_container_app_environment.pay_containers.static_ip_address]
  tags                = local.tags
  depends_on          = [azurerm_private_dns_zone_virtual_network_link.pay_containers]
}

resource "azurerm_private_dns_a_record" "pay_api" {
  name                = "pay-api"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 60
  records             = ["10.60.159.254"]
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "pay_api" {
  name                = "bumall-dev-pay-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "pay_api" {
  for_each = {
    pay-main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.pay_main.resource_versionless_id
    }
    "pay-paid/send" = {
      role  = "Azure Service Bus Data Sender"
      scope = azurerm_servicebus_topic.pay_paid.id
    }
    pay-psp-key = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.pay_psp_key.resource_versionless_id
    }
    "registry/pull" = {
      role  = "AcrPull"
      scope = azurerm_container_registry.main.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.pay_api.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_managed_redis_access_policy_assignment" "pay_api" {
  for_each = {
    session = azurerm_managed_redis.session.id
  }

  managed_redis_id = each.value
  object_id        = azurerm_user_assigned_identity.pay_api.principal_id

  # A cache does one thing at a time.
  depends_on = [azurerm_managed_redis_access_policy_assignment.market_web]
}

# Until the grants have reached the vault: Azure reads the secrets when it makes a revision.
resource "time_sleep" "pay_api" {
  create_duration = "90s"

  triggers = {
    caches  = join(",", values(azurerm_managed_redis_access_policy_assignment.pay_api)[*].id)
    pay_api = join(",", values(azurerm_role_assignment.pay_api)[*].id)
  }
}

resource "azurerm_container_app" "pay_api" {
  name                         = "bumall-dev-pay-api"
  resource_group_name          = azurerm_resource_group.main.name
  container_app_environment_id = azurerm_container_app_environment.pay_containers.id
  workload_profile_name        = "Consumption"

  # A new revision gets requests when it is ready, and the old one ends then: one that never is changes nothing.
  revision_mode          = "Single"
  max_inactive_revisions = 10
  tags                   = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.pay_api.id]
  }

  secret {
    name                = "main-password"
    key_vault_secret_id = azurerm_key_vault_secret.pay_main.versionless_id
    identity            = azurerm_user_assigned_identity.pay_api.id
  }

  secret {
    name                = "main-read-password"
    key_vault_secret_id = azurerm_key_vault_secret.pay_main.versionless_id
    identity            = azurerm_user_assigned_identity.pay_api.id
  }

  secret {
    name                = "psp-key"
    key_vault_secret_id = azurerm_key_vault_secret.pay_psp_key.versionless_id
    identity            = azurerm_user_assigned_identity.pay_api.id
  }

  registry {
    server   = azurerm_container_registry.main.login_server
    identity = azurerm_user_assigned_identity.pay_api.id
  }

  ingress {
    # Outside is the virtual network: the environment has no public address.
    external_enabled           = true
    target_port                = 8081
    transport                  = "http"
    allow_insecure_connections = false

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    min_replicas                     = 1
    max_replicas                     = 1
    termination_grace_period_seconds = 60

    container {
      name   = "pay-api"
      image  = "${azurerm_container_registry.main.login_server}/pay:2.0.0"
      cpu    = 2
      memory = "4Gi"

      env {
        name  = "AZURE_CLIENT_ID"
        value = azurerm_user_assigned_identity.pay_api.client_id
      }

      env {
        name  = "CLOUDGEN_ROLLOUT"
        value = "rollout ${var.rollout}, password of pay-main ${var.pay_main_password_version}"
      }

      env {
        name  = "MAIN_HOST"
        value = azurerm_postgresql_flexible_server.pay_main.fqdn
      }

      env {
        name  = "MAIN_NAME"
        value = "pay_main"
      }

      env {
        name  = "MAIN_PORT"
        value = "5432"
      }

      env {
        name  = "MAIN_READ_HOST"
        value = azurerm_postgresql_flexible_server.pay_main.fqdn
      }

      env {
        name  = "MAIN_READ_NAME"
        value = "pay_main"
      }

      env {
        name  = "MAIN_READ_PORT"
        value = "5432"
      }

      env {
        name  = "MAIN_READ_SECRET"
        value = azurerm_key_vault_secret.pay_main.versionless_id
      }

      env {
        name  = "MAIN_READ_TLS"
        value = "require"
      }

      env {
        name  = "MAIN_READ_USER"
        value = "app_owner"
      }

      env {
        name  = "MAIN_SECRET"
        value = azurerm_key_vault_secret.pay_main.versionless_id
      }

      env {
        name  = "MAIN_TLS"
        value = "require"
      }

      env {
        name  = "MAIN_USER"
        value = "app_owner"
      }

      env {
        name  = "PAID_ENDPOINT"
        value = local.service_bus
      }

      env {
        name  = "PAID_PROTOCOL"
        value = "servicebus"
      }

      env {
        name  = "PAID_TOPIC"
        value = "pay-paid"
      }

      env {
        name  = "PORT"
        value = "8081"
      }

      env {
        name  = "PSP_KEY_SECRET"
        value = azurerm_key_vault_secret.pay_psp_key.versionless_id
      }

      env {
        name  = "SESSION_AUTH"
        value = "token"
      }

      env {
        name  = "SESSION_HOST"
        value = azurerm_managed_redis.session.hostname
      }

      env {
        name  = "SESSION_PORT"
        value = "10000"
      }

      env {
        name  = "SESSION_TLS"
        value = "require"
      }

      env {
        name  = "SESSION_USER"
        value = azurerm_user_assigned_identity.pay_api.principal_id
      }

      env {
        name  = "SHIP_API_HOST"
        value = "ship-api.bumall.internal"
      }

      env {
        name  = "SHIP_API_PORT"
        value = "8082"
      }

      env {
        name  = "SHIP_API_URL"
        value = "http://ship-api.bumall.internal:8082"
      }

      env {
        name        = "MAIN_PASSWORD"
        secret_name = "main-password"
      }

      env {
        name        = "MAIN_READ_PASSWORD"
        secret_name = "main-read-password"
      }

      env {
        name        = "PSP_KEY"
        secret_name = "psp-key"
      }

      # The others begin when this one has passed.
      startup_probe {
        transport               = "HTTP"
        path                    = "/healthz"
        port                    = 8081
        interval_seconds        = 5
        timeout                 = 5
        failure_count_threshold = 60
      }

      liveness_probe {
        transport               = "HTTP"
        path                    = "/healthz"
        port                    = 8081
        interval_seconds        = 10
        timeout                 = 5
        failure_count_threshold = 6
      }

      readiness_probe {
        transport               = "HTTP"
        path                    = "/healthz"
        port                    = 8081
        interval_seconds        = 5
        timeout                 = 5
        failure_count_threshold = 3
        success_count_threshold = 1
      }
    }

    custom_scale_rule {
      name             = "cpu"
      custom_rule_type = "cpu"

      metadata = {
        type  = "Utilization"
        value = "60"
      }
    }
  }

  # What the first start needs: whatever the service reads, and the right to read it.
  depends_on = [
    azurerm_managed_redis_access_policy_assignment.pay_api,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint_application_security_group_association.pay_main,
    azurerm_private_endpoint_application_security_group_association.registry,
    azurerm_private_endpoint_application_security_group_association.service_bus,
    azurerm_private_endpoint_application_security_group_association.session,
    azurerm_private_endpoint_application_security_group_association.vault,
    azurerm_role_assignment.pay_api,
    azurerm_servicebus_subscription_rule.market_mailer_from_pay_paid,
    azurerm_servicebus_subscription_rule.ship_worker_from_pay_paid,
    time_sleep.pay_api,
  ]
}
