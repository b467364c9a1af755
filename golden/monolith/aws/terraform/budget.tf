# Counts the whole account: a filter by tag sees nothing until that tag is activated for billing.
resource "aws_budgets_budget" "monthly" {
  name              = "bumarket"
  budget_type       = "COST"
  time_unit         = "MONTHLY"
  time_period_start = "2026-01-01_00:00"
  limit_amount      = "800"
  limit_unit        = "USD"

  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "ACTUAL"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = ["platform@example.com"]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "ACTUAL"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = ["platform@example.com"]
  }
}
