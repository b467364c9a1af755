output "egress_addresses" {
  description = "Addresses that outside services see, one per zone."
  value       = values(aws_eip.nat)[*].public_ip
}

output "found_table" {
  description = "Name of the table found."
  value       = aws_dynamodb_table.found.name
}

output "media_bucket" {
  description = "Name of the bucket media."
  value       = aws_s3_bucket.media.bucket
}
