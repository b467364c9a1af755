# Containers, load balancers, firewall, flows and databases. The project's own log bucket keeps them too, for 30 days.
resource "google_logging_project_bucket_config" "main" {
  project  = data.google_project.this.project_id
  location = "asia-northeast3"

  # The name of a deleted log bucket stays taken for a week.
  bucket_id      = "nightly-dev-logs-${random_id.suffix.hex}"
  retention_days = 365
  depends_on     = [google_project_service.this]
}

resource "google_logging_project_sink" "main" {
  name        = "nightly-dev"
  destination = "logging.googleapis.com/${google_logging_project_bucket_config.main.id}"

  filter = <<-EOT
    (resource.type="cloud_run_revision" AND resource.labels.service_name=~"^nightly-dev-(close|mailer)$") OR
    (log_id("compute.googleapis.com/vpc_flows") AND (jsonPayload.src_vpc.subnetwork_name="nightly-dev-containers" OR jsonPayload.dest_vpc.subnetwork_name="nightly-dev-containers")) OR
    (resource.type="cloud_scheduler_job" AND resource.labels.job_id=~"^nightly-dev-(close)$")
  EOT
}
