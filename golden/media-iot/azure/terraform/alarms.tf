resource "azurerm_monitor_action_group" "main" {
  name                = "mediaiot"
  resource_group_name = azurerm_resource_group.main.name
  short_name          = "mediaiot"
  tags                = local.tags

  email_receiver {
    name                    = "email-1"
    email_address           = "platform@example.com"
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_metric_alert" "alerts_dead" {
  name                = "mediaiot-alerts-dead"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "alerts has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone. Messages that nobody took in time are there too, and say so in `DeadLetterReason`."
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
      values   = ["alerts-dead"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "alerts_waiting" {
  name                = "mediaiot-alerts-waiting"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "A message of alerts has waited for more than 15 minutes: nobody takes it, or there are too few calls at once. Look whether they run, and at `concurrency`. Azure does not measure how long a message waits: there were more than 20 of them all the time, which is what all workers together have in hand at most."
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
    threshold   = 20

    dimension {
      name     = "EntityName"
      operator = "Include"
      values   = ["alerts"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "notify_from_uploaded_dead" {
  name                = "mediaiot-notify-from-uploaded-dead"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "notify-from-uploaded has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone. Messages that nobody took in time are there too, and say so in `DeadLetterReason`."
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
      values   = ["notify-from-uploaded-dead"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "notify_from_uploaded_waiting" {
  name                = "mediaiot-notify-from-uploaded-waiting"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "A message of notify-from-uploaded has waited for more than 15 minutes: nobody takes it, or there are too few calls at once. Look whether they run, and at `concurrency`. Azure does not measure how long a message waits: there were more than 200 of them all the time, which is what all workers together have in hand at most."
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
    threshold   = 200

    dimension {
      name     = "EntityName"
      operator = "Include"
      values   = ["notify-from-uploaded"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "alarm_failing" {
  name                    = "mediaiot-alarm-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of alarm failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.alarm.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "archive_failing" {
  name                    = "mediaiot-archive-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of archive failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.archive.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "close_failing" {
  name                    = "mediaiot-close-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of close failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.close.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "hot_dead" {
  name                    = "mediaiot-hot-dead"
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
  name                    = "mediaiot-hot-failing"
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
  name                    = "mediaiot-hot-behind"
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
  name                    = "mediaiot-mean-dead"
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
  name                    = "mediaiot-mean-failing"
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
  name                    = "mediaiot-mean-behind"
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

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "means_api_failing" {
  name                    = "mediaiot-means-api-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of means-api failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.means_api.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "means_api_throttled" {
  name                    = "mediaiot-means-api-throttled"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "Calls of means-api are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.means_api.name}" and ResultCode in ("429", "503")
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "notify_failing" {
  name                    = "mediaiot-notify-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of notify failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.notify.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "pictures_api_failing" {
  name                    = "mediaiot-pictures-api-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of pictures-api failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.pictures_api.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "pictures_api_throttled" {
  name                    = "mediaiot-pictures-api-throttled"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "Calls of pictures-api are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.pictures_api.name}" and ResultCode in ("429", "503")
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "report_failing" {
  name                    = "mediaiot-report-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of report failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.report.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "rollup_failing" {
  name                    = "mediaiot-rollup-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of rollup failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.rollup.name}" and Success == false and ResultCode !startswith "4"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 5
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "summary_dead" {
  name                    = "mediaiot-summary-dead"
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
  name                    = "mediaiot-summary-failing"
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
  name                    = "mediaiot-functions-stopped"
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
      | where App in~ ("${azurerm_linux_function_app.alarm.name}", "${azurerm_linux_function_app.archive.name}", "${azurerm_linux_function_app.close.name}", "${azurerm_linux_function_app.hot.name}", "${azurerm_linux_function_app.mean.name}", "${azurerm_linux_function_app.means_api.name}", "${azurerm_linux_function_app.notify.name}", "${azurerm_linux_function_app.pictures_api.name}", "${azurerm_linux_function_app.report.name}", "${azurerm_linux_function_app.rollup.name}", "${azurerm_linux_function_app.summary.name}")
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_metric_alert" "facts_late" {
  name                = "mediaiot-facts-late"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_kusto_cluster.facts.id]
  description         = "Records of streams come to facts more than 15 minutes late: it has too much to do, or could not read for a while. One that is new has to catch up, too."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.Kusto/clusters"
    metric_name      = "DiscoveryLatency"
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 900
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "facts_readings_refused" {
  name                    = "mediaiot-facts-readings-refused"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "Records of readings did not become rows of readings in facts: they are no JSON objects, or a field has another type than its column."
  severity                = 2
  evaluation_frequency    = "PT5M"
  window_duration         = "PT1H"
  auto_mitigation_enabled = true

  # A new workspace knows the table when the first lines are in it.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    query = <<-EOT
      union isfuzzy=true (
        ADXDataOperation
        | where _ResourceId =~ "${azurerm_kusto_cluster.facts.id}" and DatabaseName == "facts" and TableName == "readings_refused" and RowCount > 0
      ), (
        FailedIngestion
        | where _ResourceId =~ "${azurerm_kusto_cluster.facts.id}"
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

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "facts_passed_by" {
  name                    = "mediaiot-facts-passed-by"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "A record of a stream said itself which table of facts it belongs to, and was not looked at: who publishes it has set the event's property `Table`."
  severity                = 2
  evaluation_frequency    = "PT5M"
  window_duration         = "PT1H"
  auto_mitigation_enabled = true

  # A new workspace knows the table when the first lines are in it.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    query = <<-EOT
      SucceededIngestion
      | where _ResourceId =~ "${azurerm_kusto_cluster.facts.id}" and Table !in ("readings_records")
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_metric_alert" "nightly_failed" {
  name                = "mediaiot-nightly-failed"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_logic_app_workflow.nightly.id]
  description         = "A run of nightly failed, or took longer than it may. Its history shows the step and what the step got; start it again when the reason is gone."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.Logic/workflows"
    metric_name      = "RunsFailed"
    aggregation      = "Total"
    operator         = "GreaterThan"
    threshold        = 0
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "public_failing" {
  name                = "mediaiot-public-failing"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_api_management.public.id]
  description         = "More than 25 requests to the API public ended in 5xx within 15 minutes. Its log says which routes, and why: the category `GatewayLogs` of the workspace."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.ApiManagement/service"
    metric_name      = "Requests"
    aggregation      = "Total"
    operator         = "GreaterThan"
    threshold        = 25

    dimension {
      name     = "GatewayResponseCodeCategory"
      operator = "Include"
      values   = ["5xx"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}
