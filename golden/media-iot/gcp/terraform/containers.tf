# Cloud Run takes images from Google's registries only: Artifact Registry fetches what is asked for, and keeps it.
resource "google_artifact_registry_repository" "images_docker_io" {
  location      = "asia-northeast3"
  repository_id = "mediaiot-images-docker-io"
  description   = "Images of docker.io for Cloud Run"
  format        = "DOCKER"
  mode          = "REMOTE_REPOSITORY"
  kms_key_name  = google_kms_crypto_key.main.id

  remote_repository_config {
    description = "docker.io"

    docker_repository {
      public_repository = "DOCKER_HUB"
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_artifact_registry_repository_iam_member" "images_docker_io" {
  project    = google_artifact_registry_repository.images_docker_io.project
  location   = google_artifact_registry_repository.images_docker_io.location
  repository = google_artifact_registry_repository.images_docker_io.repository_id
  role       = "roles/artifactregistry.reader"
  member     = google_project_service_identity.run.member
}

# Cloud Run takes images from Google's registries only: Artifact Registry fetches what is asked for, and keeps it.
resource "google_artifact_registry_repository" "images_ghcr_io" {
  location      = "asia-northeast3"
  repository_id = "mediaiot-images-ghcr-io"
  description   = "Images of ghcr.io for Cloud Run"
  format        = "DOCKER"
  mode          = "REMOTE_REPOSITORY"
  kms_key_name  = google_kms_crypto_key.main.id

  remote_repository_config {
    description = "ghcr.io"

    docker_repository {
      custom_repository {
        uri = "https://ghcr.io"
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_artifact_registry_repository_iam_member" "images_ghcr_io" {
  project    = google_artifact_registry_repository.images_ghcr_io.project
  location   = google_artifact_registry_repository.images_ghcr_io.location
  repository = google_artifact_registry_repository.images_ghcr_io.repository_id
  role       = "roles/artifactregistry.reader"
  member     = google_project_service_identity.run.member
}

resource "google_cloud_run_v2_service" "intake" {
  name     = "mediaiot-intake"
  location = "asia-northeast3"

  # Through a load balancer and in no other way. It cannot say who it is, so nobody is asked:
  # who reaches it is said by the firewall rules of those who call.
  ingress              = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  default_uri_disabled = true
  invoker_iam_disabled = true

  # It holds nothing that would be lost with it.
  deletion_protection = false

  scaling {
    min_instance_count = 2
  }

  template {
    # Another number makes a revision of its own.
    labels = {
      rollout = var.rollout
    }

    service_account                  = google_service_account.intake.email
    encryption_key                   = google_kms_crypto_key.main.id
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = 160

    # Of a request.
    timeout = "60s"

    scaling {
      max_instance_count = 6
    }

    vpc_access {
      # What goes out goes through the network: firewall rules, private names, address translation.
      egress = "ALL_TRAFFIC"

      network_interfaces {
        subnetwork = google_compute_subnetwork.containers.id
        tags       = ["mediaiot", "mediaiot-intake"]
      }
    }

    containers {
      image = "asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/${google_artifact_registry_repository.images_ghcr_io.repository_id}/example/intake:1.4.0"

      resources {
        limits = {
          cpu    = "2"
          memory = "4Gi"
        }

        # Processors are there between requests too, as on a machine.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      ports {
        container_port = 8080
      }

      startup_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 24

        http_get {
          path = "/healthz"
          port = 8080
        }
      }

      # More patient: what fails it is restarted.
      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 10
        failure_threshold = 10

        http_get {
          path = "/healthz"
          port = 8080
        }
      }

      env {
        name  = "READINGS_ENDPOINT"
        value = "pubsub.googleapis.com:443"
      }

      env {
        name  = "READINGS_PROTOCOL"
        value = "pubsub"
      }

      env {
        name  = "READINGS_STREAM"
        value = "projects/${data.google_project.this.project_id}/topics/mediaiot-readings"
      }
    }
  }

  # Containers find their names, their secrets and an open way when they start.
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
    google_pubsub_topic_iam_member.intake_uses_readings,
    google_artifact_registry_repository_iam_member.images_ghcr_io,
    google_kms_crypto_key_iam_member.agents,
  ]
}

resource "google_compute_region_network_endpoint_group" "intake" {
  name                  = "mediaiot-intake"
  region                = "asia-northeast3"
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.intake.name
  }

  lifecycle {
    create_before_destroy = true
  }
}
