resource "azurerm_monitor_action_group" "main" {
  name                = "sensors-dev"
  resource_group_name = azurerm_resource_group.main.name
  short_name          = "sensors-dev"
  tags                = local.tags

  email_receiver {
    name                    = "email-1"
    email_address           = "iot@example.com"
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "hot_dead" {
  name                    = "sensors-dev-hot-dead"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "hot has dead letters: events that it failed on 3 times. Look at one of them and at its logs; send them again when the reason is gone."
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
      | where AccountName == "${azurerm_storage_account.functions_code.name}" and OperationName startswith "PutBl" and Uri has "/hot-dead/"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "hot_failing" {
  name                    = "sensors-dev-hot-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of hot failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.hot.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "hot_behind" {
  name                    = "sensors-dev-hot-behind"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "hot is more than 720 minutes behind what it reads. Look whether it runs at all, and whether it has become slow; what gets too old is lost."
  severity                = 2
  evaluation_frequency    = "PT5M"
  window_duration         = "PT5M"
  auto_mitigation_enabled = true

  # A new workspace knows the table when the first lines are in it.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    query = <<-EOT
      AppTraces
      | where AppRoleName =~ "${azurerm_linux_function_app.hot.name}" and Message startswith "events wait for "
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "mean_dead" {
  name                    = "sensors-dev-mean-dead"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "mean has dead letters: events that it failed on 6 times. Look at one of them and at its logs; send them again when the reason is gone."
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
      | where AccountName == "${azurerm_storage_account.functions_code.name}" and OperationName startswith "PutBl" and Uri has "/mean-dead/"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "mean_failing" {
  name                    = "sensors-dev-mean-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of mean failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.mean.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "mean_behind" {
  name                    = "sensors-dev-mean-behind"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "mean is more than 720 minutes behind what it reads. Look whether it runs at all, and whether it has become slow; what gets too old is lost."
  severity                = 2
  evaluation_frequency    = "PT5M"
  window_duration         = "PT5M"
  auto_mitigation_enabled = true

  # A new workspace knows the table when the first lines are in it.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    query = <<-EOT
      AppTraces
      | where AppRoleName =~ "${azurerm_linux_function_app.mean.name}" and Message startswith "events wait for "
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "functions_stopped" {
  name                    = "sensors-dev-functions-stopped"
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
      | where App in~ ("${azurerm_linux_function_app.hot.name}", "${azurerm_linux_function_app.mean.name}")
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}
