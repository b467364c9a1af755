# Domain ship, owned by @bumall/logistics.

# The block follows from the domain's name, or its slot: no other domain moves it.
resource "azurerm_subnet" "ship_nodes" {
  name                            = "ship-nodes"
  resource_group_name             = azurerm_resource_group.main.name
  virtual_network_name            = azurerm_virtual_network.main.name
  address_prefixes                = ["10.60.204.64/26"]
  default_outbound_access_enabled = false
}

resource "azurerm_subnet_nat_gateway_association" "ship_nodes" {
  subnet_id      = azurerm_subnet.ship_nodes.id
  nat_gateway_id = azurerm_nat_gateway.nodes.id
}

resource "azurerm_application_security_group" "ship_main" {
  name                = "bumall-dev-ship-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

# What leaves the cluster has the address of its node, and so the rules tell pools apart. Azure wants nodes and pods of one cluster
# open to each other: there, the network policies in the cluster decide.
resource "azurerm_network_security_group" "ship_nodes" {
  name                = "bumall-dev-ship-nodes"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

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
    name                                       = "ship-nodes-to-endpoints"
    priority                                   = 597
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.ship_nodes.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.vault.id]
    destination_port_range                     = "443"
  }

  security_rule {
    name                       = "ship-nodes-to-internet"
    priority                   = 1175
    direction                  = "Outbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = azurerm_subnet.ship_nodes.address_prefixes[0]
    source_port_range          = "*"
    destination_address_prefix = "Internet"
    destination_port_ranges    = ["443", "80"]
  }

  security_rule {
    name                                       = "ship-nodes-to-registry"
    priority                                   = 3417
    direction                                  = "Outbound"
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
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.ship_nodes.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.service_bus.id]
    destination_port_ranges                    = ["443", "5671", "5672"]
  }

  security_rule {
    name                                       = "ship-nodes-to-ship-main"
    priority                                   = 557
    direction                                  = "Outbound"
    access                                     = "Allow"
    protocol                                   = "Tcp"
    source_address_prefix                      = azurerm_subnet.ship_nodes.address_prefixes[0]
    source_port_range                          = "*"
    destination_application_security_group_ids = [azurerm_application_security_group.ship_main.id]
    destination_port_range                     = "3306"
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

resource "azurerm_subnet_network_security_group_association" "ship_nodes" {
  subnet_id                 = azurerm_subnet.ship_nodes.id
  network_security_group_id = azurerm_network_security_group.ship_nodes.id
}

variable "ship_main_password_version" {
  description = "Raise it to give the database ship-main a new password, in the server and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "ship_main" {
  length  = 32
  special = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

resource "azurerm_mysql_flexible_server" "ship_main" {
  name                              = "bumall-dev-ship-main-${random_id.suffix.hex}"
  location                          = azurerm_resource_group.main.location
  resource_group_name               = azurerm_resource_group.main.name
  version                           = "8.4"
  sku_name                          = "GP_Standard_D2ads_v5"
  backup_retention_days             = 7
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.ship_main.result
  administrator_password_wo_version = var.ship_main_password_version
  public_network_access             = "Disabled"
  tags                              = local.tags

  storage {
    size_gb           = 20
    auto_grow_enabled = true
  }

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
    ignore_changes = [storage[0].size_gb, zone]
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_mysql_flexible_database" "ship_main" {
  name                = "ship_main"
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.ship_main.name
  charset             = "utf8mb4"
  collation           = "utf8mb4_0900_ai_ci"
}

resource "azurerm_mysql_flexible_server_configuration" "ship_main" {
  for_each = {
    require_secure_transport = "ON"
    tls_version              = "TLSv1.2,TLSv1.3"
  }

  name                = each.key
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.ship_main.name
  value               = each.value
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "ship_main" {
  name                = "bumall-dev-ship-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "ship-main"
    private_connection_resource_id = azurerm_mysql_flexible_server.ship_main.id
    subresource_names              = ["mysqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "ship-main"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.mysql.database.azure.com"].id]
  }

  depends_on = [azurerm_mysql_flexible_database.ship_main, azurerm_mysql_flexible_server_configuration.ship_main]
}

resource "azurerm_private_endpoint_application_security_group_association" "ship_main" {
  private_endpoint_id           = azurerm_private_endpoint.ship_main.id
  application_security_group_id = azurerm_application_security_group.ship_main.id
}

# After the server: one that could not be created leaves no password behind.
resource "azurerm_key_vault_secret" "ship_main" {
  name             = "ship-main"
  key_vault_id     = azurerm_key_vault.main.id
  content_type     = "password"
  value_wo         = ephemeral.random_password.ship_main.result
  value_wo_version = var.ship_main_password_version
  tags             = local.tags
  depends_on       = [azurerm_mysql_flexible_server.ship_main, time_sleep.operator]
}

# A queue of its own rather than the built-in one, which whoever takes messages may read as well.
resource "azurerm_servicebus_queue" "ship_orders_dead" {
  name                = "ship-orders-dead"
  namespace_id        = azurerm_servicebus_namespace.main.id
  default_message_ttl = "P14D"

  # Where a message brings a shorter time to live of its own, it waits in the built-in dead-letter queue of this one.
  dead_lettering_on_message_expiration = true
  max_size_in_megabytes                = 81920
}

resource "azurerm_servicebus_queue" "ship_orders" {
  name                                 = "ship-orders"
  namespace_id                         = azurerm_servicebus_namespace.main.id
  lock_duration                        = "PT2M"
  max_delivery_count                   = 5
  default_message_ttl                  = "P4D"
  dead_lettering_on_message_expiration = true
  forward_dead_lettered_messages_to    = azurerm_servicebus_queue.ship_orders_dead.name
  max_size_in_megabytes                = 81920
}

# A queue of its own rather than the built-in one, which whoever takes messages may read as well.
resource "azurerm_servicebus_queue" "ship_worker_from_pay_paid_dead" {
  name                = "ship-worker-from-pay-paid-dead"
  namespace_id        = azurerm_servicebus_namespace.main.id
  default_message_ttl = "P14D"

  # Where a message brings a shorter time to live of its own, it waits in the built-in dead-letter queue of this one.
  dead_lettering_on_message_expiration = true
  max_size_in_megabytes                = 81920
}

resource "azurerm_servicebus_queue" "ship_worker_from_pay_paid" {
  name                                 = "ship-worker-from-pay-paid"
  namespace_id                         = azurerm_servicebus_namespace.main.id
  lock_duration                        = "PT1M"
  max_delivery_count                   = 5
  default_message_ttl                  = "P4D"
  dead_lettering_on_message_expiration = true
  forward_dead_lettered_messages_to    = azurerm_servicebus_queue.ship_worker_from_pay_paid_dead.name
  max_size_in_megabytes                = 81920

  # In order within a session: every message names one, and whoever takes messages accepts sessions.
  requires_session = true
}

# What it gets goes on to the queue of the same name: Azure measures queues, and no subscriptions.
resource "azurerm_servicebus_subscription" "ship_worker_from_pay_paid" {
  name                                 = "ship-worker"
  topic_id                             = azurerm_servicebus_topic.pay_paid.id
  max_delivery_count                   = 10
  forward_to                           = azurerm_servicebus_queue.ship_worker_from_pay_paid.name
  dead_lettering_on_message_expiration = true
  forward_dead_lettered_messages_to    = azurerm_servicebus_queue.ship_worker_from_pay_paid_dead.name
}

resource "azurerm_servicebus_subscription_rule" "ship_worker_from_pay_paid" {
  name            = "wanted"
  subscription_id = azurerm_servicebus_subscription.ship_worker_from_pay_paid.id
  filter_type     = "SqlFilter"
  sql_filter      = "[kind] IN ('paid', 'refunded')"
}

resource "azurerm_private_dns_a_record" "ship_api" {
  name                = "ship-api"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 60
  records             = ["10.60.159.254"]
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "ship_api" {
  name                = "bumall-dev-ship-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "ship_api" {
  for_each = {
    ship-main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.ship_main.resource_versionless_id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.ship_api.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "ship_worker" {
  name                = "bumall-dev-ship-worker"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "ship_worker" {
  for_each = {
    ship-main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.ship_main.resource_versionless_id
    }
    "ship-orders/receive" = {
      role  = "Azure Service Bus Data Receiver"
      scope = azurerm_servicebus_queue.ship_orders.id
    }
    "ship-worker-from-pay-paid/receive" = {
      role  = "Azure Service Bus Data Receiver"
      scope = azurerm_servicebus_queue.ship_worker_from_pay_paid.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.ship_worker.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_kubernetes_cluster_node_pool" "ship_nodes" {
  name                  = "ship"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  mode                  = "User"
  vm_size               = "Standard_D8s_v5"
  zones                 = ["1", "2"]
  auto_scaling_enabled  = true
  min_count             = 2
  max_count             = 8
  max_pods              = 110
  os_sku                = "Ubuntu"
  os_disk_type          = "Managed"
  os_disk_size_gb       = 128
  vnet_subnet_id        = azurerm_subnet.ship_nodes.id

  node_labels = {
    "cloudgen/pool" = "ship"
  }

  tags = local.tags

  # Nobody else's pods run here.
  node_taints = ["cloudgen/pool=ship:NoSchedule"]

  # While a change makes the nodes anew, others stand in for them.
  temporary_name_for_rotation = "tmp2a685a"

  upgrade_settings {
    max_surge = "33%"
  }

  depends_on = [
    azurerm_nat_gateway_public_ip_association.nodes,
    azurerm_subnet_nat_gateway_association.ship_nodes,
    azurerm_subnet_network_security_group_association.ship_nodes,
  ]
}

resource "azurerm_federated_identity_credential" "ship_api" {
  name                      = "ship-api"
  user_assigned_identity_id = azurerm_user_assigned_identity.ship_api.id
  issuer                    = azurerm_kubernetes_cluster.main.oidc_issuer_url
  audience                  = ["api://AzureADTokenExchange"]
  subject                   = "system:serviceaccount:bumall-dev-ship:ship-api"
}

resource "azurerm_federated_identity_credential" "ship_worker" {
  name                      = "ship-worker"
  user_assigned_identity_id = azurerm_user_assigned_identity.ship_worker.id
  issuer                    = azurerm_kubernetes_cluster.main.oidc_issuer_url
  audience                  = ["api://AzureADTokenExchange"]
  subject                   = "system:serviceaccount:bumall-dev-ship:ship-worker"
}

# Where the vault has them; External Secrets reads their values.
locals {
  ship_api_secrets = {
    MAIN_PASSWORD      = azurerm_key_vault_secret.ship_main.name
    MAIN_READ_PASSWORD = azurerm_key_vault_secret.ship_main.name
  }
}

# Names the Secret: one with new values is another one, for which pods wait.
locals {
  ship_api_secrets_version = format("v%.8s", sha256(jsonencode([
    local.ship_api_secrets,
    {
      rollout                 = var.rollout
      "password of ship-main" = var.ship_main_password_version
    },
  ])))
}

locals {
  ship_api_settings = {
    MAIN_HOST        = azurerm_mysql_flexible_server.ship_main.fqdn
    MAIN_NAME        = "ship_main"
    MAIN_PORT        = "3306"
    MAIN_READ_HOST   = azurerm_mysql_flexible_server.ship_main.fqdn
    MAIN_READ_NAME   = "ship_main"
    MAIN_READ_PORT   = "3306"
    MAIN_READ_SECRET = azurerm_key_vault_secret.ship_main.versionless_id
    MAIN_READ_TLS    = "require"
    MAIN_READ_USER   = "app_owner"
    MAIN_SECRET      = azurerm_key_vault_secret.ship_main.versionless_id
    MAIN_TLS         = "require"
    MAIN_USER        = "app_owner"
    PORT             = "8082"
  }
}

# Restarts the pods when it changes.
locals {
  ship_api_settings_version = format("v%.8s", sha256(jsonencode(local.ship_api_settings)))
}

# Where the vault has them; External Secrets reads their values.
locals {
  ship_worker_secrets = {
    MAIN_PASSWORD      = azurerm_key_vault_secret.ship_main.name
    MAIN_READ_PASSWORD = azurerm_key_vault_secret.ship_main.name
  }
}

# Names the Secret: one with new values is another one, for which pods wait.
locals {
  ship_worker_secrets_version = format("v%.8s", sha256(jsonencode([
    local.ship_worker_secrets,
    {
      rollout                 = var.rollout
      "password of ship-main" = var.ship_main_password_version
    },
  ])))
}

locals {
  ship_worker_settings = {
    MAIN_HOST                   = azurerm_mysql_flexible_server.ship_main.fqdn
    MAIN_NAME                   = "ship_main"
    MAIN_PORT                   = "3306"
    MAIN_READ_HOST              = azurerm_mysql_flexible_server.ship_main.fqdn
    MAIN_READ_NAME              = "ship_main"
    MAIN_READ_PORT              = "3306"
    MAIN_READ_SECRET            = azurerm_key_vault_secret.ship_main.versionless_id
    MAIN_READ_TLS               = "require"
    MAIN_READ_USER              = "app_owner"
    MAIN_SECRET                 = azurerm_key_vault_secret.ship_main.versionless_id
    MAIN_TLS                    = "require"
    MAIN_USER                   = "app_owner"
    ORDERS_BATCH                = "10"
    ORDERS_SOURCE               = "ship-orders"
    ORDERS_SOURCE_ENDPOINT      = local.service_bus
    ORDERS_SOURCE_PROTOCOL      = "servicebus"
    ORDERS_VISIBILITY_SECONDS   = "120"
    PAY_PAID_BATCH              = "10"
    PAY_PAID_SOURCE             = "ship-worker-from-pay-paid"
    PAY_PAID_SOURCE_ENDPOINT    = local.service_bus
    PAY_PAID_SOURCE_PROTOCOL    = "servicebus"
    PAY_PAID_VISIBILITY_SECONDS = "60"
  }
}

# Restarts the pods when it changes.
locals {
  ship_worker_settings_version = format("v%.8s", sha256(jsonencode(local.ship_worker_settings)))
}

resource "azurerm_monitor_metric_alert" "ship_orders_dead" {
  name                = "bumall-dev-ship-orders-dead"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "ship-orders has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone. Messages that nobody took in time are there too, and say so in `DeadLetterReason`."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.ServiceBus/namespaces"
    metric_name      = "Messages"
    aggregation      = "Maximum"
    operator         = "GreaterThan"
    threshold        = 0

    dimension {
      name     = "EntityName"
      operator = "Include"
      values   = ["ship-orders-dead"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "ship_orders_waiting" {
  name                = "bumall-dev-ship-orders-waiting"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "A message of ship-orders has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`. Azure does not measure how long a message waits: there were more than 100 of them all the time, which is what all workers together have in hand at most."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.ServiceBus/namespaces"
    metric_name      = "ActiveMessages"

    # The least of the window: all of it was above.
    aggregation = "Minimum"
    operator    = "GreaterThan"
    threshold   = 100

    dimension {
      name     = "EntityName"
      operator = "Include"
      values   = ["ship-orders"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "ship_worker_from_pay_paid_dead" {
  name                = "bumall-dev-ship-worker-from-pay-paid-dead"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "ship-worker-from-pay-paid has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone. Messages that nobody took in time are there too, and say so in `DeadLetterReason`."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.ServiceBus/namespaces"
    metric_name      = "Messages"
    aggregation      = "Maximum"
    operator         = "GreaterThan"
    threshold        = 0

    dimension {
      name     = "EntityName"
      operator = "Include"
      values   = ["ship-worker-from-pay-paid-dead"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "ship_worker_from_pay_paid_waiting" {
  name                = "bumall-dev-ship-worker-from-pay-paid-waiting"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "A message of ship-worker-from-pay-paid has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`. Azure does not measure how long a message waits: there were more than 100 of them all the time, which is what all workers together have in hand at most."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.ServiceBus/namespaces"
    metric_name      = "ActiveMessages"

    # The least of the window: all of it was above.
    aggregation = "Minimum"
    operator    = "GreaterThan"
    threshold   = 100

    dimension {
      name     = "EntityName"
      operator = "Include"
      values   = ["ship-worker-from-pay-paid"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

locals {
  ship_api_objects = [
    {
      apiVersion                   = "v1"
      kind                         = "ServiceAccount"
      automountServiceAccountToken = false
      metadata = {
        annotations = {
          "azure.workload.identity/client-id" = azurerm_user_assigned_identity.ship_api.client_id
          "azure.workload.identity/tenant-id" = data.azurerm_client_config.current.tenant_id
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api"
        namespace = "bumall-dev-ship"
      }
    },
    {
      apiVersion = "v1"
      kind       = "ConfigMap"
      data       = local.ship_api_settings
      metadata = {
        annotations = {
          "cloudgen/image"    = "${azurerm_container_registry.main.login_server}/ship:2.0.0"
          "cloudgen/secret"   = "ship-api-${local.ship_api_secrets_version}"
          "cloudgen/settings" = local.ship_api_settings_version
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api"
        namespace = "bumall-dev-ship"
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "SecretStore"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api"
        namespace = "bumall-dev-ship"
      }
      spec = {
        provider = {
          azurekv = {
            authType = "WorkloadIdentity"
            tenantId = data.azurerm_client_config.current.tenant_id
            vaultUrl = azurerm_key_vault.main.vault_uri
            serviceAccountRef = {
              name = "ship-api"
            }
          }
        }
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "ExternalSecret"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          "cloudgen/generation"          = local.ship_api_secrets_version
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api-${local.ship_api_secrets_version}"
        namespace = "bumall-dev-ship"
      }
      spec = {
        refreshInterval = "1h"
        secretStoreRef = {
          kind = "SecretStore"
          name = "ship-api"
        }
        target = {
          name = "ship-api-${local.ship_api_secrets_version}"
        }
        data = [for name, key in local.ship_api_secrets : {
          secretKey = name
          remoteRef = {
            key = key
          }
        }]
      }
    },
  ]
}

locals {
  ship_worker_objects = [
    {
      apiVersion                   = "v1"
      kind                         = "ServiceAccount"
      automountServiceAccountToken = false
      metadata = {
        annotations = {
          "azure.workload.identity/client-id" = azurerm_user_assigned_identity.ship_worker.client_id
          "azure.workload.identity/tenant-id" = data.azurerm_client_config.current.tenant_id
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-dev-ship"
      }
    },
    {
      apiVersion = "v1"
      kind       = "ConfigMap"
      data       = local.ship_worker_settings
      metadata = {
        annotations = {
          "cloudgen/image"     = "${azurerm_container_registry.main.login_server}/ship-worker:2.0.0"
          "cloudgen/secret"    = "ship-worker-${local.ship_worker_secrets_version}"
          "cloudgen/settings"  = local.ship_worker_settings_version
          "cloudgen/trigger-0" = "Microsoft.ServiceBus/namespaces/${azurerm_servicebus_namespace.main.name}"
          "cloudgen/trigger-1" = data.azurerm_client_config.current.tenant_id
          "cloudgen/trigger-2" = data.azurerm_client_config.current.subscription_id
          "cloudgen/trigger-3" = azurerm_resource_group.main.name
          "cloudgen/trigger-4" = "Microsoft.ServiceBus/namespaces/${azurerm_servicebus_namespace.main.name}"
          "cloudgen/trigger-5" = data.azurerm_client_config.current.tenant_id
          "cloudgen/trigger-6" = data.azurerm_client_config.current.subscription_id
          "cloudgen/trigger-7" = azurerm_resource_group.main.name
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-dev-ship"
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "SecretStore"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-dev-ship"
      }
      spec = {
        provider = {
          azurekv = {
            authType = "WorkloadIdentity"
            tenantId = data.azurerm_client_config.current.tenant_id
            vaultUrl = azurerm_key_vault.main.vault_uri
            serviceAccountRef = {
              name = "ship-worker"
            }
          }
        }
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "ExternalSecret"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          "cloudgen/generation"          = local.ship_worker_secrets_version
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker-${local.ship_worker_secrets_version}"
        namespace = "bumall-dev-ship"
      }
      spec = {
        refreshInterval = "1h"
        secretStoreRef = {
          kind = "SecretStore"
          name = "ship-worker"
        }
        target = {
          name = "ship-worker-${local.ship_worker_secrets_version}"
        }
        data = [for name, key in local.ship_worker_secrets : {
          secretKey = name
          remoteRef = {
            key = key
          }
        }]
      }
    },
    {
      apiVersion = "keda.sh/v1alpha1"
      kind       = "TriggerAuthentication"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall-dev"
          environment                    = "dev"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-dev-ship"
      }
      spec = {
        podIdentity = {
          provider   = "azure-workload"
          identityId = azurerm_user_assigned_identity.keda.client_id
        }
      }
    },
  ]
}
