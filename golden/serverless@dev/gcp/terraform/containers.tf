# Cloud Run takes images from Google's registries only: Artifact Registry fetches what is asked for, and keeps it.
resource "google_artifact_registry_repository" "images_docker_io" {
  location      = "asia-northeast3"
  repository_id = "notes-dev-images-docker-io"
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
