# A snapshot of every machine's disk each day, kept for seven days.
resource "aws_dlm_lifecycle_policy" "machine_disks" {
  description        = "Disks of bumall-dev"
  execution_role_arn = aws_iam_role.machine_disk_snapshots.arn
  state              = "ENABLED"

  policy_details {
    resource_types = ["VOLUME"]

    target_tags = {
      snapshots = "bumall-dev"
    }

    schedule {
      name      = "daily"
      copy_tags = true

      create_rule {
        interval      = 24
        interval_unit = "HOURS"
        times         = ["18:00"]
      }

      # By age: snapshots of machines that are gone go too. A policy cannot change from one way to the other.
      retain_rule {
        interval      = 7
        interval_unit = "DAYS"
      }
    }
  }

  depends_on = [aws_iam_role_policy.machine_disk_snapshots]
}
