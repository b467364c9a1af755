resource "google_pubsub_topic" "alerts" {
  name         = "mediaiot-alerts"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic" "alerts_dead" {
  name         = "mediaiot-alerts-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "alerts_dead" {
  name                       = "mediaiot-alerts-dead"
  topic                      = google_pubsub_topic.alerts_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "alerts" {
  name                       = "mediaiot-alerts"
  topic                      = google_pubsub_topic.alerts.id
  ack_deadline_seconds       = 360
  message_retention_duration = "345600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  push_config {
    # The function itself does not care for the path; its framework takes the topic's name from it.
    push_endpoint = "https://mediaiot-alarm-${data.google_project.this.number}.asia-northeast3.run.app/${google_pubsub_topic.alerts.id}"

    oidc_token {
      service_account_email = google_service_account.triggers.email
      audience              = "https://mediaiot-alarm-${data.google_project.this.number}.asia-northeast3.run.app"
    }
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.alerts_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "60s"
    maximum_backoff = "600s"
  }

  # Who came sooner would find nobody.
  depends_on = [
    google_cloudfunctions2_function.alarm,
    google_cloud_run_v2_service_iam_member.alarm_called_by_triggers,
  ]
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "alerts" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.alerts.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "alerts_dead" {
  topic  = google_pubsub_topic.alerts_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}
