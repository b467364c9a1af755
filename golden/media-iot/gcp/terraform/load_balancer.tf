resource "google_compute_region_ssl_policy" "main" {
  name            = "mediaiot"
  region          = "asia-northeast3"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [google_project_service.this]
}

resource "google_compute_region_security_policy" "public" {
  name        = "mediaiot-public"
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

# Cloud Run knows which containers are well and how long a request may take: a check or a time here would be refused.
resource "google_compute_region_backend_service" "intake_public_run" {
  name                  = "mediaiot-intake-public-run"
  region                = "asia-northeast3"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = google_compute_region_security_policy.public.id

  backend {
    group           = google_compute_region_network_endpoint_group.intake.id
    balancing_mode  = "UTILIZATION"
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
  name            = "mediaiot-public"
  region          = "asia-northeast3"
  default_service = google_compute_region_backend_service.intake_public_run.id
}

resource "google_compute_region_target_https_proxy" "public_https" {
  name                             = "mediaiot-public-https"
  region                           = "asia-northeast3"
  url_map                          = google_compute_region_url_map.public.id
  certificate_manager_certificates = ["projects/mediaiot/locations/asia-northeast3/certificates/devices"]
  ssl_policy                       = google_compute_region_ssl_policy.main.id
}

resource "google_compute_forwarding_rule" "public_https" {
  name                  = "mediaiot-public-https"
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
  name   = "mediaiot-redirect"
  region = "asia-northeast3"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_target_http_proxy" "public_redirect" {
  name    = "mediaiot-public-redirect"
  region  = "asia-northeast3"
  url_map = google_compute_region_url_map.redirect.id
}

resource "google_compute_forwarding_rule" "public_redirect" {
  name                  = "mediaiot-public-redirect"
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
