output "public_url" {
  description = "Where the API public is called."
  value       = "https://api.example.com"
}
