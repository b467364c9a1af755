resource "azurerm_monitor_action_group" "main" {
  name                = "bumart"
  resource_group_name = azurerm_resource_group.main.name
  short_name          = "bumart"
  tags                = local.tags

  email_receiver {
    name                    = "email-1"
    email_address           = "platform@example.com"
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_metric_alert" "ledger_shard_load" {
  for_each            = azurerm_postgresql_flexible_server.ledger_shard
  name                = "bumart-ledger-shard-load-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A shard of ledger has had more than 80% processor load for 15 minutes. If the others are as busy, add shards or take larger ones."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = "cpu_percent"
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 80
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "ledger_shard_storage" {
  for_each            = azurerm_postgresql_flexible_server.ledger_shard
  name                = "bumart-ledger-shard-storage-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A shard of ledger has less than 15% of its storage left."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = "storage_percent"
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 85
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "ledger_shard_hot" {
  name                    = "bumart-ledger-shard-hot"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "A shard of ledger is more than 25 percentage points busier than the mean of all: one key, or one range of tenant, draws the load."
  severity                = 2
  evaluation_frequency    = "PT5M"
  window_duration         = "PT15M"
  auto_mitigation_enabled = true

  # A new workspace knows the table when the first numbers are in it.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    # Percentage points above the mean of all shards in use, over the whole window.
    query = <<-EOT
      let loads = AzureMetrics
      | extend shard = extract("/bumart-ledger-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
      | where isnotempty(shard)
      | where MetricName == "cpu_percent"
      | summarize TimeGenerated = max(TimeGenerated), load = avg(Average) by shard;
      loads
      | extend above = load - toscalar(loads | summarize avg(load))
    EOT

    metric_measure_column   = "above"
    time_aggregation_method = "Maximum"
    operator                = "GreaterThan"
    threshold               = 25

    dimension {
      name     = "shard"
      operator = "Include"
      values   = ["*"]
    }
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_monitor_metric_alert" "main_shard_load" {
  for_each            = azurerm_postgresql_flexible_server.main_shard
  name                = "bumart-main-shard-load-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A shard of main has had more than 80% processor load for 15 minutes. If the others are as busy, add shards or take larger ones."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = "cpu_percent"
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 80
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "main_shard_storage" {
  for_each            = azurerm_postgresql_flexible_server.main_shard
  name                = "bumart-main-shard-storage-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A shard of main has less than 15% of its storage left."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = "storage_percent"
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 85
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "main_shard_hot" {
  name                    = "bumart-main-shard-hot"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "A shard of main is more than 25 percentage points busier than the mean of all: one key, or one range of customer_id, draws the load."
  severity                = 2
  evaluation_frequency    = "PT5M"
  window_duration         = "PT15M"
  auto_mitigation_enabled = true

  # A new workspace knows the table when the first numbers are in it.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    # Percentage points above the mean of all shards in use, over the whole window.
    query = <<-EOT
      let loads = AzureMetrics
      | extend shard = extract("/bumart-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
      | where isnotempty(shard)
      | where MetricName == "cpu_percent"
      | summarize TimeGenerated = max(TimeGenerated), load = avg(Average) by shard;
      loads
      | extend above = load - toscalar(loads | summarize avg(load))
    EOT

    metric_measure_column   = "above"
    time_aggregation_method = "Maximum"
    operator                = "GreaterThan"
    threshold               = 25

    dimension {
      name     = "shard"
      operator = "Include"
      values   = ["*"]
    }
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}
