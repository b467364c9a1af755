# Rules look at service accounts. One rule takes ten of them, so what is the same for everybody is a rule per service.
# Lower numbers win: 1000 opens what is linked, 2000 closes the rest of the network, 3000 opens the internet, 65000 closes all.
locals {
  service_accounts = {
    billing    = google_service_account.billing.email
    market     = google_service_account.market.email
    main-proxy = google_service_account.main_proxy.email
  }
}

resource "google_compute_firewall" "deny_ingress" {
  for_each                = local.service_accounts
  name                    = "bumart-${each.key}-deny-ingress"
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
  name                    = "bumart-${each.key}-deny-egress"
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

# Logs, secrets and objects, at Google's private addresses.
resource "google_compute_firewall" "to_google_apis" {
  for_each                = local.service_accounts
  name                    = "bumart-${each.key}-to-google-apis"
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
  name                    = "bumart-${each.key}-ssh-from-iap"
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
  name                    = "bumart-${each.key}-deny-network"
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
  name                    = "bumart-${each.key}-to-internet"
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

resource "google_compute_firewall" "billing_from_balancer" {
  name                    = "bumart-billing-from-balancer"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_ranges           = [google_compute_subnetwork.balancer.ip_cidr_range, "35.191.0.0/16", "130.211.0.0/22"]
  target_service_accounts = [google_service_account.billing.email]

  allow {
    protocol = "tcp"
    ports    = ["8000"]
  }
}

resource "google_compute_firewall" "billing_to_ledger" {
  name                    = "bumart-billing-to-ledger"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.ledger_endpoint.address}/32"]
  target_service_accounts = [google_service_account.billing.email]

  allow {
    protocol = "tcp"
    ports    = ["5432"]
  }
}

resource "google_compute_firewall" "billing_to_ledger_shard" {
  name                    = "bumart-billing-to-ledger-shard"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = formatlist("%s/32", values(google_compute_address.ledger_shard_endpoint)[*].address)
  target_service_accounts = [google_service_account.billing.email]

  allow {
    protocol = "tcp"
    ports    = ["5432"]
  }
}

resource "google_compute_firewall" "market_from_balancer" {
  name                    = "bumart-market-from-balancer"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_ranges           = [google_compute_subnetwork.balancer.ip_cidr_range, "35.191.0.0/16", "130.211.0.0/22"]
  target_service_accounts = [google_service_account.market.email]

  allow {
    protocol = "tcp"
    ports    = ["8080"]
  }
}

resource "google_compute_firewall" "market_to_main_proxy" {
  name                    = "bumart-market-to-main-proxy"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.main_proxy.address}/32"]
  target_service_accounts = [google_service_account.market.email]

  allow {
    protocol = "tcp"
    ports    = ["3307"]
  }
}

resource "google_compute_firewall" "market_to_balancer" {
  name                    = "bumart-market-to-balancer"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.internal.address}/32"]
  target_service_accounts = [google_service_account.market.email]

  allow {
    protocol = "tcp"
    ports    = ["8000"]
  }
}

resource "google_compute_firewall" "main_proxy_from_market" {
  name                    = "bumart-main-proxy-from-market"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_service_accounts = [google_service_account.market.email]
  target_service_accounts = [google_service_account.main_proxy.email]

  allow {
    protocol = "tcp"
    ports    = ["3307"]
  }
}

resource "google_compute_firewall" "main_proxy_from_balancer" {
  name                    = "bumart-main-proxy-from-balancer"
  network                 = google_compute_network.main.id
  direction               = "INGRESS"
  priority                = 1000
  source_ranges           = ["35.191.0.0/16", "130.211.0.0/22"]
  target_service_accounts = [google_service_account.main_proxy.email]

  allow {
    protocol = "tcp"
    ports    = ["3307"]
  }
}

resource "google_compute_firewall" "main_proxy_to_main" {
  name                    = "bumart-main-proxy-to-main"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = ["${google_compute_address.main_endpoint.address}/32"]
  target_service_accounts = [google_service_account.main_proxy.email]

  allow {
    protocol = "tcp"
    ports    = ["5432"]
  }
}

resource "google_compute_firewall" "main_proxy_to_main_shard" {
  name                    = "bumart-main-proxy-to-main-shard"
  network                 = google_compute_network.main.id
  direction               = "EGRESS"
  priority                = 1000
  destination_ranges      = formatlist("%s/32", values(google_compute_address.main_shard_endpoint)[*].address)
  target_service_accounts = [google_service_account.main_proxy.email]

  allow {
    protocol = "tcp"
    ports    = ["5432"]
  }
}
