output "reports_bucket" {
  description = "Name of the bucket reports."
  value       = google_storage_bucket.reports.name
}
