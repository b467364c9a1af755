# One for each image: who starts an image may read that one.
resource "google_artifact_registry_repository" "images" {
  for_each      = toset(["mailer", "market", "pay", "ship", "ship-worker"])
  location      = "asia-northeast3"
  repository_id = "bumall-dev-${each.key}"
  description   = "Images of bumall-dev: ${each.key}"
  format        = "DOCKER"
  kms_key_name  = google_kms_crypto_key.main.id

  # A tag stays on the image that it was given to.
  docker_config {
    immutable_tags = true
  }

  # The newest stay; what is kept by one policy, the other does not delete.
  cleanup_policies {
    id     = "newest"
    action = "KEEP"

    most_recent_versions {
      keep_count = 30
    }
  }

  cleanup_policies {
    id     = "others"
    action = "DELETE"

    condition {
      tag_state = "ANY"
    }
  }

  # Where the project scans images for known vulnerabilities, these too.
  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_artifact_registry_repository_iam_member" "images_of_containers" {
  for_each   = toset(["pay"])
  location   = google_artifact_registry_repository.images[each.key].location
  repository = google_artifact_registry_repository.images[each.key].repository_id
  role       = "roles/artifactregistry.reader"
  member     = google_project_service_identity.run.member
}
