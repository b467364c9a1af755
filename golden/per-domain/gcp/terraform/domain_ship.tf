# Domain ship, owned by @bumall/logistics.

resource "google_service_account" "ship_api" {
  account_id   = "bumall-ship-api"
  display_name = "bumall ship-api"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "ship_worker" {
  account_id   = "bumall-ship-worker"
  display_name = "bumall ship-worker"
  depends_on   = [google_project_service.this]
}

variable "ship_main_password_version" {
  description = "Raise by one to give ship-main a new password, in the database and in its secret."
  type        = number
  default     = 1
}

ephemeral "random_password" "ship_main" {
  length           = 32
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "-_"
}

resource "google_sql_database_instance" "ship_main" {
  # The name of a deleted instance stays taken for a week.
  name                = "bumall-ship-main-${random_id.suffix.hex}"
  region              = "asia-northeast3"
  database_version    = "MYSQL_8_4"
  encryption_key_name = google_kms_crypto_key.main.id
  deletion_protection = true

  settings {
    # Newer engines default to ENTERPRISE_PLUS, which has other tiers.
    edition                     = "ENTERPRISE"
    tier                        = "db-custom-2-4096"
    availability_type           = "REGIONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 50
    disk_autoresize             = true
    deletion_protection_enabled = true

    user_labels = {
      system = "bumall"
      team   = "platform"
    }

    ip_configuration {
      ipv4_enabled = false

      # TLS or nothing.
      ssl_mode = "ENCRYPTED_ONLY"

      psc_config {
        psc_enabled               = true
        allowed_consumer_projects = [data.google_project.this.project_id]
      }
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "20:00"
      location                       = "asia-northeast3"
      binary_log_enabled             = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 7
      }
    }

    final_backup_config {
      enabled        = true
      retention_days = 7
    }

    # Sundays, three hours after the backup begins.
    maintenance_window {
      day          = 7
      hour         = 23
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    database_flags {
      name  = "local_infile"
      value = "off"
    }

    database_flags {
      name  = "skip_show_database"
      value = "on"
    }
  }

  # It grows by itself.
  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_address" "ship_main_endpoint" {
  name         = "bumall-ship-main-endpoint"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.data.id
}

resource "google_compute_forwarding_rule" "ship_main_endpoint" {
  name                  = "bumall-ship-main-endpoint"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = ""
  ip_address            = google_compute_address.ship_main_endpoint.id
  target                = google_sql_database_instance.ship_main.psc_service_attachment_link
  recreate_closed_psc   = true
}

resource "google_sql_database" "ship_main" {
  name      = "ship_main"
  instance  = google_sql_database_instance.ship_main.name
  charset   = "utf8mb4"
  collation = "utf8mb4_0900_ai_ci"

  # Both go with the instance; the server would refuse to drop what is in use.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "ship_main" {
  name                = "app_owner"
  instance            = google_sql_database_instance.ship_main.name
  host                = "%"
  password_wo         = ephemeral.random_password.ship_main.result
  password_wo_version = var.ship_main_password_version
  deletion_policy     = "ABANDON"
}

# Password of app_owner in ship-main.
resource "google_secret_manager_secret" "ship_main" {
  secret_id           = "bumall-ship-main"
  deletion_protection = true

  replication {
    user_managed {
      replicas {
        location = "asia-northeast3"

        customer_managed_encryption {
          kms_key_name = google_kms_crypto_key.main.id
        }
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_secret_manager_secret_version" "ship_main" {
  secret                 = google_secret_manager_secret.ship_main.id
  secret_data_wo         = ephemeral.random_password.ship_main.result
  secret_data_wo_version = var.ship_main_password_version

  # The new password is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }

  # The database first: a password that it does not know must never get here.
  depends_on = [google_sql_user.ship_main]
}

output "ship_main_host" {
  description = "Host name of ship-main inside the network."
  value       = "ship-main.bumall.internal"
}

output "ship_main_secret" {
  description = "Secret with the password of app_owner."
  value       = google_secret_manager_secret.ship_main.id
}

resource "google_pubsub_topic" "ship_orders" {
  name         = "bumall-ship-orders"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_pubsub_topic" "ship_orders_dead" {
  name         = "bumall-ship-orders-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "ship_orders_dead" {
  name                       = "bumall-ship-orders-dead"
  topic                      = google_pubsub_topic.ship_orders_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "ship_orders" {
  name                       = "bumall-ship-orders"
  topic                      = google_pubsub_topic.ship_orders.id
  ack_deadline_seconds       = 120
  message_retention_duration = "345600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.ship_orders_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "120s"
  }
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "ship_orders" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.ship_orders.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "ship_orders_dead" {
  topic  = google_pubsub_topic.ship_orders_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic" "ship_worker_from_pay_paid_dead" {
  name         = "bumall-ship-worker-from-pay-paid-dead"
  kms_key_name = google_kms_crypto_key.main.id

  message_storage_policy {
    allowed_persistence_regions = ["asia-northeast3"]
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# A topic keeps nothing by itself: the dead letters wait here, for administrators only.
resource "google_pubsub_subscription" "ship_worker_from_pay_paid_dead" {
  name                       = "bumall-ship-worker-from-pay-paid-dead"
  topic                      = google_pubsub_topic.ship_worker_from_pay_paid_dead.id
  ack_deadline_seconds       = 600
  message_retention_duration = "1209600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "ship_worker_from_pay_paid" {
  name                       = "bumall-ship-worker-from-pay-paid"
  topic                      = google_pubsub_topic.pay_paid.id
  ack_deadline_seconds       = 60
  message_retention_duration = "345600s"

  # Never: by itself it would go after 31 days without anybody who takes messages.
  expiration_policy {
    ttl = ""
  }

  # Cannot be changed: another filter is another subscription, without the messages that wait.
  filter = "attributes.kind = \"paid\" OR attributes.kind = \"refunded\""

  # In order for each ordering key, and not again once it is acknowledged.
  enable_message_ordering      = true
  enable_exactly_once_delivery = true

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.ship_worker_from_pay_paid_dead.id
    max_delivery_attempts = 5
  }

  # What is given back waits, longer each time.
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "60s"
  }
}

# Pub/Sub itself moves dead letters.
resource "google_pubsub_subscription_iam_member" "ship_worker_from_pay_paid" {
  # By its id, so that a subscription which is made anew gets its grants again.
  subscription = google_pubsub_subscription.ship_worker_from_pay_paid.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_topic_iam_member" "ship_worker_from_pay_paid_dead" {
  topic  = google_pubsub_topic.ship_worker_from_pay_paid_dead.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}

resource "google_secret_manager_secret_iam_member" "ship_api_uses_ship_main" {
  secret_id = google_secret_manager_secret.ship_main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.ship_api.member
}

resource "google_secret_manager_secret_iam_member" "ship_worker_uses_ship_main" {
  secret_id = google_secret_manager_secret.ship_main.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.ship_worker.member
}

resource "google_pubsub_subscription_iam_member" "ship_worker_uses_ship_orders" {
  subscription = google_pubsub_subscription.ship_orders.id
  role         = "roles/pubsub.subscriber"
  member       = google_service_account.ship_worker.member
}

resource "google_pubsub_subscription_iam_member" "ship_worker_uses_ship_worker_from_pay_paid" {
  subscription = google_pubsub_subscription.ship_worker_from_pay_paid.id
  role         = "roles/pubsub.subscriber"
  member       = google_service_account.ship_worker.member
}

# Who the nodes are; the pods on them are somebody else, each for itself.
resource "google_service_account" "ship_nodes" {
  account_id   = "bumall-ship-nodes"
  display_name = "bumall nodes of ship"
  depends_on   = [google_project_service.this]
}

# Logs and metrics, and nothing else.
resource "google_project_iam_member" "ship_nodes" {
  project = data.google_project.this.project_id
  role    = "roles/container.defaultNodeServiceAccount"
  member  = google_service_account.ship_nodes.member
}

resource "google_artifact_registry_repository_iam_member" "ship_nodes" {
  for_each   = toset(["ship", "ship-worker"])
  location   = google_artifact_registry_repository.images[each.key].location
  repository = google_artifact_registry_repository.images[each.key].repository_id
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.ship_nodes.member
}

resource "google_dns_record_set" "ship_api_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "ship-api.bumall.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.internal.address]
}

resource "google_dns_record_set" "ship_main_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "ship-main.bumall.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.ship_main_endpoint.address]
}

resource "google_compute_firewall" "ship_nodes_from_system_nodes" {
  name                    = "bumall-ship-nodes-from-system-nodes"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_ranges           = ["100.64.0.0/17"]
  target_service_accounts = [google_service_account.ship_nodes.email]

  allow {
    protocol = "tcp"
    ports    = ["8082", "10250"]
  }
}

resource "google_compute_firewall" "ship_nodes_to_ship_main" {
  name                    = "bumall-ship-nodes-to-ship-main"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.ship_main_endpoint.address}/32"]
  target_service_accounts = [google_service_account.ship_nodes.email]

  allow {
    protocol = "tcp"
    ports    = ["3306"]
  }
}

resource "google_container_node_pool" "ship_nodes" {
  # Another set of zones makes another pool, which is there before the old one goes.
  name           = "ship-abc"
  cluster        = google_container_cluster.main.id
  node_locations = ["asia-northeast3-a", "asia-northeast3-b", "asia-northeast3-c"]

  # In each zone; what they are later, the autoscaler says.
  initial_node_count = 1
  max_pods_per_node  = 64

  autoscaling {
    # Of all zones together, spread evenly.
    total_min_node_count = 2
    total_max_node_count = 8
    location_policy      = "BALANCED"
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  # A new node first, then an old one is drained: the groups behind the load balancers stay.
  upgrade_settings {
    strategy        = "SURGE"
    max_surge       = 1
    max_unavailable = 0
  }

  network_config {
    enable_private_nodes = true
    pod_range            = "domain-pods"
  }

  node_config {
    machine_type      = "e2-standard-8"
    image_type        = "COS_CONTAINERD"
    disk_type         = "pd-balanced"
    disk_size_gb      = 100
    boot_disk_kms_key = google_kms_crypto_key.main.id
    service_account   = google_service_account.ship_nodes.email

    # What it may do is said by its roles.
    oauth_scopes = ["https://www.googleapis.com/auth/cloud-platform"]

    metadata = {
      block-project-ssh-keys   = "true"
      disable-legacy-endpoints = "true"
    }

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    # Pods are whom their Kubernetes service account stands for, never the node.
    workload_metadata_config {
      mode = "GKE_METADATA"
    }

    labels = {
      "cloudgen/pool" = "ship"
    }

    # The domain's own pods alone run here.
    taint {
      key    = "cloudgen/pool"
      value  = "ship"
      effect = "NO_SCHEDULE"
    }
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [initial_node_count]
  }

  depends_on = [
    google_compute_route.google_apis,
    google_compute_route.internet,
    google_compute_router_nat.main,
    google_compute_firewall.deny_ingress_of_nodes,
    google_compute_firewall.deny_egress_of_nodes,
    google_compute_firewall.to_google_apis_of_nodes,
    google_compute_firewall.deny_network_of_nodes,
    google_compute_firewall.to_internet_of_nodes,
    google_compute_firewall.to_control_plane_of_nodes,
    google_compute_firewall.ship_nodes_from_system_nodes,
    google_compute_firewall.ship_nodes_to_ship_main,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.artifact_registry,
    google_dns_record_set.artifact_registry_any,
    google_project_iam_member.ship_nodes,
    google_artifact_registry_repository_iam_member.ship_nodes,
    google_kms_crypto_key_iam_member.agents,
    google_project_service.this,
  ]
}

resource "google_service_account_iam_member" "ship_api_pods" {
  service_account_id = "projects/${data.google_project.this.project_id}/serviceAccounts/${google_service_account.ship_api.email}"
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${google_container_cluster.main.workload_identity_config[0].workload_pool}[bumall-ship/ship-api]"
}

resource "google_service_account_iam_member" "ship_worker_pods" {
  service_account_id = "projects/${data.google_project.this.project_id}/serviceAccounts/${google_service_account.ship_worker.email}"
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${google_container_cluster.main.workload_identity_config[0].workload_pool}[bumall-ship/ship-worker]"
}

resource "google_monitoring_alert_policy" "ship_orders_dead" {
  display_name          = "bumall-ship-orders-dead"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "bumall"
    team   = "platform"
  }

  conditions {
    display_name = "There are dead letters"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.ship_orders_dead.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "ship-orders has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "ship_orders_waiting" {
  display_name          = "bumall-ship-orders-waiting"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "bumall"
    team   = "platform"
  }

  conditions {
    display_name = "The oldest message waits for more than 15 minutes"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.ship_orders.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 900
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "A message of ship-orders has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "ship_worker_from_pay_paid_dead" {
  display_name          = "bumall-ship-worker-from-pay-paid-dead"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "bumall"
    team   = "platform"
  }

  conditions {
    display_name = "There are dead letters"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.ship_worker_from_pay_paid_dead.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "ship-worker-from-pay-paid has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "ship_worker_from_pay_paid_waiting" {
  display_name          = "bumall-ship-worker-from-pay-paid-waiting"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = values(google_monitoring_notification_channel.alarms)[*].id

  user_labels = {
    system = "bumall"
    team   = "platform"
  }

  conditions {
    display_name = "The oldest message waits for more than 15 minutes"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.ship_worker_from_pay_paid.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 900
      duration        = "0s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content   = "A message of ship-worker-from-pay-paid has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.this]
}

# Where the vault has them; External Secrets reads their values.
locals {
  ship_api_secrets = {
    MAIN_PASSWORD      = google_secret_manager_secret.ship_main.secret_id
    MAIN_READ_PASSWORD = google_secret_manager_secret.ship_main.secret_id
  }
}

# Names the Secret: one with new values is another one, for which pods wait.
locals {
  ship_api_secrets_version = format("v%.8s", sha256(jsonencode([
    local.ship_api_secrets,
    {
      rollout                 = var.rollout
      "password of ship-main" = var.ship_main_password_version
    },
  ])))
}

locals {
  ship_api_settings = {
    MAIN_HOST        = "ship-main.bumall.internal"
    MAIN_NAME        = "ship_main"
    MAIN_PORT        = "3306"
    MAIN_READ_HOST   = "ship-main.bumall.internal"
    MAIN_READ_NAME   = "ship_main"
    MAIN_READ_PORT   = "3306"
    MAIN_READ_SECRET = google_secret_manager_secret.ship_main.id
    MAIN_READ_TLS    = "require"
    MAIN_READ_USER   = "app_owner"
    MAIN_SECRET      = google_secret_manager_secret.ship_main.id
    MAIN_TLS         = "require"
    MAIN_USER        = "app_owner"
    PORT             = "8082"
  }
}

# Restarts the pods when it changes.
locals {
  ship_api_settings_version = format("v%.8s", sha256(jsonencode(local.ship_api_settings)))
}

# Where the vault has them; External Secrets reads their values.
locals {
  ship_worker_secrets = {
    MAIN_PASSWORD      = google_secret_manager_secret.ship_main.secret_id
    MAIN_READ_PASSWORD = google_secret_manager_secret.ship_main.secret_id
  }
}

# Names the Secret: one with new values is another one, for which pods wait.
locals {
  ship_worker_secrets_version = format("v%.8s", sha256(jsonencode([
    local.ship_worker_secrets,
    {
      rollout                 = var.rollout
      "password of ship-main" = var.ship_main_password_version
    },
  ])))
}

locals {
  ship_worker_settings = {
    MAIN_HOST                   = "ship-main.bumall.internal"
    MAIN_NAME                   = "ship_main"
    MAIN_PORT                   = "3306"
    MAIN_READ_HOST              = "ship-main.bumall.internal"
    MAIN_READ_NAME              = "ship_main"
    MAIN_READ_PORT              = "3306"
    MAIN_READ_SECRET            = google_secret_manager_secret.ship_main.id
    MAIN_READ_TLS               = "require"
    MAIN_READ_USER              = "app_owner"
    MAIN_SECRET                 = google_secret_manager_secret.ship_main.id
    MAIN_TLS                    = "require"
    MAIN_USER                   = "app_owner"
    ORDERS_BATCH                = "10"
    ORDERS_SOURCE               = "projects/${data.google_project.this.project_id}/subscriptions/bumall-ship-orders"
    ORDERS_SOURCE_ENDPOINT      = "pubsub.googleapis.com:443"
    ORDERS_SOURCE_PROTOCOL      = "pubsub"
    ORDERS_VISIBILITY_SECONDS   = "120"
    PAY_PAID_BATCH              = "10"
    PAY_PAID_SOURCE             = "projects/${data.google_project.this.project_id}/subscriptions/bumall-ship-worker-from-pay-paid"
    PAY_PAID_SOURCE_ENDPOINT    = "pubsub.googleapis.com:443"
    PAY_PAID_SOURCE_PROTOCOL    = "pubsub"
    PAY_PAID_VISIBILITY_SECONDS = "60"
  }
}

# Restarts the pods when it changes.
locals {
  ship_worker_settings_version = format("v%.8s", sha256(jsonencode(local.ship_worker_settings)))
}

locals {
  ship_api_objects = [
    {
      apiVersion                   = "v1"
      kind                         = "ServiceAccount"
      automountServiceAccountToken = false
      metadata = {
        annotations = {
          "iam.gke.io/gcp-service-account" = google_service_account.ship_api.email
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api"
        namespace = "bumall-ship"
      }
    },
    {
      apiVersion = "v1"
      kind       = "ConfigMap"
      data       = local.ship_api_settings
      metadata = {
        annotations = {
          "cloudgen/image"    = "asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/bumall-ship/ship:2.0.0"
          "cloudgen/secret"   = "ship-api-${local.ship_api_secrets_version}"
          "cloudgen/settings" = local.ship_api_settings_version
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api"
        namespace = "bumall-ship"
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "SecretStore"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api"
        namespace = "bumall-ship"
      }
      spec = {
        provider = {
          gcpsm = {
            projectID = data.google_project.this.project_id
            auth = {
              workloadIdentity = {
                clusterLocation  = "asia-northeast3"
                clusterName      = "bumall"
                clusterProjectID = data.google_project.this.project_id
                serviceAccountRef = {
                  name = "ship-api"
                }
              }
            }
          }
        }
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "ExternalSecret"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-api"
          "app.kubernetes.io/part-of"    = "bumall"
          "cloudgen/generation"          = local.ship_api_secrets_version
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-api-${local.ship_api_secrets_version}"
        namespace = "bumall-ship"
      }
      spec = {
        refreshInterval = "1h"
        secretStoreRef = {
          kind = "SecretStore"
          name = "ship-api"
        }
        target = {
          name = "ship-api-${local.ship_api_secrets_version}"
        }
        data = [for name, key in local.ship_api_secrets : {
          secretKey = name
          remoteRef = {
            key = key
          }
        }]
      }
    },
  ]
}

locals {
  ship_worker_objects = [
    {
      apiVersion                   = "v1"
      kind                         = "ServiceAccount"
      automountServiceAccountToken = false
      metadata = {
        annotations = {
          "iam.gke.io/gcp-service-account" = google_service_account.ship_worker.email
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-ship"
      }
    },
    {
      apiVersion = "v1"
      kind       = "ConfigMap"
      data       = local.ship_worker_settings
      metadata = {
        annotations = {
          "cloudgen/image"     = "asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/bumall-ship-worker/ship-worker:2.0.0"
          "cloudgen/secret"    = "ship-worker-${local.ship_worker_secrets_version}"
          "cloudgen/settings"  = local.ship_worker_settings_version
          "cloudgen/trigger-0" = "https://monitoring.googleapis.com/v1/projects/${data.google_project.this.project_id}/location/global/prometheus"
          "cloudgen/trigger-1" = "https://monitoring.googleapis.com/v1/projects/${data.google_project.this.project_id}/location/global/prometheus"
        }
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-ship"
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "SecretStore"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-ship"
      }
      spec = {
        provider = {
          gcpsm = {
            projectID = data.google_project.this.project_id
            auth = {
              workloadIdentity = {
                clusterLocation  = "asia-northeast3"
                clusterName      = "bumall"
                clusterProjectID = data.google_project.this.project_id
                serviceAccountRef = {
                  name = "ship-worker"
                }
              }
            }
          }
        }
      }
    },
    {
      apiVersion = "external-secrets.io/v1"
      kind       = "ExternalSecret"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall"
          "cloudgen/generation"          = local.ship_worker_secrets_version
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker-${local.ship_worker_secrets_version}"
        namespace = "bumall-ship"
      }
      spec = {
        refreshInterval = "1h"
        secretStoreRef = {
          kind = "SecretStore"
          name = "ship-worker"
        }
        target = {
          name = "ship-worker-${local.ship_worker_secrets_version}"
        }
        data = [for name, key in local.ship_worker_secrets : {
          secretKey = name
          remoteRef = {
            key = key
          }
        }]
      }
    },
    {
      apiVersion = "keda.sh/v1alpha1"
      kind       = "TriggerAuthentication"
      metadata = {
        labels = {
          "app.kubernetes.io/component"  = "service"
          "app.kubernetes.io/managed-by" = "cloudgen"
          "app.kubernetes.io/name"       = "ship-worker"
          "app.kubernetes.io/part-of"    = "bumall"
          system                         = "bumall"
          team                           = "platform"
        }
        name      = "ship-worker"
        namespace = "bumall-ship"
      }
      spec = {
        podIdentity = {
          provider = "gcp"
        }
      }
    },
  ]
}
