resource "azurerm_log_analytics_workspace" "main" {
  name                         = "mediaiot-dev"
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
    "apis/public"      = azurerm_api_management.public.id
    "buckets/media"    = "${azurerm_storage_account.media.id}/blobServices/default"
    "buckets/raw"      = "${azurerm_storage_account.raw.id}/blobServices/default"
    containers         = azurerm_container_app_environment.containers.id
    event-hubs         = azurerm_eventhub_namespace.main.id
    public-gateway     = azurerm_application_gateway.public.id
    service-bus        = azurerm_servicebus_namespace.main.id
    "tables/means"     = azurerm_cosmosdb_account.means.id
    "tables/pictures"  = azurerm_cosmosdb_account.pictures.id
    vault              = azurerm_key_vault.main.id
    "warehouses/facts" = azurerm_kusto_cluster.facts.id
  }

  name                       = "mediaiot-dev"
  target_resource_id         = each.value
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category_group = "allLogs"
  }
}

# An account of its own: the flow log keeps its retention as the account's lifecycle, and writes with the account's keys through its
# public address, which is closed to all but trusted Azure services.
resource "azurerm_storage_account" "flow_logs" {
  name                            = "mediaiotdevflow${random_id.suffix.hex}"
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
  name                 = "mediaiot-dev"
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

# What is written to the account of functions: code, and what they failed on. Looking for new events would fill the workspace.
resource "azurerm_monitor_diagnostic_setting" "functions" {
  for_each = {
    blobs  = "${azurerm_storage_account.functions_code.id}/blobServices/default"
    queues = "${azurerm_storage_account.functions_code.id}/queueServices/default"
  }

  name                       = "mediaiot-dev"
  target_resource_id         = each.value
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category = "StorageWrite"
  }
}

# What the functions and their hosts say.
resource "azurerm_monitor_diagnostic_setting" "function_apps" {
  for_each = {
    alarm        = azurerm_linux_function_app.alarm.id
    archive      = azurerm_linux_function_app.archive.id
    close        = azurerm_linux_function_app.close.id
    hot          = azurerm_linux_function_app.hot.id
    mean         = azurerm_linux_function_app.mean.id
    means-api    = azurerm_linux_function_app.means_api.id
    notify       = azurerm_linux_function_app.notify.id
    pictures-api = azurerm_linux_function_app.pictures_api.id
    report       = azurerm_linux_function_app.report.id
    rollup       = azurerm_linux_function_app.rollup.id
    summary      = azurerm_linux_function_app.summary.id
  }

  name                       = "mediaiot-dev"
  target_resource_id         = each.value
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category = "FunctionAppLogs"
  }
}

# Every run and every step of it, without what went from one to the next.
resource "azurerm_monitor_diagnostic_setting" "workflows" {
  for_each = {
    nightly = azurerm_logic_app_workflow.nightly.id
  }

  name                       = "mediaiot-dev"
  target_resource_id         = each.value
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category = "WorkflowRuntime"
  }
}

# Who asks a function, or starts a workflow.
resource "azurerm_monitor_diagnostic_setting" "workflow_calls" {
  name                       = "mediaiot-dev"
  target_resource_id         = "${azurerm_storage_account.workflow_calls.id}/queueServices/default"
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category = "StorageWrite"
  }
}
