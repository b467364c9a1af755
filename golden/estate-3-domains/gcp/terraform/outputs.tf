output "main_host" {
  description = "Host name of main inside the network."
  value       = "main.buestate.internal"
}

output "main_secret" {
  description = "Secret with the password of app_owner."
  value       = google_secret_manager_secret.main.id
}

output "main_read_host" {
  description = "Host name of the read replicas of main inside the network."
  value       = "main-read.buestate.internal"
}

output "documents_bucket" {
  description = "Name of the bucket documents."
  value       = google_storage_bucket.documents.name
}

output "url" {
  description = "Where the system answers."
  value       = "https://estate.example.com"
}

output "public_address" {
  description = "Address of the public load balancer, for an A record of its host names."
  value       = google_compute_address.public.address
}
