output "media_bucket" {
  description = "Name of the bucket media."
  value       = google_storage_bucket.media.name
}

output "public_url" {
  description = "Where the API public is called."
  value       = google_cloud_run_v2_service.api_public.uri
}
