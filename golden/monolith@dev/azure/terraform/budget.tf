resource "time_static" "budget" {}

# The amount is in the currency of the subscription's bill.
resource "azurerm_consumption_budget_resource_group" "main" {
  name              = "bumarket-dev"
  resource_group_id = azurerm_resource_group.main.id
  amount            = 200
  time_grain        = "Monthly"

  time_period {
    # The later of the blueprint's month and this one: Azure takes no month before the budget's creation.
    start_date = element(sort(["2026-01-01T00:00:00Z", formatdate("YYYY-MM-01'T'00:00:00Z", time_static.budget.rfc3339)]), 1)
  }

  notification {
    operator       = "GreaterThanOrEqualTo"
    threshold      = 80
    contact_emails = ["platform@example.com"]
  }

  notification {
    operator       = "GreaterThanOrEqualTo"
    threshold      = 100
    contact_emails = ["platform@example.com"]
  }
}
