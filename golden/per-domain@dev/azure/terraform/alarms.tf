resource "azurerm_monitor_action_group" "main" {
  name                = "bumall-dev"
  resource_group_name = azurerm_resource_group.main.name
  short_name          = "bumall-dev"
  tags                = local.tags

  email_receiver {
    name                    = "email-1"
    email_address           = "platform@example.com"
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_metric_alert" "public_failing" {
  name                = "bumall-dev-public-failing"
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
