output "public_url" {
  description = "Where the API public is called."
  value       = azurerm_api_management.public.gateway_url
}
