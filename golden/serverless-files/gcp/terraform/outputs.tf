output "media_bucket" {
  description = "Name of the bucket media."
  value       = google_storage_bucket.media.name
}
