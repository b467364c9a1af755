output "media_bucket" {
  description = "Name of the bucket media."
  value       = google_storage_bucket.media.name
}

output "url" {
  description = "Where the system answers."
  value       = "https://dev.mall.example.com"
}

output "public_address" {
  description = "Address of the public load balancer, for an A record of its host names."
  value       = google_compute_address.public.address
}
