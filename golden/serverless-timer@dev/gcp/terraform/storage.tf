# Access logs of the buckets below.
resource "google_storage_bucket" "access_logs_of_buckets" {
  name                        = "nightly-dev-${random_id.suffix.hex}-access-logs"
  location                    = "ASIA-NORTHEAST3"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  encryption {
    default_kms_key_name = google_kms_crypto_key.main.id
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age = 365
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# Cloud Storage delivers them as this group.
resource "google_storage_bucket_iam_member" "access_logs_of_buckets" {
  bucket = google_storage_bucket.access_logs_of_buckets.name
  role   = "roles/storage.objectCreator"
  member = "group:cloud-storage-analytics@google.com"
}

resource "google_storage_bucket" "reports" {
  name                        = "nightly-dev-reports-${random_id.suffix.hex}"
  location                    = "ASIA-NORTHEAST3"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  encryption {
    default_kms_key_name = google_kms_crypto_key.main.id
  }

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }

    condition {
      age                   = 30
      matches_storage_class = ["STANDARD"]
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age        = 400
      with_state = "LIVE"
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      days_since_noncurrent_time = 30
      with_state                 = "ARCHIVED"
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }

    condition {
      age = 7
    }
  }

  logging {
    log_bucket        = google_storage_bucket.access_logs_of_buckets.name
    log_object_prefix = "reports"
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}
