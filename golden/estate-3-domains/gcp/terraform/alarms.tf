resource "google_monitoring_notification_channel" "alarms" {
  for_each     = toset(["platform@example.com"])
  display_name = "buestate-alarms to ${each.key}"
  type         = "email"

  labels = {
    email_address = each.key
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "main_replica_lag" {
  display_name          = "buestate-main-replica-lag"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "buestate"
    team   = "commerce"
  }

  conditions {
    display_name = "More than 60 seconds behind for 5 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/replication/replica_lag\" AND resource.labels.database_id = monitoring.regex.full_match(\"${data.google_project.this.project_id}:buestate-main-read-[0-9]+-[0-9a-f]{6}\")"
      comparison      = "COMPARISON_GT"
      threshold_value = 60
      duration        = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  conditions {
    display_name = "Not replicating for 5 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/replication/replica_lag\" AND resource.labels.database_id = monitoring.regex.full_match(\"${data.google_project.this.project_id}:buestate-main-read-[0-9]+-[0-9a-f]{6}\")"
      comparison      = "COMPARISON_LT"
      threshold_value = 0
      duration        = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  conditions {
    display_name = "No word of a replica for 5 minutes"

    condition_absent {
      filter   = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/replication/replica_lag\" AND resource.labels.database_id = monitoring.regex.full_match(\"${data.google_project.this.project_id}:buestate-main-read-[0-9]+-[0-9a-f]{6}\")"
      duration = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "A read replica of main is more than 60 seconds behind: readers see old data. Look for long transactions and for replicas that are too small. One that does not replicate at all is behind by less than nothing: build it anew."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this, google_sql_database_instance.main_replica]
}
