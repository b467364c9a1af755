output "egress_addresses" {
  description = "Addresses that outside services see, one per zone."
  value       = values(aws_eip.nat)[*].public_ip
}

output "public_url" {
  description = "Where the API public is called."
  value       = aws_apigatewayv2_api.public.api_endpoint
}

output "products_table" {
  description = "Name of the table products."
  value       = aws_dynamodb_table.products.name
}

output "media_bucket" {
  description = "Name of the bucket media."
  value       = aws_s3_bucket.media.bucket
}
