resource "google_compute_network" "main" {
  name                    = "notes-dev"
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"

  # The only routes are those below.
  delete_default_routes_on_create = true
  depends_on                      = [google_project_service.this]
}

# private.googleapis.com: traffic to it stays in Google's network and needs no address translation.
resource "google_compute_route" "google_apis" {
  name             = "notes-dev-google-apis"
  network          = google_compute_network.main.id
  dest_range       = "199.36.153.8/30"
  next_hop_gateway = "default-internet-gateway"
}

resource "google_compute_route" "internet" {
  name             = "notes-dev-internet"
  network          = google_compute_network.main.id
  dest_range       = "0.0.0.0/0"
  next_hop_gateway = "default-internet-gateway"
}

# Subnets span the region's zones. 10.20.0.0/19 (public), 10.20.96.0/19 (management) and 10.20.160.0/19 (endpoints) stay free:
# no machine has a public address, IAP needs no bastion host, and Google's services answer at addresses of their own.
resource "google_compute_subnetwork" "application" {
  name                     = "notes-dev-application"
  network                  = google_compute_network.main.id
  region                   = "asia-northeast3"
  ip_cidr_range            = "10.20.32.0/19"
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_1_MIN"
    flow_sampling        = 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# Containers of Cloud Run. It gives their addresses back an hour or two after they are gone, the subnet stays as long.
resource "google_compute_subnetwork" "containers" {
  name                     = "notes-dev-containers"
  network                  = google_compute_network.main.id
  region                   = "asia-northeast3"
  ip_cidr_range            = "10.20.224.0/19"
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_1_MIN"
    flow_sampling        = 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_router" "main" {
  name    = "notes-dev"
  network = google_compute_network.main.id
  region  = "asia-northeast3"
}

resource "google_compute_router_nat" "main" {
  name                               = "notes-dev"
  router                             = google_compute_router.main.name
  region                             = google_compute_router.main.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.application.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  subnetwork {
    name                    = google_compute_subnetwork.containers.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
