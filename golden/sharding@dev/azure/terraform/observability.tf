resource "azurerm_log_analytics_workspace" "main" {
  name                         = "bumart-dev"
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
    bastion            = azurerm_bastion_host.main.id
    "databases/ledger" = azurerm_postgresql_flexible_server.ledger.id
    "databases/main"   = azurerm_postgresql_flexible_server.main.id
    internal-gateway   = azurerm_application_gateway.internal.id
    public-gateway     = azurerm_application_gateway.public.id
    vault              = azurerm_key_vault.main.id
  }

  name                       = "bumart-dev"
  target_resource_id         = each.value
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category_group = "allLogs"
  }
}

resource "azurerm_monitor_diagnostic_setting" "ledger_shard" {
  for_each                   = local.ledger_shards
  name                       = "bumart-dev"
  target_resource_id         = azurerm_postgresql_flexible_server.ledger_shard[each.key].id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category_group = "allLogs"
  }

  enabled_metric {
    category = "AllMetrics"
  }
}

resource "azurerm_monitor_diagnostic_setting" "main_shard" {
  for_each                   = local.main_shards
  name                       = "bumart-dev"
  target_resource_id         = azurerm_postgresql_flexible_server.main_shard[each.key].id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category_group = "allLogs"
  }

  enabled_metric {
    category = "AllMetrics"
  }
}

# What the services print goes to the journal, from there to syslog, and from there to the workspace.
resource "azurerm_monitor_data_collection_rule" "machines" {
  name                = "bumart-dev-machines"
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
    billing    = azurerm_linux_virtual_machine_scale_set.billing.id
    market     = azurerm_linux_virtual_machine_scale_set.market.id
    main-proxy = azurerm_linux_virtual_machine_scale_set.main_proxy.id
  }

  name                    = "bumart-dev-machines"
  target_resource_id      = each.value
  data_collection_rule_id = azurerm_monitor_data_collection_rule.machines.id
}

# An account of its own: the flow log keeps its retention as the account's lifecycle, and writes with the account's keys through its
# public address, which is closed to all but trusted Azure services.
resource "azurerm_storage_account" "flow_logs" {
  name                            = "bumartdevflow${random_id.suffix.hex}"
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
  name                 = "bumart-dev"
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
