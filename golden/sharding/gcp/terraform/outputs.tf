output "ledger_host" {
  description = "Host name of ledger inside the network."
  value       = "ledger.bumart.internal"
}

output "ledger_secret" {
  description = "Secret with the password of app_owner."
  value       = google_secret_manager_secret.ledger.id
}

output "main_host" {
  description = "Host name of main inside the network."
  value       = "main.bumart.internal"
}

output "main_secret" {
  description = "Secret with the password of app_owner."
  value       = google_secret_manager_secret.main.id
}

output "main_proxy_host" {
  description = "Host name of the proxy of main inside the network."
  value       = "main-proxy.bumart.internal"
}

output "url" {
  description = "Where the system answers."
  value       = "https://market.example.com"
}

output "public_address" {
  description = "Address of the public load balancer, for an A record of its host names."
  value       = google_compute_address.public.address
}
