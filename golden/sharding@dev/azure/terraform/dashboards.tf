resource "azurerm_application_insights_workbook" "ledger_shards" {
  # Azure wants a UUID here.
  name                = uuidv5("url", "${azurerm_log_analytics_workspace.main.id}/ledger-shards")
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  display_name        = "bumart-dev-ledger-shards"

  data_json = jsonencode({
    version = "Notebook/1.0"
    items = [
      {
        type = 3
        name = "all"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Shards of ledger, the last hour"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "table"
          timeContext = {
            durationMs = 3600000
          }
          query = <<-EOT
            AzureMetrics
            | extend shard = extract("/bumart-dev-ledger-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | summarize cpu = round(avgif(Average, MetricName == "cpu_percent"), 1), storage = round(avgif(Average, MetricName == "storage_percent"), 1), connections = round(avgif(Average, MetricName == "active_connections"), 1), io = round(avgif(Average, MetricName == "iops"), 1) by shard
            | order by cpu desc
          EOT
        }
      },
      {
        type = 3
        name = "cpu"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Processor load, percent"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/bumart-dev-ledger-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "cpu_percent";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
      {
        type = 3
        name = "storage"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Storage used, percent"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/bumart-dev-ledger-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "storage_percent";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
      {
        type = 3
        name = "connections"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Connections"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/bumart-dev-ledger-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "active_connections";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
      {
        type = 3
        name = "io"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Reads and writes, operations a second"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/bumart-dev-ledger-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "iops";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
    ]
    fallbackResourceIds = [azurerm_log_analytics_workspace.main.id]
    "$schema"           = "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"
  })

  tags = local.tags
}

resource "azurerm_application_insights_workbook" "main_shards" {
  # Azure wants a UUID here.
  name                = uuidv5("url", "${azurerm_log_analytics_workspace.main.id}/main-shards")
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  display_name        = "bumart-dev-main-shards"

  data_json = jsonencode({
    version = "Notebook/1.0"
    items = [
      {
        type = 3
        name = "all"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Shards of main, the last hour"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "table"
          timeContext = {
            durationMs = 3600000
          }
          query = <<-EOT
            AzureMetrics
            | extend shard = extract("/bumart-dev-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | summarize cpu = round(avgif(Average, MetricName == "cpu_percent"), 1), storage = round(avgif(Average, MetricName == "storage_percent"), 1), connections = round(avgif(Average, MetricName == "active_connections"), 1), io = round(avgif(Average, MetricName == "iops"), 1) by shard
            | order by cpu desc
          EOT
        }
      },
      {
        type = 3
        name = "cpu"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Processor load, percent"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/bumart-dev-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "cpu_percent";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
      {
        type = 3
        name = "storage"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Storage used, percent"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/bumart-dev-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "storage_percent";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
      {
        type = 3
        name = "connections"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Connections"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/bumart-dev-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "active_connections";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
      {
        type = 3
        name = "io"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Reads and writes, operations a second"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/bumart-dev-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "iops";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
    ]
    fallbackResourceIds = [azurerm_log_analytics_workspace.main.id]
    "$schema"           = "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"
  })

  tags = local.tags
}
