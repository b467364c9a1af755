output "egress_addresses" {
  description = "Addresses that outside services see, one per zone."
  value       = values(aws_eip.nat)[*].public_ip
}

output "public_url" {
  description = "Where the API public is called."
  value       = "https://api.example.com"
}

output "public_address" {
  description = "Address of the public load balancer: point devices.example.com here."
  value       = aws_lb.public.dns_name
}

output "alerts_queue" {
  description = "URL of the queue alerts."
  value       = aws_sqs_queue.alerts.url
}

output "uploaded_topic" {
  description = "ARN of the topic uploaded."
  value       = aws_sns_topic.uploaded.arn
}

output "readings_stream" {
  description = "Name of the stream readings."
  value       = aws_kinesis_stream.readings.name
}

output "means_table" {
  description = "Name of the table means."
  value       = aws_dynamodb_table.means.name
}

output "pictures_table" {
  description = "Name of the table pictures."
  value       = aws_dynamodb_table.pictures.name
}

output "media_bucket" {
  description = "Name of the bucket media."
  value       = aws_s3_bucket.media.bucket
}

output "raw_bucket" {
  description = "Name of the bucket raw."
  value       = aws_s3_bucket.raw.bucket
}

output "push_key_secret" {
  description = "Secret push-key, to be filled by its owner."
  value       = aws_secretsmanager_secret.push_key.arn
}
