# Containers, load balancers, firewall, flows and databases. The project's own log bucket keeps them too, for 30 days.
resource "google_logging_project_bucket_config" "main" {
  project  = data.google_project.this.project_id
  location = "asia-northeast3"

  # The name of a deleted log bucket stays taken for a week.
  bucket_id      = "mediaiot-dev-logs-${random_id.suffix.hex}"
  retention_days = 365
  depends_on     = [google_project_service.this]
}

resource "google_logging_project_sink" "main" {
  name        = "mediaiot-dev"
  destination = "logging.googleapis.com/${google_logging_project_bucket_config.main.id}"

  filter = <<-EOT
    (resource.type="cloud_run_revision" AND resource.labels.service_name=~"^mediaiot-dev-(intake|api-public)$") OR
    (resource.type="cloud_run_revision" AND resource.labels.service_name=~"^mediaiot-dev-(alarm|archive|close|hot|mean|means-api|notify|pictures-api|report|rollup|summary)$") OR
    (log_id("compute.googleapis.com/vpc_flows") AND (jsonPayload.src_vpc.subnetwork_name="mediaiot-dev-containers" OR jsonPayload.dest_vpc.subnetwork_name="mediaiot-dev-containers")) OR
    (resource.type="workflows.googleapis.com/Workflow" AND resource.labels.workflow_id=~"^mediaiot-dev-(nightly)$") OR
    (resource.type="cloud_scheduler_job" AND resource.labels.job_id=~"^mediaiot-dev-(nightly)$") OR
    (resource.type="http_external_regional_lb_rule" AND resource.labels.forwarding_rule_name=~"^mediaiot-dev-((internal|public)-|api-public$)")
  EOT
}
