# Rules look at service accounts. One rule takes ten of them, so what is the same for everybody is a rule per service.
# Lower numbers win: 1000 opens what is linked, 2000 closes the rest of the network, 3000 opens the internet, 65000 closes all.
locals {
  service_accounts = {
    market-mailer = google_service_account.market_mailer.email
    market-web    = google_service_account.market_web.email
  }
}

resource "google_compute_firewall" "deny_ingress" {
  for_each                = local.service_accounts
  name                    = "bumall-${each.key}-deny-ingress"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 65000
  source_ranges           = ["0.0.0.0/0"]
  target_service_accounts = [each.value]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_firewall" "deny_egress" {
  for_each                = local.service_accounts
  name                    = "bumall-${each.key}-deny-egress"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 65000
  destination_ranges      = ["0.0.0.0/0"]
  target_service_accounts = [each.value]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

# Logs, secrets, objects and messages, at Google's private addresses.
resource "google_compute_firewall" "to_google_apis" {
  for_each                = local.service_accounts
  name                    = "bumall-${each.key}-to-google-apis"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["199.36.153.8/30"]
  target_service_accounts = [each.value]

  allow {
    protocol = "tcp"
    ports    = ["443"]
  }
}

# gcloud compute ssh --tunnel-through-iap, with OS Login.
resource "google_compute_firewall" "ssh_from_iap" {
  for_each                = local.service_accounts
  name                    = "bumall-${each.key}-ssh-from-iap"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_ranges           = ["35.235.240.0/20"]
  target_service_accounts = [each.value]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

# Or the next rule would open these ports inside the network too.
resource "google_compute_firewall" "deny_network" {
  for_each                = local.service_accounts
  name                    = "bumall-${each.key}-deny-network"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 2000
  destination_ranges      = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"]
  target_service_accounts = [each.value]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

# Package mirrors answer on port 80; packages are signed.
resource "google_compute_firewall" "to_internet" {
  for_each                = local.service_accounts
  name                    = "bumall-${each.key}-to-internet"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 3000
  destination_ranges      = ["0.0.0.0/0"]
  target_service_accounts = [each.value]

  allow {
    protocol = "tcp"
    ports    = ["80", "443"]
  }
}

# Containers are told apart by their tags. All have this one; the priorities are those of machines: 1000 opens what is
# linked, 2000 closes the rest of the network, 3000 opens the internet, 65000 closes all.
resource "google_compute_firewall" "deny_egress_of_containers" {
  name               = "bumall-deny-egress-of-containers"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 65000
  destination_ranges = ["0.0.0.0/0"]
  target_tags        = ["bumall"]

  deny {
    protocol = "all"
  }
}

# Logs, secrets, objects and messages, at Google's private addresses.
resource "google_compute_firewall" "to_google_apis_of_containers" {
  name               = "bumall-to-google-apis-of-containers"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["199.36.153.8/30"]
  target_tags        = ["bumall"]

  allow {
    protocol = "tcp"
    ports    = ["443"]
  }
}

# Or the next rule would open these ports inside the network too.
resource "google_compute_firewall" "deny_network_of_containers" {
  name               = "bumall-deny-network-of-containers"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 2000
  destination_ranges = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"]
  target_tags        = ["bumall"]

  deny {
    protocol = "all"
  }
}

# Package mirrors answer on port 80; packages are signed.
resource "google_compute_firewall" "to_internet_of_containers" {
  name               = "bumall-to-internet-of-containers"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 3000
  destination_ranges = ["0.0.0.0/0"]
  target_tags        = ["bumall"]

  allow {
    protocol = "tcp"
    ports    = ["80", "443"]
  }
}

# Nodes of the cluster, by the name of their pool. Rules see what a pod sends as its node's.
locals {
  node_accounts = {
    ship   = google_service_account.ship_nodes.email
    system = google_service_account.system_nodes.email
  }
}

resource "google_compute_firewall" "deny_ingress_of_nodes" {
  for_each                = local.node_accounts
  name                    = "bumall-${each.key}-nodes-deny-ingress"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 65000
  source_ranges           = ["0.0.0.0/0"]
  target_service_accounts = [each.value]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_firewall" "deny_egress_of_nodes" {
  for_each                = local.node_accounts
  name                    = "bumall-${each.key}-nodes-deny-egress"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 65000
  destination_ranges      = ["0.0.0.0/0"]
  target_service_accounts = [each.value]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

# Logs, secrets, objects and messages, at Google's private addresses.
resource "google_compute_firewall" "to_google_apis_of_nodes" {
  for_each                = local.node_accounts
  name                    = "bumall-${each.key}-nodes-to-google-apis"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["199.36.153.8/30"]
  target_service_accounts = [each.value]

  allow {
    protocol = "tcp"
    ports    = ["443"]
  }
}

# Or the next rule would open these ports inside the network too.
resource "google_compute_firewall" "deny_network_of_nodes" {
  for_each                = local.node_accounts
  name                    = "bumall-${each.key}-nodes-deny-network"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 2000
  destination_ranges      = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
  target_service_accounts = [each.value]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

# Package mirrors answer on port 80; packages are signed.
resource "google_compute_firewall" "to_internet_of_nodes" {
  for_each                = local.node_accounts
  name                    = "bumall-${each.key}-nodes-to-internet"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 3000
  destination_ranges      = ["0.0.0.0/0"]
  target_service_accounts = [each.value]

  allow {
    protocol = "tcp"
    ports    = ["80", "443"]
  }
}

# The cluster's API.
resource "google_compute_firewall" "to_control_plane_of_nodes" {
  for_each                = local.node_accounts
  name                    = "bumall-${each.key}-nodes-to-control-plane"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = [google_compute_subnetwork.control_plane.ip_cidr_range]
  target_service_accounts = [each.value]

  allow {
    protocol = "tcp"
    ports    = ["443"]
  }
}

# The gateway brings requests to every pod; metrics and the control plane's tunnel come from this pool too.
resource "google_compute_firewall" "system_nodes_to_pods" {
  name                    = "bumall-system-nodes-to-pods"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = [google_compute_subnetwork.nodes.ip_cidr_range, "100.64.0.0/17", "100.96.0.0/12"]
  target_service_accounts = [google_service_account.system_nodes.email]

  allow {
    protocol = "tcp"
  }

  allow {
    protocol = "udp"
  }
}

# Through it the control plane asks pods and nodes. It is opened from this pool alone, which reaches them all.
resource "google_compute_firewall" "system_nodes_to_tunnel" {
  name                    = "bumall-system-nodes-to-tunnel"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = [google_compute_subnetwork.control_plane.ip_cidr_range]
  target_service_accounts = [google_service_account.system_nodes.email]

  allow {
    protocol = "tcp"
    ports    = ["8132"]
  }
}

# The gateway's ports on the nodes, and its health.
resource "google_compute_firewall" "system_nodes_from_balancer" {
  name                    = "bumall-system-nodes-from-balancer"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_ranges           = [google_compute_subnetwork.balancer.ip_cidr_range, "35.191.0.0/16", "130.211.0.0/22"]
  target_service_accounts = [google_service_account.system_nodes.email]

  allow {
    protocol = "tcp"
    ports    = ["30081", "30021"]
  }
}

resource "google_compute_firewall" "api_public_to_balancer" {
  name               = "bumall-api-public-to-balancer"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["${google_compute_address.internal.address}/32"]
  target_tags        = ["bumall-api-public"]

  allow {
    protocol = "tcp"
    ports    = ["8081", "8082"]
  }
}
