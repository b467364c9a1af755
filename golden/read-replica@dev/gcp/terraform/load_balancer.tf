resource "google_compute_region_ssl_policy" "main" {
  name            = "bushop-dev"
  region          = "asia-northeast3"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [google_project_service.this]
}

resource "google_compute_region_security_policy" "public" {
  name        = "bushop-dev-public"
  region      = "asia-northeast3"
  description = "Web application firewall of the public load balancer"
  type        = "CLOUD_ARMOR"

  rules {
    priority    = 1000
    action      = "deny(403)"
    description = "SQL injection"

    match {
      expr {
        expression = "evaluatePreconfiguredWaf('sqli-v33-stable', {'sensitivity': 1})"
      }
    }
  }

  rules {
    priority    = 1100
    action      = "deny(403)"
    description = "Cross-site scripting"

    match {
      expr {
        expression = "evaluatePreconfiguredWaf('xss-v33-stable', {'sensitivity': 1})"
      }
    }
  }

  rules {
    priority    = 1200
    action      = "deny(403)"
    description = "Local file inclusion"

    match {
      expr {
        expression = "evaluatePreconfiguredWaf('lfi-v33-stable', {'sensitivity': 1})"
      }
    }
  }

  rules {
    priority    = 1300
    action      = "deny(403)"
    description = "Remote file inclusion"

    match {
      expr {
        expression = "evaluatePreconfiguredWaf('rfi-v33-stable', {'sensitivity': 1})"
      }
    }
  }

  rules {
    priority    = 1400
    action      = "deny(403)"
    description = "Remote code execution"

    match {
      expr {
        expression = "evaluatePreconfiguredWaf('rce-v33-stable', {'sensitivity': 1})"
      }
    }
  }

  rules {
    priority    = 1500
    action      = "deny(403)"
    description = "Protocol attacks"

    match {
      expr {
        expression = "evaluatePreconfiguredWaf('protocolattack-v33-stable', {'sensitivity': 1})"
      }
    }
  }

  rules {
    priority    = 1600
    action      = "deny(403)"
    description = "Log4Shell and other current vulnerabilities"

    match {
      expr {
        expression = "evaluatePreconfiguredWaf('cve-canary', {'sensitivity': 1})"
      }
    }
  }

  rules {
    priority    = 2147483647
    action      = "allow"
    description = "Everything else"

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_backend_service" "catalog_public" {
  name                            = "bushop-dev-catalog-public"
  region                          = "asia-northeast3"
  load_balancing_scheme           = "EXTERNAL_MANAGED"
  protocol                        = "HTTP"
  port_name                       = "http"
  timeout_sec                     = 60
  connection_draining_timeout_sec = 60
  health_checks                   = [google_compute_region_health_check.catalog.id]
  security_policy                 = google_compute_region_security_policy.public.id

  backend {
    group           = google_compute_region_instance_group_manager.catalog.instance_group
    balancing_mode  = "UTILIZATION"
    max_utilization = 0.8
    capacity_scaler = 1
  }

  log_config {
    enable      = true
    sample_rate = 1
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_region_backend_service" "checkout_public" {
  name                            = "bushop-dev-checkout-public"
  region                          = "asia-northeast3"
  load_balancing_scheme           = "EXTERNAL_MANAGED"
  protocol                        = "HTTP"
  port_name                       = "http"
  timeout_sec                     = 60
  connection_draining_timeout_sec = 60
  health_checks                   = [google_compute_region_health_check.checkout.id]
  security_policy                 = google_compute_region_security_policy.public.id

  backend {
    group           = google_compute_region_instance_group_manager.checkout.instance_group
    balancing_mode  = "UTILIZATION"
    max_utilization = 0.8
    capacity_scaler = 1
  }

  log_config {
    enable      = true
    sample_rate = 1
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_region_url_map" "public" {
  name            = "bushop-dev-public"
  region          = "asia-northeast3"
  default_service = google_compute_region_backend_service.checkout_public.id

  host_rule {
    hosts        = ["*"]
    path_matcher = "any-host"
  }

  path_matcher {
    name            = "any-host"
    default_service = google_compute_region_backend_service.checkout_public.id

    path_rule {
      paths   = ["/catalog", "/catalog/*"]
      service = google_compute_region_backend_service.catalog_public.id
    }
  }
}

resource "google_compute_region_target_https_proxy" "public_https" {
  name                             = "bushop-dev-public-https"
  region                           = "asia-northeast3"
  url_map                          = google_compute_region_url_map.public.id
  certificate_manager_certificates = ["projects/bushop-dev/locations/asia-northeast3/certificates/shop-dev"]
  ssl_policy                       = google_compute_region_ssl_policy.main.id
}

resource "google_compute_forwarding_rule" "public_https" {
  name                  = "bushop-dev-public-https"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = "EXTERNAL_MANAGED"
  network_tier          = google_compute_address.public.network_tier
  ip_address            = google_compute_address.public.id
  ip_protocol           = "TCP"
  port_range            = "443"
  target                = google_compute_region_target_https_proxy.public_https.id
  depends_on            = [google_compute_subnetwork.balancer]
}

resource "google_compute_region_url_map" "redirect" {
  name   = "bushop-dev-redirect"
  region = "asia-northeast3"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_target_http_proxy" "public_redirect" {
  name    = "bushop-dev-public-redirect"
  region  = "asia-northeast3"
  url_map = google_compute_region_url_map.redirect.id
}

resource "google_compute_forwarding_rule" "public_redirect" {
  name                  = "bushop-dev-public-redirect"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = "EXTERNAL_MANAGED"
  network_tier          = google_compute_address.public.network_tier
  ip_address            = google_compute_address.public.id
  ip_protocol           = "TCP"
  port_range            = "80"
  target                = google_compute_region_target_http_proxy.public_redirect.id
  depends_on            = [google_compute_subnetwork.balancer]
}
