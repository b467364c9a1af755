resource "azurerm_monitor_action_group" "main" {
  name                = "uploads-dev"
  resource_group_name = azurerm_resource_group.main.name
  short_name          = "uploads-dev"
  tags                = local.tags

  email_receiver {
    name                    = "email-1"
    email_address           = "media@example.com"
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "summary_dead" {
  name                    = "uploads-dev-summary-dead"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "summary has dead letters: events that it failed on 3 times. Look at one of them and at its logs; send them again when the reason is gone."
  severity                = 2
  evaluation_frequency    = "PT5M"
  window_duration         = "PT5M"
  auto_mitigation_enabled = true

  # A new workspace knows the table when the first lines are in it.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    query = <<-EOT
      StorageBlobLogs
      | where AccountName == "${azurerm_storage_account.functions_code.name}" and OperationName startswith "PutBl" and Uri has "/summary-dead/"
      | union isfuzzy=true (
        StorageQueueLogs
        | where AccountName == "${azurerm_storage_account.functions_code.name}" and OperationName == "PutMessage" and Uri has "/summary-events-poison/"
      )
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "summary_failing" {
  name                    = "uploads-dev-summary-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of summary failed in five minutes. Its logs say why."
  severity                = 2
  evaluation_frequency    = "PT5M"
  window_duration         = "PT5M"
  auto_mitigation_enabled = true

  # A new workspace knows the table when the first lines are in it.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    query = <<-EOT
      AppRequests
      | where AppRoleName =~ "${azurerm_linux_function_app.summary.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "functions_stopped" {
  name                    = "uploads-dev-functions-stopped"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "An app of a function does not start, or its process was stopped in the middle of a call: out of memory, or far beyond its time. The event that it had may be lost. `FunctionAppLogs` and `AppExceptions` of the workspace say which and why."
  severity                = 2
  evaluation_frequency    = "PT5M"
  window_duration         = "PT5M"
  auto_mitigation_enabled = true

  # A new workspace knows the table when the first lines are in it.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    query = <<-EOT
      union isfuzzy=true (
        FunctionAppLogs
        | where Level in ("Error", "Critical") and Category in ("Host.Startup", "Host.General")
        | extend App = tostring(split(_ResourceId, "/")[-1])
      ), (
        AppExceptions
        | where ExceptionType has_any ("FunctionTimeoutException", "WorkerProcessExitException", "LanguageWorkerChannelException")
        | extend App = tolower(AppRoleName)
      )
      | where App in~ ("${azurerm_linux_function_app.summary.name}")
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}
