resource "google_compute_address" "public" {
  name         = "bumart-public"
  region       = "asia-northeast3"
  address_type = "EXTERNAL"
  network_tier = "PREMIUM"
  depends_on   = [google_project_service.this]
}

resource "google_compute_address" "internal" {
  name         = "bumart-internal"
  region       = "asia-northeast3"
  address_type = "INTERNAL"

  # One address for the listeners of every port.
  purpose    = "SHARED_LOADBALANCER_VIP"
  subnetwork = google_compute_subnetwork.application.id
}

resource "google_compute_address" "main_proxy" {
  name         = "bumart-main-proxy"
  region       = "asia-northeast3"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.application.id
}

resource "google_dns_managed_zone" "internal" {
  name        = "bumart-internal"
  dns_name    = "bumart.internal."
  description = "Services and databases, for this network only"
  visibility  = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.main.id
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_dns_record_set" "billing_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "billing.bumart.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.internal.address]
}

resource "google_dns_record_set" "main_proxy_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "main-proxy.bumart.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.main_proxy.address]
}

resource "google_dns_record_set" "ledger_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "ledger.bumart.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.ledger_endpoint.address]
}

resource "google_dns_record_set" "main_internal" {
  managed_zone = google_dns_managed_zone.internal.name
  name         = "main.bumart.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.main_endpoint.address]
}

resource "google_dns_record_set" "ledger_shard_internal" {
  for_each     = toset(local.ledger_shards)
  managed_zone = google_dns_managed_zone.internal.name
  name         = "ledger-shard-${each.key}.bumart.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.ledger_shard_endpoint[each.key].address]
}

resource "google_dns_record_set" "main_shard_internal" {
  for_each     = toset(local.main_shards)
  managed_zone = google_dns_managed_zone.internal.name
  name         = "main-shard-${each.key}.bumart.internal."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.main_shard_endpoint[each.key].address]
}

resource "google_dns_managed_zone" "google_apis" {
  name        = "bumart-google-apis"
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
