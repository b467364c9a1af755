output "egress_addresses" {
  description = "Addresses that outside services see, one per zone."
  value       = values(aws_eip.nat)[*].public_ip
}

output "repositories" {
  description = "Where images are pushed to, by their names."
  value       = { for name, repository in aws_ecr_repository.own_container_images : name => repository.repository_url }
}

output "public_url" {
  description = "Where the API public is called."
  value       = "https://api.mall.example.com"
}

output "keda_role" {
  description = "Role of KEDA, which its installation is told."
  value       = aws_iam_role.kubernetes_message_counter.arn
}

output "public_address" {
  description = "Address of the public load balancer: point mall.example.com here."
  value       = aws_lb.public.dns_name
}

output "session_host" {
  description = "Host of the cache session."
  value       = aws_elasticache_replication_group.session.primary_endpoint_address
}

output "media_bucket" {
  description = "Name of the bucket media."
  value       = aws_s3_bucket.media.bucket
}
