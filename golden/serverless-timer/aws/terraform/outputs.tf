output "egress_addresses" {
  description = "Addresses that outside services see, one per zone."
  value       = values(aws_eip.nat)[*].public_ip
}

output "mails_queue" {
  description = "URL of the queue mails."
  value       = aws_sqs_queue.mails.url
}

output "reports_bucket" {
  description = "Name of the bucket reports."
  value       = aws_s3_bucket.reports.bucket
}

output "mail_key_secret" {
  description = "Secret mail-key, to be filled by its owner."
  value       = aws_secretsmanager_secret.mail_key.arn
}
