# Daily snapshots of the machines' disks, encrypted as the disks are.
resource "google_compute_resource_policy" "snapshots" {
  name   = "bumall-dev-snapshots"
  region = "asia-northeast3"

  snapshot_schedule_policy {
    schedule {
      daily_schedule {
        days_in_cycle = 1
        start_time    = "18:00"
      }
    }

    retention_policy {
      max_retention_days    = 7
      on_source_disk_delete = "APPLY_RETENTION_POLICY"
    }

    snapshot_properties {
      storage_locations = ["asia-northeast3"]
    }
  }

  depends_on = [google_project_service.this]
}
