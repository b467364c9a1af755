# Containers, load balancers, firewall, flows and databases. The project's own log bucket keeps them too, for 30 days.
resource "google_logging_project_bucket_config" "main" {
  project  = data.google_project.this.project_id
  location = "asia-northeast3"

  # The name of a deleted log bucket stays taken for a week.
  bucket_id      = "bumall-dev-logs-${random_id.suffix.hex}"
  retention_days = 365
  depends_on     = [google_project_service.this]
}

resource "google_logging_project_sink" "main" {
  name        = "bumall-dev"
  destination = "logging.googleapis.com/${google_logging_project_bucket_config.main.id}"

  filter = <<-EOT
    (log_id("gcplogs-docker-driver") AND jsonPayload.instance.name=~"^bumall-dev-(market-mailer|market-web)-[0-9a-z]+$") OR
    (log_id("compute.googleapis.com/firewall") AND jsonPayload.rule_details.reference=~"/firewall:bumall-dev-") OR
    (log_id("compute.googleapis.com/vpc_flows") AND (jsonPayload.src_instance.vm_name=~"^bumall-dev-(market-mailer|market-web)-[0-9a-z]+$" OR jsonPayload.dest_instance.vm_name=~"^bumall-dev-(market-mailer|market-web)-[0-9a-z]+$")) OR
    (resource.type="cloud_run_revision" AND resource.labels.service_name=~"^bumall-dev-(pay-api|api-public)$") OR
    (log_id("compute.googleapis.com/vpc_flows") AND (jsonPayload.src_vpc.subnetwork_name="bumall-dev-containers" OR jsonPayload.dest_vpc.subnetwork_name="bumall-dev-containers")) OR
    (resource.labels.cluster_name="bumall-dev" AND resource.labels.location="asia-northeast3") OR
    (log_id("compute.googleapis.com/vpc_flows") AND (jsonPayload.src_vpc.subnetwork_name="bumall-dev-nodes" OR jsonPayload.dest_vpc.subnetwork_name="bumall-dev-nodes")) OR
    (resource.type="http_external_regional_lb_rule" AND resource.labels.forwarding_rule_name=~"^bumall-dev-((internal|public)-|api-public$)") OR
    (resource.type="internal_http_lb_rule" AND resource.labels.forwarding_rule_name=~"^bumall-dev-((internal|public)-|api-public$)") OR
    (resource.type="cloudsql_database" AND resource.labels.database_id=~":bumall-dev-(market-main|pay-main|ship-main)-[0-9a-f]+$")
  EOT
}
