resource "azurerm_monitor_action_group" "main" {
  name                = "bushop"
  resource_group_name = azurerm_resource_group.main.name
  short_name          = "bushop"
  tags                = local.tags

  email_receiver {
    name                    = "email-1"
    email_address           = "platform@example.com"
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_metric_alert" "main_replica_lag" {
  for_each            = azurerm_postgresql_flexible_server.main_replica
  name                = "bushop-main-replica-lag-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A read replica of main is more than 60 seconds behind: readers see old data. Look for long transactions and for replicas that are too small."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = "physical_replication_delay_in_seconds"

    # The least of the window: all of it was above.
    aggregation = "Minimum"
    operator    = "GreaterThan"
    threshold   = 60
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "main_replica_lag_backlog" {
  name                = "bushop-main-replica-lag-backlog"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_postgresql_flexible_server.main.id]
  description         = "The primary of main keeps more than 1 GiB of changes for a replica that does not take them: it is slow, or down."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = "physical_replication_delay_in_bytes"
    aggregation      = "Maximum"
    operator         = "GreaterThan"
    threshold        = 1073741824
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "main_replica_lag_storage" {
  name                = "bushop-main-replica-lag-storage"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_postgresql_flexible_server.main.id]
  description         = "The storage of main is nearly full. What the primary keeps for a replica that is down grows until the primary takes no more writes."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = "storage_percent"
    aggregation      = "Maximum"
    operator         = "GreaterThan"
    threshold        = 80
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}
