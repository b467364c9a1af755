resource "google_monitoring_notification_channel" "alarms" {
  for_each     = toset(["platform@example.com"])
  display_name = "bumart-alarms to ${each.key}"
  type         = "email"

  labels = {
    email_address = each.key
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "ledger_shard_load" {
  for_each              = toset(local.ledger_shards)
  display_name          = "bumart-ledger-shard-load-${each.key}"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "bumart"
    team   = "market"
  }

  conditions {
    display_name = "Processor load over 80% for 15 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/cpu/utilization\" AND resource.labels.database_id = \"${data.google_project.this.project_id}:${google_sql_database_instance.ledger_shard[each.key].name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0.8
      duration        = "900s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MEAN"
      }
    }
  }

  documentation {
    content   = "A shard of ledger has had more than 80% processor load for 15 minutes. If the others are as busy, add shards or take larger ones."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "ledger_shard_storage" {
  for_each              = toset(local.ledger_shards)
  display_name          = "bumart-ledger-shard-storage-${each.key}"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "bumart"
    team   = "market"
  }

  conditions {
    display_name = "Too little free, and the disk has not grown for 15 minutes"

    condition_prometheus_query_language {
      query = <<-EOT
        cloudsql_googleapis_com:database_disk_quota{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:bumart-ledger-shard-${each.key}-${random_id.suffix.hex}"}
        - cloudsql_googleapis_com:database_disk_bytes_used{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:bumart-ledger-shard-${each.key}-${random_id.suffix.hex}"}
        < 0.75 * clamp_max(5e9 + cloudsql_googleapis_com:database_disk_quota{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:bumart-ledger-shard-${each.key}-${random_id.suffix.hex}"} / 25, 25e9)
      EOT

      duration            = "900s"
      evaluation_interval = "60s"

      # There is no such metric before the first server.
      disable_metric_validation = true
    }
  }

  documentation {
    content   = "The storage of a shard of ledger is nearly full and has not grown by itself for 15 minutes. Look for a failed update among the operations of the instance (`gcloud sql operations list --instance=INSTANCE`), or make it larger: `gcloud sql instances patch INSTANCE --storage-size=SIZE`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "ledger_shard_hot" {
  display_name          = "bumart-ledger-shard-hot"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "bumart"
    team   = "market"
  }

  conditions {
    display_name = "25 percentage points above the mean for 15 minutes"

    condition_prometheus_query_language {
      query = <<-EOT
        avg by (database_id) (cloudsql_googleapis_com:database_cpu_utilization{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:bumart-ledger-shard-(east|west)-${random_id.suffix.hex}"})
        - on () group_left ()
        avg(cloudsql_googleapis_com:database_cpu_utilization{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:bumart-ledger-shard-(east|west)-${random_id.suffix.hex}"})
        > 0.25
      EOT

      duration            = "900s"
      evaluation_interval = "60s"

      # There is no such metric before the first server.
      disable_metric_validation = true
    }
  }

  documentation {
    content   = "A shard of ledger is more than 25 percentage points busier than the mean of all: one key, or one range of tenant, draws the load."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "main_shard_load" {
  for_each              = toset(local.main_shards)
  display_name          = "bumart-main-shard-load-${each.key}"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "bumart"
    team   = "market"
  }

  conditions {
    display_name = "Processor load over 80% for 15 minutes"

    condition_threshold {
      filter          = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/cpu/utilization\" AND resource.labels.database_id = \"${data.google_project.this.project_id}:${google_sql_database_instance.main_shard[each.key].name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0.8
      duration        = "900s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MEAN"
      }
    }
  }

  documentation {
    content   = "A shard of main has had more than 80% processor load for 15 minutes. If the others are as busy, add shards or take larger ones."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "main_shard_storage" {
  for_each              = toset(local.main_shards)
  display_name          = "bumart-main-shard-storage-${each.key}"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "bumart"
    team   = "market"
  }

  conditions {
    display_name = "Too little free, and the disk has not grown for 15 minutes"

    condition_prometheus_query_language {
      query = <<-EOT
        cloudsql_googleapis_com:database_disk_quota{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:bumart-main-shard-${each.key}-${random_id.suffix.hex}"}
        - cloudsql_googleapis_com:database_disk_bytes_used{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:bumart-main-shard-${each.key}-${random_id.suffix.hex}"}
        < 0.75 * clamp_max(5e9 + cloudsql_googleapis_com:database_disk_quota{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:bumart-main-shard-${each.key}-${random_id.suffix.hex}"} / 25, 25e9)
      EOT

      duration            = "900s"
      evaluation_interval = "60s"

      # There is no such metric before the first server.
      disable_metric_validation = true
    }
  }

  documentation {
    content   = "The storage of a shard of main is nearly full and has not grown by itself for 15 minutes. Look for a failed update among the operations of the instance (`gcloud sql operations list --instance=INSTANCE`), or make it larger: `gcloud sql instances patch INSTANCE --storage-size=SIZE`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "main_shard_hot" {
  display_name          = "bumart-main-shard-hot"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "bumart"
    team   = "market"
  }

  conditions {
    display_name = "25 percentage points above the mean for 15 minutes"

    condition_prometheus_query_language {
      query = <<-EOT
        avg by (database_id) (cloudsql_googleapis_com:database_cpu_utilization{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:bumart-main-shard-(s0|s1|s2|s3)-${random_id.suffix.hex}"})
        - on () group_left ()
        avg(cloudsql_googleapis_com:database_cpu_utilization{monitored_resource="cloudsql_database",database_id=~"${data.google_project.this.project_id}:bumart-main-shard-(s0|s1|s2|s3)-${random_id.suffix.hex}"})
        > 0.25
      EOT

      duration            = "900s"
      evaluation_interval = "60s"

      # There is no such metric before the first server.
      disable_metric_validation = true
    }
  }

  documentation {
    content   = "A shard of main is more than 25 percentage points busier than the mean of all: one key, or one range of customer_id, draws the load."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}
