resource "google_compute_network" "main" {
  name                    = "bumall"
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"

  # The only routes are those below.
  delete_default_routes_on_create = true
  depends_on                      = [google_project_service.this]
}

# private.googleapis.com: traffic to it stays in Google's network and needs no address translation.
resource "google_compute_route" "google_apis" {
  name             = "bumall-google-apis"
  network          = google_compute_network.main.id
  dest_range       = "199.36.153.8/30"
  next_hop_gateway = "default-internet-gateway"
}

resource "google_compute_route" "internet" {
  name             = "bumall-internet"
  network          = google_compute_network.main.id
  dest_range       = "0.0.0.0/0"
  next_hop_gateway = "default-internet-gateway"
}

# Subnets span the region's zones. 10.60.0.0/19 (public) stays free: no machine has a public address. The cluster's nodes are in
# 10.60.96.0/19 (management), for IAP needs no bastion host; its control plane has an address in 10.60.160.0/19 (endpoints).
resource "google_compute_subnetwork" "application" {
  name                     = "bumall-application"
  network                  = google_compute_network.main.id
  region                   = "asia-northeast3"
  ip_cidr_range            = "10.60.32.0/19"
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_1_MIN"
    flow_sampling        = 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_subnetwork" "data" {
  name                     = "bumall-data"
  network                  = google_compute_network.main.id
  region                   = "asia-northeast3"
  ip_cidr_range            = "10.60.64.0/19"
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_1_MIN"
    flow_sampling        = 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# Containers of Cloud Run. It gives their addresses back an hour or two after they are gone, the subnet stays as long.
resource "google_compute_subnetwork" "containers" {
  name                     = "bumall-containers"
  network                  = google_compute_network.main.id
  region                   = "asia-northeast3"
  ip_cidr_range            = "10.60.224.0/19"
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

# Nodes of the cluster. Whose pods may go where is said by firewall rules for the nodes that they are on.
resource "google_compute_subnetwork" "nodes" {
  name                     = "bumall-nodes"
  network                  = google_compute_network.main.id
  region                   = "asia-northeast3"
  ip_cidr_range            = "10.60.96.0/19"
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_1_MIN"
    flow_sampling        = 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }

  secondary_ip_range {
    range_name    = "system-pods"
    ip_cidr_range = "100.64.0.0/17"
  }

  # Of the pods of all domains: none that comes or goes changes the subnet, which its nodes would still be using.
  secondary_ip_range {
    range_name    = "domain-pods"
    ip_cidr_range = "100.96.0.0/12"
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "100.127.128.0/20"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# The one address at which nodes, pods and administrators in the network find the control plane.
resource "google_compute_subnetwork" "control_plane" {
  name                     = "bumall-control-plane"
  network                  = google_compute_network.main.id
  region                   = "asia-northeast3"
  ip_cidr_range            = "10.60.160.0/28"
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_1_MIN"
    flow_sampling        = 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# The proxies of the load balancers. A subnet of this purpose has no flow logs: the load balancers log each request.
resource "google_compute_subnetwork" "balancer" {
  name          = "bumall-balancer"
  network       = google_compute_network.main.id
  region        = "asia-northeast3"
  ip_cidr_range = "10.60.128.0/19"
  purpose       = "REGIONAL_MANAGED_PROXY"
  role          = "ACTIVE"
}

resource "google_compute_router" "main" {
  name    = "bumall"
  network = google_compute_network.main.id
  region  = "asia-northeast3"
}

resource "google_compute_router_nat" "main" {
  name                               = "bumall"
  router                             = google_compute_router.main.name
  region                             = google_compute_router.main.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  # All pods of a node share its ports, of which it would have 64.
  enable_dynamic_port_allocation      = true
  enable_endpoint_independent_mapping = false
  min_ports_per_vm                    = 64
  max_ports_per_vm                    = 8192

  subnetwork {
    name                    = google_compute_subnetwork.application.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  subnetwork {
    name                    = google_compute_subnetwork.containers.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  subnetwork {
    name                    = google_compute_subnetwork.nodes.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# Memorystore makes the endpoints of its instances by itself, where this allows it to.
resource "google_network_connectivity_service_connection_policy" "memorystore" {
  name          = "bumall-memorystore"
  location      = "asia-northeast3"
  service_class = "gcp-memorystore"
  network       = google_compute_network.main.id

  psc_config {
    subnetworks = [google_compute_subnetwork.data.id]
  }
}
