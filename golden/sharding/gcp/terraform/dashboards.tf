resource "google_monitoring_dashboard" "ledger_shards" {
  dashboard_json = jsonencode({
    displayName = "bumart-ledger-shards"
    mosaicLayout = {
      columns = 48
      tiles = [
        {
          width  = 24
          height = 16
          widget = {
            title = "Processor load"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "cloudsql_googleapis_com:database_cpu_utilization{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-ledger-shard-[a-z0-9]+-${random_id.suffix.hex}\"}"
                  unitOverride    = "1"
                }
              }]
            }
          }
        },
        {
          xPos   = 24
          width  = 24
          height = 16
          widget = {
            title = "Free storage"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "cloudsql_googleapis_com:database_disk_quota{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-ledger-shard-[a-z0-9]+-${random_id.suffix.hex}\"} - cloudsql_googleapis_com:database_disk_bytes_used{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-ledger-shard-[a-z0-9]+-${random_id.suffix.hex}\"}"
                  unitOverride    = "By"
                }
              }]
            }
          }
        },
        {
          yPos   = 16
          width  = 24
          height = 16
          widget = {
            title = "Connections"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "sum by (database_id) (cloudsql_googleapis_com:database_postgresql_num_backends{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-ledger-shard-[a-z0-9]+-${random_id.suffix.hex}\"})"
                  unitOverride    = "1"
                }
              }]
            }
          }
        },
        {
          xPos   = 24
          yPos   = 16
          width  = 24
          height = 16
          widget = {
            title = "Reads and writes of the disk per second"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "rate(cloudsql_googleapis_com:database_disk_read_ops_count{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-ledger-shard-[a-z0-9]+-${random_id.suffix.hex}\"}[5m]) + rate(cloudsql_googleapis_com:database_disk_write_ops_count{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-ledger-shard-[a-z0-9]+-${random_id.suffix.hex}\"}[5m])"
                  unitOverride    = "1"
                }
              }]
            }
          }
        },
      ]
    }
  })

  depends_on = [google_project_service.this]
}

resource "google_monitoring_dashboard" "main_shards" {
  dashboard_json = jsonencode({
    displayName = "bumart-main-shards"
    mosaicLayout = {
      columns = 48
      tiles = [
        {
          width  = 24
          height = 16
          widget = {
            title = "Processor load"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "cloudsql_googleapis_com:database_cpu_utilization{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"}"
                  unitOverride    = "1"
                }
              }]
            }
          }
        },
        {
          xPos   = 24
          width  = 24
          height = 16
          widget = {
            title = "Free storage"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "cloudsql_googleapis_com:database_disk_quota{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"} - cloudsql_googleapis_com:database_disk_bytes_used{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"}"
                  unitOverride    = "By"
                }
              }]
            }
          }
        },
        {
          yPos   = 16
          width  = 24
          height = 16
          widget = {
            title = "Connections"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "sum by (database_id) (cloudsql_googleapis_com:database_postgresql_num_backends{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"})"
                  unitOverride    = "1"
                }
              }]
            }
          }
        },
        {
          xPos   = 24
          yPos   = 16
          width  = 24
          height = 16
          widget = {
            title = "Reads and writes of the disk per second"
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  prometheusQuery = "rate(cloudsql_googleapis_com:database_disk_read_ops_count{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"}[5m]) + rate(cloudsql_googleapis_com:database_disk_write_ops_count{monitored_resource=\"cloudsql_database\",database_id=~\"${data.google_project.this.project_id}:bumart-main-shard-[a-z0-9]+-${random_id.suffix.hex}\"}[5m])"
                  unitOverride    = "1"
                }
              }]
            }
          }
        },
      ]
    }
  })

  depends_on = [google_project_service.this]
}
