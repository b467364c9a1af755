resource "google_monitoring_notification_channel" "budget" {
  for_each     = toset(["platform@example.com"])
  display_name = "bumarket-dev-budget to ${each.key}"
  type         = "email"

  labels = {
    email_address = each.key
  }

  depends_on = [google_project_service.this]
}

resource "google_billing_budget" "main" {
  billing_account = "012345-6789AB-CDEF01"
  display_name    = "bumarket-dev"

  budget_filter {
    projects        = ["projects/${data.google_project.this.number}"]
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      # The currency of the billing account: it takes no other.
      currency_code = "USD"
      units         = "200"
    }
  }

  threshold_rules {
    threshold_percent = 0.8
  }

  threshold_rules {
    threshold_percent = 1
  }

  all_updates_rule {
    monitoring_notification_channels = values(google_monitoring_notification_channel.budget)[*].id
    disable_default_iam_recipients   = true
  }

  depends_on = [google_project_service.this]
}
