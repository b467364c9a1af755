output "egress_addresses" {
  description = "Addresses that outside services see, one per zone."
  value       = values(aws_eip.nat)[*].public_ip
}

output "public_address" {
  description = "Address of the public load balancer: point estate.example.com here."
  value       = aws_lb.public.dns_name
}

output "main_host" {
  description = "Host of the database main."
  value       = aws_db_instance.main.address
}

output "main_read_host" {
  description = "Host of the read replicas of main."
  value       = "main-read.buestate.internal"
}

output "documents_bucket" {
  description = "Name of the bucket documents."
  value       = aws_s3_bucket.documents.bucket
}
