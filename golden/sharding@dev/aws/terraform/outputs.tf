output "egress_addresses" {
  description = "Addresses that outside services see, one per zone."
  value       = values(aws_eip.nat)[*].public_ip
}

output "public_address" {
  description = "Address of the public load balancer: point dev.market.example.com here."
  value       = aws_lb.public.dns_name
}

output "ledger_host" {
  description = "Host of the database ledger."
  value       = aws_db_instance.ledger.address
}

output "main_host" {
  description = "Host of the database main."
  value       = aws_db_instance.main.address
}

output "ledger_shard_hosts" {
  description = "Hosts of the shards of ledger, by their ids."
  value       = { for id, server in aws_db_instance.ledger_shard : id => server.address }
}

output "main_shard_hosts" {
  description = "Hosts of the shards of main, by their ids."
  value       = { for id, server in aws_db_instance.main_shard : id => server.address }
}
