# Archives of source. Their names are their digests, so none is ever replaced.
resource "google_storage_bucket" "function_sources" {
  name                        = "catalog-function-sources-${random_id.suffix.hex}"
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
  repository_id = "catalog-functions"
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

data "archive_file" "items" {
  type             = "zip"
  source_dir       = "${path.module}/functions/items"
  output_path      = "${path.module}/.terraform/archives/items.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "items" {
  name   = "items-${data.archive_file.items.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.items.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "items" {
  name         = "catalog-items"
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
        object = google_storage_bucket_object.items.name
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
    service_account_email            = google_service_account.items.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      KEY               = "id"
      PRODUCTS_ENDPOINT = "firestore.googleapis.com:443"
      PRODUCTS_PROTOCOL = "firestore"
      PRODUCTS_TABLE    = "catalog-products"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["catalog", "catalog-items"]
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
    google_project_iam_member.items_uses_products,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}

data "archive_file" "reviews" {
  type             = "zip"
  source_dir       = "${path.module}/functions/reviews"
  output_path      = "${path.module}/.terraform/archives/reviews.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket_object" "reviews" {
  name   = "reviews-${data.archive_file.reviews.output_sha256}.zip"
  bucket = google_storage_bucket.function_sources.name
  source = data.archive_file.reviews.output_path

  # The new source is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_cloudfunctions2_function" "reviews" {
  name         = "catalog-reviews"
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
        object = google_storage_bucket_object.reviews.name
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
    service_account_email            = google_service_account.reviews.email

    # Who may call it is granted to each by itself.
    ingress_settings               = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true

    environment_variables = {
      KEY               = "product written:number"
      OPINIONS_ENDPOINT = "firestore.googleapis.com:443"
      OPINIONS_PROTOCOL = "firestore"
      OPINIONS_TABLE    = "catalog-opinions"
    }

    # What goes out goes through the network: firewall rules, private names, address translation.
    direct_vpc_egress = "VPC_EGRESS_ALL_TRAFFIC"

    direct_vpc_network_interface {
      subnetwork = google_compute_subnetwork.containers.id
      tags       = ["catalog", "catalog-reviews"]
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
    google_project_iam_member.reviews_uses_opinions,
    google_kms_crypto_key_iam_member.agents,
    time_sleep.build,
  ]
}
