# Archives of source. Their names are their digests, so none is ever replaced.
resource "google_storage_bucket" "function_sources" {
  name                        = "mediaiot-function-sources-${random_id.suffix.hex}"
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
  repository_id = "mediaiot-functions"
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

# What happens to objects.
resource "google_pubsub_topic" "media_events" {
  name         = "mediaiot-media-events"
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

data "archive_file" "alarm" {
  type             = "zip"
  source_dir       = "${path.module}/functions/alarm"
  output_path      = "${path.module}/.terraform/archives/alarm.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "alarm" {
  name   = "alarm-${data.archive_file.alarm.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.alarm.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "alarm" {
  name         = "mediaiot-alarm"
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
        object = google_storage_bucket_object.alarm.name
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
    service_account_email            = google_service_account.alarm.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true
    environment_variables          = {}

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-alarm"]
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

data "archive_file" "archive" {
  type             = "zip"
  source_dir       = "${path.module}/functions/archive"
  output_path      = "${path.module}/.terraform/archives/archive.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "archive" {
  name   = "archive-${data.archive_file.archive.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.archive.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "archive" {
  name         = "mediaiot-archive"
  location     = "asia-northeast3"
  kms_key_name = google_kms_crypto_key.main.id

  build_config {
    runtime     = "python313"
    entry_point = "archive"

    environment_variables = {
      GOOGLE_FUNCTION_SOURCE = "days.py"
    }

    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.function_sources.name
        object = google_storage_bucket_object.archive.name
      }
    }
  }

  service_config {
    available_memory = "512Mi"
    available_cpu    = "1"
    timeout_seconds  = 600

    # One call at a time, as on every cloud: as many instances as calls.
    max_instance_request_concurrency = 1
    max_instance_count               = 20
    min_instance_count               = 0
    service_account_email            = google_service_account.archive.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      MEANS_ENDPOINT = "firestore.googleapis.com:443"
      MEANS_PROTOCOL = "firestore"
      MEANS_TABLE    = "mediaiot-means"
      RAW_BUCKET     = google_storage_bucket.raw.name
      RAW_ENDPOINT   = "https://storage.googleapis.com"
      RAW_REGION     = "asia-northeast3"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-archive"]
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
    google_storage_bucket_iam_member.archive_uses_raw,
    google_project_iam_member.archive_uses_means,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
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
  name         = "mediaiot-close"
  location     = "asia-northeast3"
  kms_key_name = google_kms_crypto_key.main.id

  build_config {
    runtime     = "python313"
    entry_point = "close"

    environment_variables = {
      GOOGLE_FUNCTION_SOURCE = "steps.py"
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
    timeout_seconds  = 60

    # One call at a time, as on every cloud: as many instances as calls.
    max_instance_request_concurrency = 1
    max_instance_count               = 20
    min_instance_count               = 0
    service_account_email            = google_service_account.close.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      TIMEZONE = "Asia/Seoul"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-close"]
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
  name         = "mediaiot-hot"
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
      ALERTS_ENDPOINT   = "pubsub.googleapis.com:443"
      ALERTS_PROTOCOL   = "pubsub"
      ALERTS_QUEUE      = "projects/${data.google_project.this.project_id}/topics/mediaiot-alerts"
      LIMIT             = "80"
      READINGS_ENDPOINT = "pubsub.googleapis.com:443"
      READINGS_GROUP    = "projects/${data.google_project.this.project_id}/subscriptions/mediaiot-hot"
      READINGS_PROTOCOL = "pubsub"
      READINGS_STREAM   = "projects/${data.google_project.this.project_id}/topics/mediaiot-readings"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-hot"]
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
    google_pubsub_topic_iam_member.hot_uses_alerts,
    google_pubsub_subscription.alerts,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

resource "google_pubsub_topic" "hot_dead" {
  name         = "mediaiot-hot-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "hot_dead" {
  name                       = "mediaiot-hot-dead"
  topic                      = google_pubsub_topic.hot_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "hot" {
  name                       = "mediaiot-hot"
  topic                      = google_pubsub_topic.readings.id
  ack_deadline_seconds       = 120
  message_retention_duration = "172800s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  push_config {
    # The function itself does not care for the path; its framework takes the topic's name from it.
    push_endpoint = "https://mediaiot-hot-${data.google_project.this.number}.asia-northeast3.run.app/${google_pubsub_topic.readings.id}"

    oidc_token {
      service_account_email = google_service_account.triggers.email
      audience              = "https://mediaiot-hot-${data.google_project.this.number}.asia-northeast3.run.app"
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
  name         = "mediaiot-mean"
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
      MEANS_TABLE       = "mediaiot-means"
      RAW_BUCKET        = google_storage_bucket.raw.name
      RAW_ENDPOINT      = "https://storage.googleapis.com"
      RAW_REGION        = "asia-northeast3"
      READINGS_ENDPOINT = "pubsub.googleapis.com:443"
      READINGS_GROUP    = "projects/${data.google_project.this.project_id}/subscriptions/mediaiot-mean"
      READINGS_PROTOCOL = "pubsub"
      READINGS_STREAM   = "projects/${data.google_project.this.project_id}/topics/mediaiot-readings"
      TIMEZONE          = "Asia/Seoul"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-mean"]
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
  name         = "mediaiot-mean-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "mean_dead" {
  name                       = "mediaiot-mean-dead"
  topic                      = google_pubsub_topic.mean_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "mean" {
  name                       = "mediaiot-mean"
  topic                      = google_pubsub_topic.readings.id
  ack_deadline_seconds       = 120
  message_retention_duration = "172800s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  push_config {
    # The function itself does not care for the path; its framework takes the topic's name from it.
    push_endpoint = "https://mediaiot-mean-${data.google_project.this.number}.asia-northeast3.run.app/${google_pubsub_topic.readings.id}"

    oidc_token {
      service_account_email = google_service_account.triggers.email
      audience              = "https://mediaiot-mean-${data.google_project.this.number}.asia-northeast3.run.app"
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

data "archive_file" "means_api" {
  type             = "zip"
  source_dir       = "${path.module}/functions/means-api"
  output_path      = "${path.module}/.terraform/archives/means-api.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "means_api" {
  name   = "means-api-${data.archive_file.means_api.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.means_api.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "means_api" {
  name         = "mediaiot-means-api"
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
        object = google_storage_bucket_object.means_api.name
      }
    }
  }

  service_config {
    available_memory = "256Mi"
    available_cpu    = "1"
    timeout_seconds  = 60

    # One call at a time, as on every cloud: as many instances as calls.
    max_instance_request_concurrency = 1
    max_instance_count               = 20
    min_instance_count               = 0
    service_account_email            = google_service_account.means_api.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      KEY            = "device minute:number"
      MEANS_ENDPOINT = "firestore.googleapis.com:443"
      MEANS_PROTOCOL = "firestore"
      MEANS_TABLE    = "mediaiot-means"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-means-api"]
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
    google_project_iam_member.means_api_uses_means,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

data "archive_file" "notify" {
  type             = "zip"
  source_dir       = "${path.module}/functions/notify"
  output_path      = "${path.module}/.terraform/archives/notify.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "notify" {
  name   = "notify-${data.archive_file.notify.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.notify.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "notify" {
  name         = "mediaiot-notify"
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
        object = google_storage_bucket_object.notify.name
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
    service_account_email            = google_service_account.notify.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      PUSH_KEY_SECRET = google_secret_manager_secret.push_key.id
      TELL_URL        = "https://push.example.com/v1/messages"
    }

    dynamic "secret_environment_variables" {
      iterator = filled
      for_each = var.push_key_secret_version > 0 ? [var.push_key_secret_version] : []

      content {
        key        = "PUSH_KEY"
        project_id = data.google_project.this.project_id
        secret     = google_secret_manager_secret.push_key.secret_id
        version    = filled.value
      }
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-notify"]
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
    google_secret_manager_secret_iam_member.notify_uses_push_key,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

data "archive_file" "pictures_api" {
  type             = "zip"
  source_dir       = "${path.module}/functions/pictures-api"
  output_path      = "${path.module}/.terraform/archives/pictures-api.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "pictures_api" {
  name   = "pictures-api-${data.archive_file.pictures_api.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.pictures_api.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "pictures_api" {
  name         = "mediaiot-pictures-api"
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
        object = google_storage_bucket_object.pictures_api.name
      }
    }
  }

  service_config {
    available_memory = "256Mi"
    available_cpu    = "1"
    timeout_seconds  = 60

    # One call at a time, as on every cloud: as many instances as calls.
    max_instance_request_concurrency = 1
    max_instance_count               = 20
    min_instance_count               = 1
    service_account_email            = google_service_account.pictures_api.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      KEY               = "owner key"
      PICTURES_ENDPOINT = "firestore.googleapis.com:443"
      PICTURES_PROTOCOL = "firestore"
      PICTURES_TABLE    = "mediaiot-pictures"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-pictures-api"]
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
    google_project_iam_member.pictures_api_uses_pictures,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

data "archive_file" "report" {
  type             = "zip"
  source_dir       = "${path.module}/functions/report"
  output_path      = "${path.module}/.terraform/archives/report.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "report" {
  name   = "report-${data.archive_file.report.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.report.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "report" {
  name         = "mediaiot-report"
  location     = "asia-northeast3"
  kms_key_name = google_kms_crypto_key.main.id

  build_config {
    runtime     = "python313"
    entry_point = "report"

    environment_variables = {
      GOOGLE_FUNCTION_SOURCE = "steps.py"
    }

    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.function_sources.name
        object = google_storage_bucket_object.report.name
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
    service_account_email            = google_service_account.report.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true
    environment_variables          = {}

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-report"]
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

data "archive_file" "rollup" {
  type             = "zip"
  source_dir       = "${path.module}/functions/rollup"
  output_path      = "${path.module}/.terraform/archives/rollup.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "rollup" {
  name   = "rollup-${data.archive_file.rollup.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.rollup.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "rollup" {
  name         = "mediaiot-rollup"
  location     = "asia-northeast3"
  kms_key_name = google_kms_crypto_key.main.id

  build_config {
    runtime     = "python313"
    entry_point = "rollup"

    environment_variables = {
      GOOGLE_FUNCTION_SOURCE = "days.py"
    }

    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.function_sources.name
        object = google_storage_bucket_object.rollup.name
      }
    }
  }

  service_config {
    available_memory = "512Mi"
    available_cpu    = "1"
    timeout_seconds  = 600

    # One call at a time, as on every cloud: as many instances as calls.
    max_instance_request_concurrency = 1
    max_instance_count               = 20
    min_instance_count               = 0
    service_account_email            = google_service_account.rollup.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      FACTS_DATABASE = "mediaiot_facts"
      FACTS_ENDPOINT = "bigquery.googleapis.com:443"
      FACTS_PROTOCOL = "bigquery"
      FACTS_SERVER   = data.google_project.this.project_id
      TIMEZONE       = "Asia/Seoul"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-rollup"]
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
    google_bigquery_dataset_iam_member.rollup_uses_facts,
    google_project_iam_member.rollup_uses_jobs_of_bigquery,
    google_bigquery_table_iam_member.rollup_uses_rows_of_facts_days,
    google_bigquery_table_iam_member.rollup_uses_rows_of_facts_readings,
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
  name         = "mediaiot-summary"
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
    available_memory = "1024Mi"
    available_cpu    = "1"
    timeout_seconds  = 120

    # One call at a time, as on every cloud: as many instances as calls.
    max_instance_request_concurrency = 1
    max_instance_count               = 20
    min_instance_count               = 0
    service_account_email            = google_service_account.summary.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      MEDIA_BUCKET      = google_storage_bucket.media.name
      MEDIA_ENDPOINT    = "https://storage.googleapis.com"
      MEDIA_REGION      = "asia-northeast3"
      PICTURES_ENDPOINT = "firestore.googleapis.com:443"
      PICTURES_PROTOCOL = "firestore"
      PICTURES_TABLE    = "mediaiot-pictures"
      UPLOADED_ENDPOINT = "pubsub.googleapis.com:443"
      UPLOADED_PROTOCOL = "pubsub"
      UPLOADED_TOPIC    = "projects/${data.google_project.this.project_id}/topics/mediaiot-uploaded"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["mediaiot", "mediaiot-summary"]
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
    google_pubsub_topic_iam_member.summary_uses_uploaded,
    google_project_iam_member.summary_uses_pictures,
    google_pubsub_subscription.notify_from_uploaded,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

resource "google_pubsub_topic" "summary_dead" {
  name         = "mediaiot-summary-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "summary_dead" {
  name                       = "mediaiot-summary-dead"
  topic                      = google_pubsub_topic.summary_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "summary" {
  name                       = "mediaiot-summary"
  topic                      = google_pubsub_topic.media_events.id
  ack_deadline_seconds       = 180
  message_retention_duration = "604800s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  push_config {
    # The function itself does not care for the path; its framework takes the topic's name from it.
    push_endpoint = "https://mediaiot-summary-${data.google_project.this.number}.asia-northeast3.run.app/${google_pubsub_topic.media_events.id}"

    oidc_token {
      service_account_email = google_service_account.triggers.email
      audience              = "https://mediaiot-summary-${data.google_project.this.number}.asia-northeast3.run.app"
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
    minimum_backoff = "120s"
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
