resource "google_compute_region_ssl_policy" "main" {
  name            = "bumall"
  region          = "asia-northeast3"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [google_project_service.this]
}

resource "google_compute_region_security_policy" "public" {
  name        = "bumall-public"
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

resource "google_compute_region_url_map" "public" {
  name            = "bumall-public"
  region          = "asia-northeast3"
  default_service = google_compute_region_backend_service.market_web_public.id
}

resource "google_compute_region_target_https_proxy" "public_https" {
  name                             = "bumall-public-https"
  region                           = "asia-northeast3"
  url_map                          = google_compute_region_url_map.public.id
  certificate_manager_certificates = ["projects/bumall/locations/asia-northeast3/certificates/mall"]
  ssl_policy                       = google_compute_region_ssl_policy.main.id
}

resource "google_compute_forwarding_rule" "public_https" {
  name                  = "bumall-public-https"
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
  name   = "bumall-redirect"
  region = "asia-northeast3"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_region_target_http_proxy" "public_redirect" {
  name    = "bumall-public-redirect"
  region  = "asia-northeast3"
  url_map = google_compute_region_url_map.redirect.id
}

resource "google_compute_forwarding_rule" "public_redirect" {
  name                  = "bumall-public-redirect"
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

# Every service in the cluster: its gateway knows which of them a request is for.
resource "google_compute_region_backend_service" "system_nodes_internal" {
  name                            = "bumall-system-nodes-internal"
  region                          = "asia-northeast3"
  load_balancing_scheme           = "INTERNAL_MANAGED"
  protocol                        = "HTTP"
  port_name                       = "internal"
  timeout_sec                     = 60
  connection_draining_timeout_sec = 60
  health_checks                   = [google_compute_region_health_check.system_nodes.id]

  dynamic "backend" {
    for_each = local.gateway_groups

    content {
      group           = backend.value
      balancing_mode  = "UTILIZATION"
      max_utilization = 0.8
      capacity_scaler = 1
    }
  }

  log_config {
    enable      = true
    sample_rate = 1
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_region_url_map" "internal_8081" {
  name            = "bumall-internal-8081"
  region          = "asia-northeast3"
  default_service = google_compute_region_backend_service.pay_api_internal_run.id
}

resource "google_compute_region_target_http_proxy" "internal_8081" {
  name    = "bumall-internal-8081"
  region  = "asia-northeast3"
  url_map = google_compute_region_url_map.internal_8081.id
}

resource "google_compute_forwarding_rule" "internal_8081" {
  name                  = "bumall-internal-8081"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = "INTERNAL_MANAGED"
  subnetwork            = google_compute_subnetwork.application.id
  ip_address            = google_compute_address.internal.id
  ip_protocol           = "TCP"
  port_range            = "8081"
  target                = google_compute_region_target_http_proxy.internal_8081.id
  depends_on            = [google_compute_subnetwork.balancer]
}

resource "google_compute_region_url_map" "internal_8082" {
  name            = "bumall-internal-8082"
  region          = "asia-northeast3"
  default_service = google_compute_region_backend_service.system_nodes_internal.id

  # Whatever name a request says: behind the gateway it finds this service alone.
  default_route_action {
    url_rewrite {
      host_rewrite = "ship-api.bumall.internal"
    }
  }
}

resource "google_compute_region_target_http_proxy" "internal_8082" {
  name    = "bumall-internal-8082"
  region  = "asia-northeast3"
  url_map = google_compute_region_url_map.internal_8082.id
}

resource "google_compute_forwarding_rule" "internal_8082" {
  name                  = "bumall-internal-8082"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = "INTERNAL_MANAGED"
  subnetwork            = google_compute_subnetwork.application.id
  ip_address            = google_compute_address.internal.id
  ip_protocol           = "TCP"
  port_range            = "8082"
  target                = google_compute_region_target_http_proxy.internal_8082.id
  depends_on            = [google_compute_subnetwork.balancer]
}
