# Containers are told apart by their tags. All have this one; the priorities are those of machines: 1000 opens what is
# linked, 2000 closes the rest of the network, 3000 opens the internet, 65000 closes all.
resource "google_compute_firewall" "deny_egress_of_containers" {
  name               = "uploads-deny-egress-of-containers"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 65000
  destination_ranges = ["0.0.0.0/0"]
  target_tags        = ["uploads"]

  deny {
    protocol = "all"
  }
}

# Logs, secrets, objects and messages, at Google's private addresses.
resource "google_compute_firewall" "to_google_apis_of_containers" {
  name               = "uploads-to-google-apis-of-containers"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["199.36.153.8/30"]
  target_tags        = ["uploads"]

  allow {
    protocol = "tcp"
    ports    = ["443"]
  }
}

# Or the next rule would open these ports inside the network too.
resource "google_compute_firewall" "deny_network_of_containers" {
  name               = "uploads-deny-network-of-containers"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 2000
  destination_ranges = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"]
  target_tags        = ["uploads"]

  deny {
    protocol = "all"
  }
}

# Package mirrors answer on port 80; packages are signed.
resource "google_compute_firewall" "to_internet_of_containers" {
  name               = "uploads-to-internet-of-containers"
  network            = google_compute_network.main.id
  direction          = "EGRESS"
  priority           = 3000
  destination_ranges = ["0.0.0.0/0"]
  target_tags        = ["uploads"]

  allow {
    protocol = "tcp"
    ports    = ["80", "443"]
  }
}
