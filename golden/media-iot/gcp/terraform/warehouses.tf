resource "google_bigquery_dataset" "facts" {
  dataset_id = "mediaiot_facts"
  location   = "asia-northeast3"

  default_encryption_configuration {
    kms_key_name = google_kms_crypto_key.main.id
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A part for each day: a question that says from when to when reads no more than that.
resource "google_bigquery_table" "facts_days" {
  dataset_id = google_bigquery_dataset.facts.dataset_id
  table_id   = "days"

  schema = jsonencode([
    {
      name = "day"
      type = "TIMESTAMP"
      mode = "NULLABLE"
    },
    {
      name = "device"
      type = "STRING"
      mode = "NULLABLE"
    },
    {
      name = "mean"
      type = "FLOAT"
      mode = "NULLABLE"
    },
    {
      name = "readings"
      type = "INTEGER"
      mode = "NULLABLE"
    },
  ])

  time_partitioning {
    type  = "DAY"
    field = "day"
  }

  encryption_configuration {
    kms_key_name = google_kms_crypto_key.main.id
  }

  deletion_protection = true
}

# A part for each day: a question that says from when to when reads no more than that.
resource "google_bigquery_table" "facts_readings" {
  dataset_id = google_bigquery_dataset.facts.dataset_id
  table_id   = "readings"

  schema = jsonencode([
    {
      name = "at"
      type = "TIMESTAMP"
      mode = "NULLABLE"
    },
    {
      name = "celsius"
      type = "FLOAT"
      mode = "NULLABLE"
    },
    {
      name = "device"
      type = "STRING"
      mode = "NULLABLE"
    },
    {
      name = "tags"
      type = "JSON"
      mode = "NULLABLE"
    },
  ])

  time_partitioning {
    type          = "DAY"
    field         = "at"
    expiration_ms = 63158400000
  }

  encryption_configuration {
    kms_key_name = google_kms_crypto_key.main.id
  }

  deletion_protection = true
}

# A grant takes about a minute to be known everywhere. A subscription that comes sooner is refused.
resource "time_sleep" "facts" {
  create_duration = "60s"

  # Another table is waited for again.
  triggers = {
    tables = "readings"
  }

  depends_on = [google_service_account_iam_member.facts, google_bigquery_table_iam_member.facts_readings_filled]
}

resource "google_pubsub_topic" "facts_readings_dead" {
  name         = "mediaiot-facts-readings-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "facts_readings_dead" {
  name                       = "mediaiot-facts-readings-dead"
  topic                      = google_pubsub_topic.facts_readings_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "facts_readings" {
  name                       = "mediaiot-facts-readings"
  topic                      = google_pubsub_topic.readings.id
  ack_deadline_seconds       = 60
  message_retention_duration = "172800s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  bigquery_config {
    table = "${google_bigquery_table.facts_readings.project}.${google_bigquery_table.facts_readings.dataset_id}.${google_bigquery_table.facts_readings.table_id}"

    # A field that is no column is left out, a column that is no field is null.
    use_table_schema      = true
    drop_unknown_fields   = true
    service_account_email = google_service_account.facts.email
  }

  message_transforms {
    javascript_udf {
      function_name = "row"

      code = <<-EOT
        function row(message, metadata) {
          const record = JSON.parse(message.data);
          if (record["at"] === undefined || record["at"] === null) {
            throw new Error("at is missing");
          }
          for (const name of ["tags"]) {
            if (record[name] !== undefined && record[name] !== null) {
              record[name] = JSON.stringify(record[name]);
            }
          }
          message.data = JSON.stringify(record);
          return message;
        }
      EOT
    }
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.facts_readings_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "60s"
  }

  # Who came sooner would find nobody.
  depends_on = [time_sleep.facts]
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "facts_readings" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.facts_readings.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "facts_readings_dead" {
  topic  = google_pubsub_topic.facts_readings_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}
