resource "azurerm_monitor_action_group" "main" {
  name                = "buestate"
  resource_group_name = azurerm_resource_group.main.name
  short_name          = "buestate"
  tags                = local.tags

  email_receiver {
    name                    = "email-1"
    email_address           = "platform@example.com"
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_metric_alert" "main_replica_lag" {
  for_each            = azurerm_mysql_flexible_server.main_replica
  name                = "buestate-main-replica-lag-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A read replica of main is more than 60 seconds behind: readers see old data. Look for long transactions and for replicas that are too small."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforMySQL/flexibleServers"
    metric_name      = "replication_lag"

    # The least of the window: all of it was above.
    aggregation = "Minimum"
    operator    = "GreaterThan"
    threshold   = 60
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "main_replica_lag_receiver" {
  for_each            = azurerm_mysql_flexible_server.main_replica
  name                = "buestate-main-replica-lag-receiver-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A replica of main no longer receives changes: it answers with ever older data."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforMySQL/flexibleServers"
    metric_name      = "Replica_IO_Running"
    aggregation      = "Maximum"
    operator         = "LessThan"
    threshold        = 1
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "main_replica_lag_applier" {
  for_each            = azurerm_mysql_flexible_server.main_replica
  name                = "buestate-main-replica-lag-applier-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A replica of main no longer applies changes: it answers with ever older data."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforMySQL/flexibleServers"
    metric_name      = "Replica_SQL_Running"
    aggregation      = "Maximum"
    operator         = "LessThan"
    threshold        = 1
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}
