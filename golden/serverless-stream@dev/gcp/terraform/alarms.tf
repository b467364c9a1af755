resource "google_monitoring_notification_channel" "alarms" {
  for_each     = toset(["iot@example.com"])
  display_name = "sensors-dev-alarms to ${each.key}"
  type         = "email"

  labels = {
    email_address = each.key
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "hot_dead" {
  display_name          = "sensors-dev-hot-dead"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "sensors"
    team        = "iot"
  }

  conditions {
    display_name = "There are dead letters"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.hot_dead.name}\""
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
    content   = "hot has dead letters: events that it failed on 5 times, or that it could not be called for. Look at one of them and at its logs; send them again when the reason is gone."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "hot_failing" {
  display_name          = "sensors-dev-hot-failing"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "sensors"
    team        = "iot"
  }

  conditions {
    display_name = "More than 5 calls failed in 5 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"sensors-dev-hot\" AND metric.labels.response_code_class = \"5xx\""
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
    content   = "More than 5 calls of hot failed in five minutes. Its logs say why."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "hot_behind" {
  display_name          = "sensors-dev-hot-behind"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "sensors"
    team        = "iot"
  }

  conditions {
    display_name = "The oldest event waits for more than 720 minutes"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.hot.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 43200
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "hot is more than 720 minutes behind what it reads. Look whether it runs at all, and whether it has become slow; what gets too old is lost."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "hot_throttled" {
  display_name          = "sensors-dev-hot-throttled"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "sensors"
    team        = "iot"
  }

  conditions {
    display_name = "Calls are turned away"

    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"sensors-dev-hot\" AND metric.labels.response_code = \"429\""
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
    content   = "Calls of hot are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "mean_dead" {
  display_name          = "sensors-dev-mean-dead"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "sensors"
    team        = "iot"
  }

  conditions {
    display_name = "There are dead letters"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.mean_dead.name}\""
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
    content   = "mean has dead letters: events that it failed on 6 times, or that it could not be called for. Look at one of them and at its logs; send them again when the reason is gone."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "mean_failing" {
  display_name          = "sensors-dev-mean-failing"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "sensors"
    team        = "iot"
  }

  conditions {
    display_name = "More than 5 calls failed in 5 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"sensors-dev-mean\" AND metric.labels.response_code_class = \"5xx\""
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
    content   = "More than 5 calls of mean failed in five minutes. Its logs say why."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "mean_behind" {
  display_name          = "sensors-dev-mean-behind"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "sensors"
    team        = "iot"
  }

  conditions {
    display_name = "The oldest event waits for more than 720 minutes"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.mean.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 43200
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "mean is more than 720 minutes behind what it reads. Look whether it runs at all, and whether it has become slow; what gets too old is lost."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "mean_throttled" {
  display_name          = "sensors-dev-mean-throttled"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    environment = "dev"
    system      = "sensors"
    team        = "iot"
  }

  conditions {
    display_name = "Calls are turned away"

    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND resource.labels.service_name = \"sensors-dev-mean\" AND metric.labels.response_code = \"429\""
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
    content   = "Calls of mean are turned away: as many run as may. Look whether it has become slow, and at `concurrency`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}
