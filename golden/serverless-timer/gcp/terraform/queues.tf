resource "google_pubsub_topic" "mails" {
  name         = "nightly-mails"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic" "mails_dead" {
  name         = "nightly-mails-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "mails_dead" {
  name                       = "nightly-mails-dead"
  topic                      = google_pubsub_topic.mails_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "mails" {
  name                       = "nightly-mails"
  topic                      = google_pubsub_topic.mails.id
  ack_deadline_seconds       = 360
  message_retention_duration = "345600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  push_config {
    # The function itself does not care for the path; its framework takes the topic's name from it.
    push_endpoint = "https://nightly-mailer-${data.google_project.this.number}.asia-northeast3.run.app/${google_pubsub_topic.mails.id}"

    oidc_token {
      service_account_email = google_service_account.triggers.email
      audience              = "https://nightly-mailer-${data.google_project.this.number}.asia-northeast3.run.app"
    }
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.mails_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "60s"
    maximum_backoff = "600s"
  }

  # Who came sooner would find nobody.
  depends_on = [
    google_cloudfunctions2_function.mailer,
    google_cloud_run_v2_service_iam_member.mailer_called_by_triggers,
  ]
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "mails" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.mails.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "mails_dead" {
  topic  = google_pubsub_topic.mails_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}
