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
  description         = "A message of alerts has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`. Azure does not measure how long a message waits: there were more than 20 of them all the time, which is what all workers together have in hand at most."
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
  description         = "A message of notify-from-uploaded has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`. Azure does not measure how long a message waits: there were more than 200 of them all the time, which is what all workers together have in hand at most."
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

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "close_dead" {
  name                    = "mediaiot-close-dead"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "close has dead letters: events that it failed on 3 times. Look at one of them and at its logs; send them again when the reason is gone."
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
      | where AccountName == "${azurerm_storage_account.functions_code.name}" and OperationName startswith "PutBl" and Uri has "/close-dead/"
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
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
      | union (
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
