# Archives of source. Their names are their digests, so none is ever replaced.
resource "google_storage_bucket" "function_sources" {
  name                        = "nightly-dev-function-sources-${random_id.suffix.hex}"
  location                    = "ASIA-NORTHEAST3"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  encryption {
    default_kms_key_name = google_kms_crypto_key.main.id
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }

    condition {
      age = 7
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_artifact_registry_repository" "functions" {
  location      = "asia-northeast3"
  repository_id = "nightly-dev-functions"
  description   = "Images of functions, built of their source"
  format        = "DOCKER"
  kms_key_name  = google_kms_crypto_key.main.id

  cleanup_policies {
    id     = "newest"
    action = "KEEP"

    most_recent_versions {
      keep_count = 5
    }
  }

  cleanup_policies {
    id     = "others"
    action = "DELETE"

    condition {
      tag_state = "ANY"
    }
  }

  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_project_service_identity" "cloudscheduler" {
  provider   = google-beta
  service    = "cloudscheduler.googleapis.com"
  depends_on = [google_project_service.this]
}

data "archive_file" "close" {
  type             = "zip"
  source_dir       = "${path.module}/functions/close"
  output_path      = "${path.module}/.terraform/archives/close.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "close" {
  name   = "close-${data.archive_file.close.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.close.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "close" {
  name         = "nightly-dev-close"
  location     = "asia-northeast3"
  kms_key_name = google_kms_crypto_key.main.id

  build_config {
    runtime     = "python313"
    entry_point = "handle"

    environment_variables = {
      GOOGLE_FUNCTION_SOURCE = "nightly.py"
    }

    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.function_sources.name
        object = google_storage_bucket_object.close.name
      }
    }
  }

  service_config {
    available_memory = "512Mi"
    available_cpu    = "1"
    timeout_seconds  = 600

    # One call at a time, as on every cloud: as many instances as calls.
    max_instance_request_concurrency = 1
    max_instance_count               = 1
    min_instance_count               = 0
    service_account_email            = google_service_account.close.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      MAILS_ENDPOINT   = "pubsub.googleapis.com:443"
      MAILS_PROTOCOL   = "pubsub"
      MAILS_QUEUE      = "projects/${data.google_project.this.project_id}/topics/nightly-dev-mails"
      MAIL_TO          = "accounting@example.com"
      REPORTS_BUCKET   = google_storage_bucket.reports.name
      REPORTS_ENDPOINT = "https://storage.googleapis.com"
      REPORTS_REGION   = "asia-northeast3"
      TIMEZONE         = "Asia/Seoul"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["nightly-dev", "nightly-dev-close"]
    }
  }

  # It finds its names, its secrets and an open way when it starts.
  depends_on = [
    google_compute_route.google_apis,
    google_compute_route.internet,
    google_compute_router_nat.main,
    google_compute_firewall.deny_egress_of_containers,
    google_compute_firewall.to_google_apis_of_containers,
    google_compute_firewall.deny_network_of_containers,
    google_compute_firewall.to_internet_of_containers,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_storage_bucket_iam_member.close_uses_reports,
    google_pubsub_topic_iam_member.close_uses_mails,
    google_pubsub_subscription.mails,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

resource "google_pubsub_topic" "close" {
  name         = "nightly-dev-close"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic" "close_dead" {
  name         = "nightly-dev-close-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "close_dead" {
  name                       = "nightly-dev-close-dead"
  topic                      = google_pubsub_topic.close_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "close" {
  name                       = "nightly-dev-close"
  topic                      = google_pubsub_topic.close.id
  ack_deadline_seconds       = 600
  message_retention_duration = "604800s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  push_config {
    # The function itself does not care for the path; its framework takes the topic's name from it.
    push_endpoint = "https://nightly-dev-close-${data.google_project.this.number}.asia-northeast3.run.app/${google_pubsub_topic.close.id}"

    oidc_token {
      service_account_email = google_service_account.triggers.email
      audience              = "https://nightly-dev-close-${data.google_project.this.number}.asia-northeast3.run.app"
    }
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.close_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "600s"
    maximum_backoff = "600s"
  }

  # Who came sooner would find nobody.
  depends_on = [
    google_cloudfunctions2_function.close,
    google_cloud_run_v2_service_iam_member.close_called_by_triggers,
  ]
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "close" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.close.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "close_dead" {
  topic  = google_pubsub_topic.close_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "close" {
  topic  = google_pubsub_topic.close.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.cloudscheduler.member
}

resource "google_cloud_scheduler_job" "close" {
  name        = "nightly-dev-close"
  region      = "asia-northeast3"
  description = "Starts close"
  schedule    = "30 0 * * *"
  time_zone   = "Asia/Seoul"

  retry_config {
    retry_count = 3
  }

  pubsub_target {
    topic_name = google_pubsub_topic.close.id

    data = base64encode(jsonencode({
      schedule = "30 0 * * *"
      timezone = "Asia/Seoul"
    }))
  }

  depends_on = [google_pubsub_subscription.close, google_pubsub_topic_iam_member.close]
}

data "archive_file" "mailer" {
  type             = "zip"
  source_dir       = "${path.module}/functions/mailer"
  output_path      = "${path.module}/.terraform/archives/mailer.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "mailer" {
  name   = "mailer-${data.archive_file.mailer.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.mailer.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "mailer" {
  name         = "nightly-dev-mailer"
  location     = "asia-northeast3"
  kms_key_name = google_kms_crypto_key.main.id

  build_config {
    runtime     = "python313"
    entry_point = "handle"

    environment_variables = {
      GOOGLE_FUNCTION_SOURCE = "tell.py"
    }

    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.function_sources.name
        object = google_storage_bucket_object.mailer.name
      }
    }
  }

  service_config {
    available_memory = "512Mi"
    available_cpu    = "1"
    timeout_seconds  = 60

    # One call at a time, as on every cloud: as many instances as calls.
    max_instance_request_concurrency = 1
    max_instance_count               = 20
    min_instance_count               = 0
    service_account_email            = google_service_account.mailer.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      MAIL_KEY_SECRET = google_secret_manager_secret.mail_key.id
      TELL_URL        = "https://mail.example.com/v1/messages"
    }

    dynamic "secret_environment_variables" {
      iterator = filled
      for_each = var.mail_key_secret_version > 0 ? [var.mail_key_secret_version] : []

      content {
        key        = "MAIL_KEY"
        project_id = data.google_project.this.project_id
        secret     = google_secret_manager_secret.mail_key.secret_id
        version    = filled.value
      }
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["nightly-dev", "nightly-dev-mailer"]
    }
  }

  # It finds its names, its secrets and an open way when it starts.
  depends_on = [
    google_compute_route.google_apis,
    google_compute_route.internet,
    google_compute_router_nat.main,
    google_compute_firewall.deny_egress_of_containers,
    google_compute_firewall.to_google_apis_of_containers,
    google_compute_firewall.deny_network_of_containers,
    google_compute_firewall.to_internet_of_containers,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_secret_manager_secret_iam_member.mailer_uses_mail_key,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}
