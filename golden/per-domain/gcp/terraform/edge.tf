resource "google_compute_address" "public" {
  name         = "bumall-public"
  region       = "asia-northeast3"
  address_type = "EXTERNAL"
  network_tier = "PREMIUM"
  depends_on   = [google_project_service.this]
}

resource "google_compute_address" "internal" {
  name         = "bumall-internal"
  region       = "asia-northeast3"
  address_type = "INTERNAL"

  # One address for the listeners of every port.
  purpose    = "SHARED_LOADBALANCER_VIP"
  subnetwork = google_compute_subnetwork.application.id
}

resource "google_dns_managed_zone" "internal" {
  name        = "bumall-internal"
  dns_name    = "bumall.internal."
  description = "Services, databases and caches, for this network only"
  visibility  = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.main.id
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_dns_record_set" "session_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "session.bumall.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [local.session_address]
}

resource "google_dns_managed_zone" "google_apis" {
  name        = "bumall-google-apis"
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

resource "google_dns_managed_zone" "artifact_registry" {
  name        = "bumall-artifact-registry"
  dns_name    = "pkg.dev."
  description = "Google's services at their private addresses"
  visibility  = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.main.id
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_dns_record_set" "artifact_registry" {
  managed_zone = google_dns_managed_zone.artifact_registry.name
  name         = "pkg.dev."
  type         = "A"
  ttl          = 300
  rrdatas      = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"]
}

resource "google_dns_record_set" "artifact_registry_any" {
  managed_zone = google_dns_managed_zone.artifact_registry.name
  name         = "*.pkg.dev."
  type         = "CNAME"
  ttl          = 300
  rrdatas      = ["pkg.dev."]
}
