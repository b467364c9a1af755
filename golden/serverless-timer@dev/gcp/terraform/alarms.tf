resource "google_monitoring_notification_channel" "alarms" {
  for_each     = toset(["operations@example.com"])
  display_name = "nightly-dev-alarms to ${each.key}"
  type         = "email"

  labels = {
    email_address = each.key
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "mails_dead" {
  display_name          = "nightly-dev-mails-dead"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "nightly"
    team        = "operations"
  }

  conditions {
    display_name = "There are dead letters"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.mails_dead.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "mails has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "mails_waiting" {
  display_name          = "nightly-dev-mails-waiting"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "nightly"
    team        = "operations"
  }

  conditions {
    display_name = "The oldest message waits for more than 15 minutes"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.mails.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 900
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "A message of mails has waited for more than 15 minutes: nobody takes it, or there are too few calls at once. Look whether they run, and at `concurrency`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "close_dead" {
  display_name          = "nightly-dev-close-dead"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "nightly"
    team        = "operations"
  }

  conditions {
    display_name = "There are dead letters"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.close_dead.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "close has dead letters: events that it failed on 5 times, or that it could not be called for. Look at one of them and at its logs; send them again when the reason is gone."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "close_failing" {
  display_name          = "nightly-dev-close-failing"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "nightly"
    team        = "operations"
  }

  conditions {
    display_name = "More than 5 calls failed in 5 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"nightly-dev-close\" AND metric.labels.response_code_class = \"5xx\""
      comparison      = "COMPARISON_GT"
      threshold_value = 5
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content   = "More than 5 calls of close failed in five minutes. Its logs say why."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "close_throttled" {
  display_name          = "nightly-dev-close-throttled"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "nightly"
    team        = "operations"
  }

  conditions {
    display_name = "Calls are turned away"

    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"nightly-dev-close\" AND metric.labels.response_code = \"429\""
      comparison      = "COMPARISON_GT"
      threshold_value = 10
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content   = "Calls of close are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "mailer_failing" {
  display_name          = "nightly-dev-mailer-failing"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "nightly"
    team        = "operations"
  }

  conditions {
    display_name = "More than 5 calls failed in 5 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"nightly-dev-mailer\" AND metric.labels.response_code_class = \"5xx\""
      comparison      = "COMPARISON_GT"
      threshold_value = 5
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content   = "More than 5 calls of mailer failed in five minutes. Its logs say why."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "mailer_throttled" {
  display_name          = "nightly-dev-mailer-throttled"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "nightly"
    team        = "operations"
  }

  conditions {
    display_name = "Calls are turned away"

    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"nightly-dev-mailer\" AND metric.labels.response_code = \"429\""
      comparison      = "COMPARISON_GT"
      threshold_value = 200
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content   = "Calls of mailer are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "schedules_failed" {
  display_name          = "nightly-dev-schedules-failed"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "nightly"
    team        = "operations"
  }

  conditions {
    display_name = "Nothing was started"

    condition_matched_log {
      filter = "resource.type=\"cloud_scheduler_job\" AND severity>=ERROR AND resource.labels.job_id=~\"^nightly-dev-(close)$\""
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    content   = "Cloud Scheduler could not start what is due; it tries four times. The log of the job says why; start it again with `gcloud scheduler jobs run` when the reason is gone."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}
