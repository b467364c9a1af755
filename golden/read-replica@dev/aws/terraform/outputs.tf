output "egress_addresses" {
  description = "Addresses that outside services see, one per zone."
  value       = values(aws_eip.nat)[*].public_ip
}

output "public_address" {
  description = "Address of the public load balancer: point dev.shop.example.com here."
  value       = aws_lb.public.dns_name
}

output "main_host" {
  description = "Host of the database main."
  value       = aws_db_instance.main.address
}

output "search_key_secret" {
  description = "Secret search-key, to be filled by its owner."
  value       = aws_secretsmanager_secret.search_key.arn
}
