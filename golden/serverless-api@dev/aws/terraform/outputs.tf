output "egress_addresses" {
  description = "Addresses that outside services see, one per zone."
  value       = values(aws_eip.nat)[*].public_ip
}

output "public_url" {
  description = "Where the API public is called."
  value       = "https://api.example.com"
}

output "opinions_table" {
  description = "Name of the table opinions."
  value       = aws_dynamodb_table.opinions.name
}

output "products_table" {
  description = "Name of the table products."
  value       = aws_dynamodb_table.products.name
}
