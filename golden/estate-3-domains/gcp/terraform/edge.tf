resource "google_compute_address" "public" {
  name         = "buestate-public"
  region       = "asia-northeast3"
  address_type = "EXTERNAL"
  network_tier = "PREMIUM"
  depends_on   = [google_project_service.this]
}

resource "google_compute_address" "internal" {
  name         = "buestate-internal"
  region       = "asia-northeast3"
  address_type = "INTERNAL"

  # One address for the listeners of every port.
  purpose    = "SHARED_LOADBALANCER_VIP"
  subnetwork = google_compute_subnetwork.application.id
}

resource "google_dns_managed_zone" "internal" {
  name        = "buestate-internal"
  dns_name    = "buestate.internal."
  description = "Services and databases, for this network only"
  visibility  = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.main.id
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_dns_record_set" "report_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "report.buestate.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.internal.address]
}

resource "google_dns_record_set" "was_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "was.buestate.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.internal.address]
}

resource "google_dns_record_set" "main_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "main.buestate.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.main_endpoint.address]
}

# Every replica's address: a client tries the next one where one does not answer.
resource "google_dns_record_set" "main_read_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "main-read.buestate.internal."
  type         = "A"
  ttl          = 10
  rrdatas      = values(google_compute_address.main_replica)[*].address

  # An address gets into the name once a replica answers there.
  depends_on = [google_compute_forwarding_rule.main_replica]
}

resource "google_dns_managed_zone" "google_apis" {
  name        = "buestate-google-apis"
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
