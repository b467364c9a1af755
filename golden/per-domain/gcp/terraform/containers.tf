# Cloud Run takes images from Google's registries only: Artifact Registry fetches what is asked for, and keeps it.
resource "google_artifact_registry_repository" "images_registry_example_com" {
  location      = "asia-northeast3"
  repository_id = "bumall-images-registry-example-com"
  description   = "Images of registry.example.com for Cloud Run"
  format        = "DOCKER"
  mode          = "REMOTE_REPOSITORY"
  kms_key_name  = google_kms_crypto_key.main.id

  remote_repository_config {
    description = "registry.example.com"

    docker_repository {
      custom_repository {
        uri = "https://registry.example.com"
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_artifact_registry_repository_iam_member" "images_registry_example_com" {
  project    = google_artifact_registry_repository.images_registry_example_com.project
  location   = google_artifact_registry_repository.images_registry_example_com.location
  repository = google_artifact_registry_repository.images_registry_example_com.repository_id
  role       = "roles/artifactregistry.reader"
  member     = google_project_service_identity.run.member
}
