# Archives of source. Their names are their digests, so none is ever replaced.
resource "google_storage_bucket" "function_sources" {
  name                        = "notes-function-sources-${random_id.suffix.hex}"
  location                    = "ASIA-NORTHEAST3"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

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
  repository_id = "notes-functions"
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

# What happens to objects.
resource "google_pubsub_topic" "media_events" {
  name         = "notes-media-events"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic_iam_member" "media_events" {
  topic  = google_pubsub_topic.media_events.name
  role   = "roles/pubsub.publisher"
  member = data.google_storage_project_service_account.this.member
}

data "archive_file" "notes" {
  type             = "zip"
  source_dir       = "${path.module}/functions/notes"
  output_path      = "${path.module}/.terraform/archives/notes.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "notes" {
  name   = "notes-${data.archive_file.notes.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.notes.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "notes" {
  name         = "notes-notes"
  location     = "asia-northeast3"
  kms_key_name = google_kms_crypto_key.main.id

  build_config {
    runtime           = "nodejs24"
    entry_point       = "handle"
    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.function_sources.name
        object = google_storage_bucket_object.notes.name
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
    service_account_email            = google_service_account.notes.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      KEY               = "id"
      PRODUCTS_ENDPOINT = "firestore.googleapis.com:443"
      PRODUCTS_PROTOCOL = "firestore"
      PRODUCTS_TABLE    = "notes-products"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["notes", "notes-notes"]
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
    google_project_iam_member.notes_uses_products,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

data "archive_file" "summary" {
  type             = "zip"
  source_dir       = "${path.module}/functions/summary"
  output_path      = "${path.module}/.terraform/archives/summary.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "summary" {
  name   = "summary-${data.archive_file.summary.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.summary.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "summary" {
  name         = "notes-summary"
  location     = "asia-northeast3"
  kms_key_name = google_kms_crypto_key.main.id

  build_config {
    runtime     = "python313"
    entry_point = "handle"

    environment_variables = {
      GOOGLE_FUNCTION_SOURCE = "summary.py"
    }

    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.function_sources.name
        object = google_storage_bucket_object.summary.name
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
    service_account_email            = google_service_account.summary.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      MEDIA_BUCKET   = google_storage_bucket.media.name
      MEDIA_ENDPOINT = "https://storage.googleapis.com"
      MEDIA_REGION   = "asia-northeast3"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["notes", "notes-summary"]
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
    google_storage_bucket_iam_member.summary_uses_all_of_media,
    google_storage_bucket_iam_member.summary_uses_media,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

resource "google_pubsub_topic" "summary_dead" {
  name         = "notes-summary-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "summary_dead" {
  name                       = "notes-summary-dead"
  topic                      = google_pubsub_topic.summary_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "summary" {
  name                       = "notes-summary"
  topic                      = google_pubsub_topic.media_events.id
  ack_deadline_seconds       = 120
  message_retention_duration = "604800s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  push_config {
    # The function itself does not care for the path; its framework takes the topic's name from it.
    push_endpoint = "https://notes-summary-${data.google_project.this.number}.asia-northeast3.run.app/${google_pubsub_topic.media_events.id}"

    oidc_token {
      service_account_email = google_service_account.triggers.email
      audience              = "https://notes-summary-${data.google_project.this.number}.asia-northeast3.run.app"
    }
  }

  # Cannot be changed: another filter is another subscription, without the messages that wait.
  filter = "attributes.eventType = \"OBJECT_FINALIZE\" AND hasPrefix(attributes.objectId, \"uploads/\")"

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.summary_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "60s"
    maximum_backoff = "600s"
  }

  # Who came sooner would find nobody.
  depends_on = [
    google_cloudfunctions2_function.summary,
    google_cloud_run_v2_service_iam_member.summary_called_by_triggers,
  ]
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "summary" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.summary.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "summary_dead" {
  topic  = google_pubsub_topic.summary_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}

resource "google_storage_notification" "media" {
  bucket         = google_storage_bucket.media.name
  topic          = google_pubsub_topic.media_events.id
  payload_format = "JSON_API_V1"
  event_types    = ["OBJECT_FINALIZE"]

  # Other events are another notification: nothing is missed, and some events come twice.
  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_pubsub_topic_iam_member.media_events, google_pubsub_subscription.summary]
}
