output "egress_addresses" {
  description = "Addresses that outside services see, one per zone."
  value       = values(aws_eip.nat)[*].public_ip
}

output "public_address" {
  description = "Address of the public load balancer: point devices.example.com here."
  value       = aws_lb.public.dns_name
}

output "readings_stream" {
  description = "Name of the stream readings."
  value       = aws_kinesis_stream.readings.name
}

output "means_table" {
  description = "Name of the table means."
  value       = aws_dynamodb_table.means.name
}

output "raw_bucket" {
  description = "Name of the bucket raw."
  value       = aws_s3_bucket.raw.bucket
}
