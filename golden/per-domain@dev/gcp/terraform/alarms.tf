resource "google_monitoring_notification_channel" "alarms" {
  for_each     = toset(["platform@example.com"])
  display_name = "bumall-dev-alarms to ${each.key}"
  type         = "email"

  labels = {
    email_address = each.key
  }

  depends_on = [google_project_service.this]
}
