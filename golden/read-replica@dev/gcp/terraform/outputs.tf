output "main_host" {
  description = "Host name of main inside the network."
  value       = "main.bushop.internal"
}

output "main_secret" {
  description = "Secret with the password of app_owner."
  value       = google_secret_manager_secret.main.id
}

output "url" {
  description = "Where the system answers."
  value       = "https://dev.shop.example.com"
}

output "public_address" {
  description = "Address of the public load balancer, for an A record of its host names."
  value       = google_compute_address.public.address
}
