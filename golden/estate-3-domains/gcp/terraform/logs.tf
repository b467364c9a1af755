# Containers, load balancers, firewall, flows and databases. The project's own log bucket keeps them too, for 30 days.
resource "google_logging_project_bucket_config" "main" {
  project  = data.google_project.this.project_id
  location = "asia-northeast3"

  # The name of a deleted log bucket stays taken for a week.
  bucket_id      = "buestate-logs-${random_id.suffix.hex}"
  retention_days = 365
  depends_on     = [google_project_service.this]
}

resource "google_logging_project_sink" "main" {
  name        = "buestate"
  destination = "logging.googleapis.com/${google_logging_project_bucket_config.main.id}"

  filter = <<-EOT
    (log_id("gcplogs-docker-driver") AND jsonPayload.instance.name=~"^buestate-(report|was|web|catalog-api|order-api)-[0-9a-z]+$") OR
    (log_id("compute.googleapis.com/firewall") AND jsonPayload.rule_details.reference=~"/firewall:buestate-") OR
    (log_id("compute.googleapis.com/vpc_flows") AND (jsonPayload.src_instance.vm_name=~"^buestate-(report|was|web|catalog-api|order-api)-[0-9a-z]+$" OR jsonPayload.dest_instance.vm_name=~"^buestate-(report|was|web|catalog-api|order-api)-[0-9a-z]+$")) OR
    (resource.type="http_external_regional_lb_rule" AND resource.labels.forwarding_rule_name=~"^buestate-(internal|public)-") OR
    (resource.type="internal_http_lb_rule" AND resource.labels.forwarding_rule_name=~"^buestate-(internal|public)-") OR
    (resource.type="cloudsql_database" AND resource.labels.database_id=~":buestate-(main|catalog-main|order-main)-[0-9a-f]+$") OR
    (resource.type="cloudsql_database" AND resource.labels.database_id=~":buestate-main-read-[0-9]+-[0-9a-f]+$") OR
    (resource.type="cloudsql_database" AND resource.labels.database_id=~":buestate-catalog-main-read-[0-9]+-[0-9a-f]+$") OR
    (resource.type="cloudsql_database" AND resource.labels.database_id=~":buestate-order-main-shard-[a-z0-9]+-[0-9a-f]+$")
  EOT
}
