resource "azurerm_log_analytics_workspace" "main" {
  name                         = "bumall"
  location                     = azurerm_resource_group.main.location
  resource_group_name          = azurerm_resource_group.main.name
  sku                          = "PerGB2018"
  retention_in_days            = 365
  local_authentication_enabled = false
  tags                         = local.tags
}

# Access and audit logs.
resource "azurerm_monitor_diagnostic_setting" "main" {
  for_each = {
    "apis/public"                     = azurerm_api_management.public.id
    bastion                           = azurerm_bastion_host.main.id
    "buckets/media"                   = "${azurerm_storage_account.media.id}/blobServices/default"
    "caches/session"                  = azurerm_managed_redis.session.default_database[0].id
    "databases/market-main"           = azurerm_postgresql_flexible_server.market_main.id
    "databases/market-main-replica/1" = azurerm_postgresql_flexible_server.market_main_replica["1"].id
    "databases/pay-main"              = azurerm_postgresql_flexible_server.pay_main.id
    "databases/ship-main"             = azurerm_mysql_flexible_server.ship_main.id
    internal-gateway                  = azurerm_application_gateway.internal.id
    pay-containers                    = azurerm_container_app_environment.pay_containers.id
    public-gateway                    = azurerm_application_gateway.public.id
    registry                          = azurerm_container_registry.main.id
    service-bus                       = azurerm_servicebus_namespace.main.id
    vault                             = azurerm_key_vault.main.id
  }

  name                       = "bumall"
  target_resource_id         = each.value
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category_group = "allLogs"
  }
}

# Whatever is changed in the cluster, and by whom. What is only read would be nine tenths of the volume.
resource "azurerm_monitor_diagnostic_setting" "cluster" {
  name                       = "bumall"
  target_resource_id         = azurerm_kubernetes_cluster.main.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category = "cloud-controller-manager"
  }

  enabled_log {
    category = "cluster-autoscaler"
  }

  enabled_log {
    category = "csi-azuredisk-controller"
  }

  enabled_log {
    category = "csi-azurefile-controller"
  }

  enabled_log {
    category = "guard"
  }

  enabled_log {
    category = "kube-apiserver"
  }

  enabled_log {
    category = "kube-audit-admin"
  }

  enabled_log {
    category = "kube-controller-manager"
  }

  enabled_log {
    category = "kube-scheduler"
  }
}

# What the services print goes to the journal, from there to syslog, and from there to the workspace.
resource "azurerm_monitor_data_collection_rule" "machines" {
  name                = "bumall-machines"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  kind                = "Linux"
  tags                = local.tags

  destinations {
    log_analytics {
      name                  = "workspace"
      workspace_resource_id = azurerm_log_analytics_workspace.main.id
    }
  }

  data_sources {
    syslog {
      name           = "syslog"
      streams        = ["Microsoft-Syslog"]
      facility_names = ["auth", "authpriv", "cron", "daemon", "kern", "syslog", "user"]
      log_levels     = ["Info", "Notice", "Warning", "Error", "Critical", "Alert", "Emergency"]
    }
  }

  data_flow {
    streams      = ["Microsoft-Syslog"]
    destinations = ["workspace"]
  }
}

resource "azurerm_monitor_data_collection_rule_association" "machines" {
  for_each = {
    market-mailer = azurerm_linux_virtual_machine_scale_set.market_mailer.id
    market-web    = azurerm_linux_virtual_machine_scale_set.market_web.id
  }

  name                    = "bumall-machines"
  target_resource_id      = each.value
  data_collection_rule_id = azurerm_monitor_data_collection_rule.machines.id
}

# An account of its own: the flow log keeps its retention as the account's lifecycle, and writes with the account's keys through its
# public address, which is closed to all but trusted Azure services.
resource "azurerm_storage_account" "flow_logs" {
  name                            = "bumallflow${random_id.suffix.hex}"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  min_tls_version                 = "TLS1_2"
  default_to_oauth_authentication = true
  local_user_enabled              = false
  allow_nested_items_to_be_public = false
  public_network_access_enabled   = true
  shared_access_key_enabled       = true
  tags                            = local.tags

  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }

  customer_managed_key {
    key_vault_key_id          = azurerm_key_vault_key.data.versionless_id
    user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  sas_policy {
    expiration_period = "00.01:00:00"
  }

  blob_properties {
    delete_retention_policy {
      days = 7
    }
  }

  depends_on = [time_sleep.encryption]
}

variable "network_watcher" {
  description = "The region's network watcher. Azure makes one of this name with a subscription's first virtual network there."
  type        = object({ name = string, resource_group_name = string })

  default = {
    name                = "NetworkWatcher_koreacentral"
    resource_group_name = "NetworkWatcherRG"
  }
}

resource "azurerm_network_watcher_flow_log" "main" {
  name                 = "bumall"
  location             = azurerm_resource_group.main.location
  network_watcher_name = var.network_watcher.name
  resource_group_name  = var.network_watcher.resource_group_name
  target_resource_id   = azurerm_virtual_network.main.id
  storage_account_id   = azurerm_storage_account.flow_logs.id
  enabled              = true
  version              = 2
  tags                 = local.tags

  retention_policy {
    enabled = true
    days    = 365
  }
}
