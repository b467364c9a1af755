output "media_bucket" {
  description = "Name of the bucket media."
  value       = google_storage_bucket.media.name
}

output "registry" {
  description = "What an image is called when it is pushed."
  value       = "asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/bumall-dev-NAME/NAME:TAG"
}

output "url" {
  description = "Where the system answers."
  value       = "https://dev.mall.example.com"
}

output "public_address" {
  description = "Address of the public load balancer, for an A record of its host names."
  value       = google_compute_address.public.address
}

output "keda_account" {
  description = "Who KEDA is, for the annotation of its service account."
  value       = google_service_account.keda.email
}

output "public_url" {
  description = "Where the API public is called."
  value       = "https://api.dev.mall.example.com"
}
