output "raw_bucket" {
  description = "Name of the bucket raw."
  value       = google_storage_bucket.raw.name
}

output "url" {
  description = "Where the system answers."
  value       = "https://devices.example.com"
}

output "public_address" {
  description = "Address of the public load balancer, for an A record of its host names."
  value       = google_compute_address.public.address
}
