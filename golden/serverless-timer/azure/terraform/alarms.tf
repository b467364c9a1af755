resource "azurerm_monitor_action_group" "main" {
  name                = "nightly"
  resource_group_name = azurerm_resource_group.main.name
  short_name          = "nightly"
  tags                = local.tags

  email_receiver {
    name                    = "email-1"
    email_address           = "operations@example.com"
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_metric_alert" "mails_dead" {
  name                = "nightly-mails-dead"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "mails has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone. Messages that nobody took in time are there too, and say so in `DeadLetterReason`."
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
      values   = ["mails-dead"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "mails_waiting" {
  name                = "nightly-mails-waiting"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "A message of mails has waited for more than 15 minutes: nobody takes it, or there are too few calls at once. Look whether they run, and at `concurrency`. Azure does not measure how long a message waits: there were more than 100 of them all the time, which is what all workers together have in hand at most."
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
      values   = ["mails"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "close_dead" {
  name                    = "nightly-close-dead"
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
  name                    = "nightly-close-failing"
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

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "mailer_failing" {
  name                    = "nightly-mailer-failing"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "More than 5 calls of mailer failed in five minutes. Its logs say why."
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
      | where AppRoleName =~ "${azurerm_linux_function_app.mailer.name}" and Success == false and ResultCode !startswith "4"
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
  name                    = "nightly-functions-stopped"
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
      | where App in~ ("${azurerm_linux_function_app.close.name}", "${azurerm_linux_function_app.mailer.name}")
    EOT

    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}
