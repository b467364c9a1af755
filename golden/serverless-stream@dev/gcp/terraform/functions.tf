# Archives of source. Their names are their digests, so none is ever replaced.
resource "google_storage_bucket" "function_sources" {
  name                        = "sensors-dev-function-sources-${random_id.suffix.hex}"
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
  repository_id = "sensors-dev-functions"
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

data "archive_file" "hot" {
  type             = "zip"
  source_dir       = "${path.module}/functions/hot"
  output_path      = "${path.module}/.terraform/archives/hot.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "hot" {
  name   = "hot-${data.archive_file.hot.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.hot.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "hot" {
  name         = "sensors-dev-hot"
  location     = "asia-northeast3"
  kms_key_name = google_kms_crypto_key.main.id

  build_config {
    runtime     = "python313"
    entry_point = "handle"

    environment_variables = {
      GOOGLE_FUNCTION_SOURCE = "hot.py"
    }

    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.function_sources.name
        object = google_storage_bucket_object.hot.name
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
    service_account_email            = google_service_account.hot.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      LIMIT             = "80"
      READINGS_ENDPOINT = "pubsub.googleapis.com:443"
      READINGS_GROUP    = "projects/${data.google_project.this.project_id}/subscriptions/sensors-dev-hot"
      READINGS_PROTOCOL = "pubsub"
      READINGS_STREAM   = "projects/${data.google_project.this.project_id}/topics/sensors-dev-readings"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["sensors-dev", "sensors-dev-hot"]
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
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

resource "google_pubsub_topic" "hot_dead" {
  name         = "sensors-dev-hot-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "hot_dead" {
  name                       = "sensors-dev-hot-dead"
  topic                      = google_pubsub_topic.hot_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "hot" {
  name                       = "sensors-dev-hot"
  topic                      = google_pubsub_topic.readings.id
  ack_deadline_seconds       = 120
  message_retention_duration = "172800s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  push_config {
    # The function itself does not care for the path; its framework takes the topic's name from it.
    push_endpoint = "https://sensors-dev-hot-${data.google_project.this.number}.asia-northeast3.run.app/${google_pubsub_topic.readings.id}"

    oidc_token {
      service_account_email = google_service_account.triggers.email
      audience              = "https://sensors-dev-hot-${data.google_project.this.number}.asia-northeast3.run.app"
    }
  }

  # In order for each ordering key.
  enable_message_ordering = true

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.hot_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "60s"
    maximum_backoff = "600s"
  }

  # Who came sooner would find nobody.
  depends_on = [google_cloudfunctions2_function.hot, google_cloud_run_v2_service_iam_member.hot_called_by_triggers]
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "hot" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.hot.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "hot_dead" {
  topic  = google_pubsub_topic.hot_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}

data "archive_file" "mean" {
  type             = "zip"
  source_dir       = "${path.module}/functions/mean"
  output_path      = "${path.module}/.terraform/archives/mean.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "mean" {
  name   = "mean-${data.archive_file.mean.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.mean.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "mean" {
  name         = "sensors-dev-mean"
  location     = "asia-northeast3"
  kms_key_name = google_kms_crypto_key.main.id

  build_config {
    runtime     = "python313"
    entry_point = "handle"

    environment_variables = {
      GOOGLE_FUNCTION_SOURCE = "mean.py"
    }

    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.function_sources.name
        object = google_storage_bucket_object.mean.name
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
    service_account_email            = google_service_account.mean.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      MEANS_ENDPOINT    = "firestore.googleapis.com:443"
      MEANS_PROTOCOL    = "firestore"
      MEANS_TABLE       = "sensors-dev-means"
      RAW_BUCKET        = google_storage_bucket.raw.name
      RAW_ENDPOINT      = "https://storage.googleapis.com"
      RAW_REGION        = "asia-northeast3"
      READINGS_ENDPOINT = "pubsub.googleapis.com:443"
      READINGS_GROUP    = "projects/${data.google_project.this.project_id}/subscriptions/sensors-dev-mean"
      READINGS_PROTOCOL = "pubsub"
      READINGS_STREAM   = "projects/${data.google_project.this.project_id}/topics/sensors-dev-readings"
      TIMEZONE          = "Asia/Seoul"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["sensors-dev", "sensors-dev-mean"]
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
    google_storage_bucket_iam_member.mean_uses_raw,
    google_project_iam_member.mean_uses_means,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

resource "google_pubsub_topic" "mean_dead" {
  name         = "sensors-dev-mean-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "mean_dead" {
  name                       = "sensors-dev-mean-dead"
  topic                      = google_pubsub_topic.mean_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "mean" {
  name                       = "sensors-dev-mean"
  topic                      = google_pubsub_topic.readings.id
  ack_deadline_seconds       = 120
  message_retention_duration = "172800s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  push_config {
    # The function itself does not care for the path; its framework takes the topic's name from it.
    push_endpoint = "https://sensors-dev-mean-${data.google_project.this.number}.asia-northeast3.run.app/${google_pubsub_topic.readings.id}"

    oidc_token {
      service_account_email = google_service_account.triggers.email
      audience              = "https://sensors-dev-mean-${data.google_project.this.number}.asia-northeast3.run.app"
    }
  }

  # In order for each ordering key.
  enable_message_ordering = true

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.mean_dead.id
    max_delivery_attempts = 6
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "60s"
    maximum_backoff = "600s"
  }

  # Who came sooner would find nobody.
  depends_on = [
    google_cloudfunctions2_function.mean,
    google_cloud_run_v2_service_iam_member.mean_called_by_triggers,
  ]
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "mean" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.mean.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "mean_dead" {
  topic  = google_pubsub_topic.mean_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}
