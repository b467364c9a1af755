resource "google_monitoring_notification_channel" "alarms" {
  for_each     = toset(["platform@example.com"])
  display_name = "bumall-dev-alarms to ${each.key}"
  type         = "email"

  labels = {
    email_address = each.key
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "public_failing" {
  display_name          = "bumall-dev-public-failing"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "bumall"
    team        = "platform"
  }

  conditions {
    display_name = "Requests fail"

    condition_threshold {
      filter             = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"bumall-dev-api-public\" AND metric.labels.response_code_class = \"5xx\""
      denominator_filter = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"bumall-dev-api-public\""
      comparison         = "COMPARISON_GT"

      # A share of all requests.
      threshold_value = 0.05
      duration        = "900s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }

      denominator_aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content   = "More than 5 % of the requests to the API public ended in 5xx for a quarter of an hour. Its log says which routes, and why: `route`, `flags`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}
