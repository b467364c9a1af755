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
