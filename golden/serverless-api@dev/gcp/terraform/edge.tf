resource "google_dns_managed_zone" "google_apis" {
  name        = "catalog-dev-google-apis"
  dns_name    = "googleapis.com."
  description = "Google's services at their private addresses"
  visibility  = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.main.id
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_dns_record_set" "google_apis" {
  managed_zone = google_dns_managed_zone.google_apis.name
  name         = "private.googleapis.com."
  type         = "A"
  ttl          = 300
  rrdatas      = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"]
}

resource "google_dns_record_set" "google_apis_any" {
  managed_zone = google_dns_managed_zone.google_apis.name
  name         = "*.googleapis.com."
  type         = "CNAME"
  ttl          = 300
  rrdatas      = ["private.googleapis.com."]
}
