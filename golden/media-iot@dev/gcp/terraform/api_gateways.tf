# It may call the functions that the API routes to, and nothing else.
resource "google_service_account" "api_public" {
  account_id   = "mediaiot-dev-api-public"
  display_name = "mediaiot-dev API public"
  depends_on   = [google_project_service.this]
}

# All that Envoy is told. It tries routes in their order.
locals {
  public_envoy = {
    static_resources = {
      listeners = [{
        name = "public"
        address = {
          socket_address = {
            address    = "0.0.0.0"
            port_value = 8080
          }
        }
        per_connection_buffer_limit_bytes = 32768
        filter_chains = [{
          filters = [{
            name = "envoy.filters.network.http_connection_manager"
            typed_config = {
              "@type"                          = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
              stat_prefix                      = "public"
              use_remote_address               = true
              normalize_path                   = true
              path_with_escaped_slashes_action = "REJECT_REQUEST"
              merge_slashes                    = true
              request_timeout                  = "30s"
              access_log = [{
                name = "envoy.access_loggers.stdout"
                typed_config = {
                  "@type" = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
                  log_format = {
                    json_format = {
                      duration_ms = "%DURATION%"
                      method      = "%REQ(:METHOD)%"
                      path        = "%PATH(NQ:ORIG_OR_PATH)%"
                      flags       = "%RESPONSE_FLAGS%"
                      route       = "%ROUTE_NAME%"
                      status      = "%RESPONSE_CODE%"
                    }
                  }
                }
              }]
              http_filters = [
                {
                  name = "envoy.filters.http.header_mutation"
                  typed_config = {
                    "@type" = "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"
                    mutations = {
                      request_mutations = [{
                        remove = "X-Serverless-Authorization"
                      }]
                    }
                  }
                },
                {
                  name = "envoy.filters.http.cors"
                  typed_config = {
                    "@type" = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors"
                  }
                },
                {
                  name = "envoy.filters.http.jwt_authn"
                  typed_config = {
                    "@type" = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"
                    providers = {
                      tokens = {
                        issuer    = "https://login.example.com/"
                        audiences = ["mediaiot"]
                        from_headers = [{
                          name         = "Authorization"
                          value_prefix = "Bearer "
                        }]
                        require_expiration = true
                        forward            = true
                        remote_jwks = {
                          http_uri = {
                            uri     = "https://login.example.com/.well-known/jwks.json"
                            cluster = "keys"
                            timeout = "5s"
                          }
                          cache_duration = "600s"
                        }
                      }
                    }
                    requirement_map = {
                      tokens = {
                        provider_name = "tokens"
                      }
                    }
                  }
                },
                {
                  name = "envoy.filters.http.local_ratelimit"
                  typed_config = {
                    "@type"     = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
                    stat_prefix = "public"
                  }
                },
                {
                  name = "envoy.filters.http.buffer"
                  typed_config = {
                    "@type"           = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer"
                    max_request_bytes = 10485760
                  }
                },
                {
                  name = "envoy.filters.http.gcp_authn"
                  typed_config = {
                    "@type" = "type.googleapis.com/envoy.extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig"
                    cluster = "identity"
                    timeout = "5s"
                    retry_policy = {
                      num_retries = 2
                    }
                    cache_config = {
                      cache_size = 1000
                    }
                    token_header = {
                      name         = "X-Serverless-Authorization"
                      value_prefix = "Bearer "
                    }
                  }
                },
                {
                  name = "envoy.filters.http.router"
                  typed_config = {
                    "@type" = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
                  }
                },
              ]
              route_config = {
                virtual_hosts = [{
                  name    = "public"
                  domains = ["*"]
                  routes = [
                    {
                      name = "questions of browsers"
                      match = {
                        prefix = "/"
                        headers = [{
                          name = ":method"
                          string_match = {
                            exact = "OPTIONS"
                          }
                        }]
                      }
                      direct_response = {
                        status = 403
                      }
                      typed_per_filter_config = {
                        "envoy.filters.http.jwt_authn" = {
                          "@type"  = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig"
                          disabled = true
                        }
                      }
                    },
                    {
                      name = "GET /means/{device}/{minute}"
                      match = {
                        safe_regex = {
                          regex = "/means/[^/]+/[^/]+"
                        }
                        headers = [{
                          name = ":method"
                          string_match = {
                            exact = "GET"
                          }
                        }]
                      }
                      route = {
                        cluster              = "means-api"
                        host_rewrite_literal = "mediaiot-dev-means-api-${data.google_project.this.number}.asia-northeast3.run.app"
                        timeout              = "30s"
                      }
                      typed_per_filter_config = {
                        "envoy.filters.http.jwt_authn" = {
                          "@type"          = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig"
                          requirement_name = "tokens"
                        }
                        "envoy.filters.http.local_ratelimit" = {
                          "@type"     = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
                          stat_prefix = "route"
                          token_bucket = {
                            max_tokens      = 100
                            tokens_per_fill = 50
                            fill_interval   = "1s"
                          }
                          filter_enabled = {
                            default_value = {
                              numerator   = 100
                              denominator = "HUNDRED"
                            }
                          }
                          filter_enforced = {
                            default_value = {
                              numerator   = 100
                              denominator = "HUNDRED"
                            }
                          }
                        }
                        "envoy.filters.http.buffer" = {
                          "@type" = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute"
                          buffer = {
                            max_request_bytes = 16384
                          }
                        }
                      }
                    },
                    {
                      name = "GET /pictures/{owner}/{key}"
                      match = {
                        safe_regex = {
                          regex = "/pictures/[^/]+/[^/]+"
                        }
                        headers = [{
                          name = ":method"
                          string_match = {
                            exact = "GET"
                          }
                        }]
                      }
                      route = {
                        cluster              = "pictures-api"
                        host_rewrite_literal = "mediaiot-dev-pictures-api-${data.google_project.this.number}.asia-northeast3.run.app"
                        timeout              = "30s"
                      }
                      typed_per_filter_config = {
                        "envoy.filters.http.jwt_authn" = {
                          "@type"          = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig"
                          requirement_name = "tokens"
                        }
                        "envoy.filters.http.local_ratelimit" = {
                          "@type"     = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
                          stat_prefix = "route"
                          token_bucket = {
                            max_tokens      = 100
                            tokens_per_fill = 50
                            fill_interval   = "1s"
                          }
                          filter_enabled = {
                            default_value = {
                              numerator   = 100
                              denominator = "HUNDRED"
                            }
                          }
                          filter_enforced = {
                            default_value = {
                              numerator   = 100
                              denominator = "HUNDRED"
                            }
                          }
                        }
                        "envoy.filters.http.buffer" = {
                          "@type" = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute"
                          buffer = {
                            max_request_bytes = 16384
                          }
                        }
                      }
                    },
                    {
                      name = "PUT /pictures/{owner}/{key}"
                      match = {
                        safe_regex = {
                          regex = "/pictures/[^/]+/[^/]+"
                        }
                        headers = [{
                          name = ":method"
                          string_match = {
                            exact = "PUT"
                          }
                        }]
                      }
                      route = {
                        cluster              = "pictures-api"
                        host_rewrite_literal = "mediaiot-dev-pictures-api-${data.google_project.this.number}.asia-northeast3.run.app"
                        timeout              = "30s"
                      }
                      typed_per_filter_config = {
                        "envoy.filters.http.jwt_authn" = {
                          "@type"          = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig"
                          requirement_name = "tokens"
                        }
                        "envoy.filters.http.local_ratelimit" = {
                          "@type"     = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
                          stat_prefix = "route"
                          token_bucket = {
                            max_tokens      = 100
                            tokens_per_fill = 50
                            fill_interval   = "1s"
                          }
                          filter_enabled = {
                            default_value = {
                              numerator   = 100
                              denominator = "HUNDRED"
                            }
                          }
                          filter_enforced = {
                            default_value = {
                              numerator   = 100
                              denominator = "HUNDRED"
                            }
                          }
                        }
                      }
                    },
                  ]
                  typed_per_filter_config = {
                    "envoy.filters.http.cors" = {
                      "@type" = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy"
                      allow_origin_string_match = [{
                        exact = "https://app.example.com"
                      }]
                      allow_methods     = "GET,PUT"
                      allow_headers     = "authorization,content-type"
                      allow_credentials = false
                      max_age           = "600"
                    }
                  }
                }]
              }
            }
          }]
        }]
      }]
      clusters = [
        {
          name              = "keys"
          type              = "LOGICAL_DNS"
          dns_lookup_family = "V4_PREFERRED"
          connect_timeout   = "5s"
          load_assignment = {
            cluster_name = "keys"
            endpoints = [{
              lb_endpoints = [{
                endpoint = {
                  address = {
                    socket_address = {
                      address    = "login.example.com"
                      port_value = 443
                    }
                  }
                }
              }]
            }]
          }
          transport_socket = {
            name = "envoy.transport_sockets.tls"
            typed_config = {
              "@type" = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
              sni     = "login.example.com"
              common_tls_context = {
                validation_context = {
                  trusted_ca = {
                    filename = "/etc/ssl/certs/ca-certificates.crt"
                  }
                  match_typed_subject_alt_names = [{
                    san_type = "DNS"
                    matcher = {
                      exact = "login.example.com"
                    }
                  }]
                }
              }
            }
          }
        },
        {
          name                              = "means-api"
          type                              = "STATIC"
          connect_timeout                   = "5s"
          per_connection_buffer_limit_bytes = 32768
          load_assignment = {
            cluster_name = "means-api"
            endpoints = [{
              lb_endpoints = [
                {
                  endpoint = {
                    address = {
                      socket_address = {
                        address    = "199.36.153.8"
                        port_value = 443
                      }
                    }
                  }
                },
                {
                  endpoint = {
                    address = {
                      socket_address = {
                        address    = "199.36.153.9"
                        port_value = 443
                      }
                    }
                  }
                },
                {
                  endpoint = {
                    address = {
                      socket_address = {
                        address    = "199.36.153.10"
                        port_value = 443
                      }
                    }
                  }
                },
                {
                  endpoint = {
                    address = {
                      socket_address = {
                        address    = "199.36.153.11"
                        port_value = 443
                      }
                    }
                  }
                },
              ]
            }]
          }
          transport_socket = {
            name = "envoy.transport_sockets.tls"
            typed_config = {
              "@type" = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
              sni     = "mediaiot-dev-means-api-${data.google_project.this.number}.asia-northeast3.run.app"
              common_tls_context = {
                validation_context = {
                  trusted_ca = {
                    filename = "/etc/ssl/certs/ca-certificates.crt"
                  }
                  match_typed_subject_alt_names = [{
                    san_type = "DNS"
                    matcher = {
                      exact = "mediaiot-dev-means-api-${data.google_project.this.number}.asia-northeast3.run.app"
                    }
                  }]
                }
              }
            }
          }
          metadata = {
            typed_filter_metadata = {
              "envoy.filters.http.gcp_authn" = {
                "@type" = "type.googleapis.com/envoy.extensions.filters.http.gcp_authn.v3.Audience"
                url     = "https://mediaiot-dev-means-api-${data.google_project.this.number}.asia-northeast3.run.app"
              }
            }
          }
        },
        {
          name                              = "pictures-api"
          type                              = "STATIC"
          connect_timeout                   = "5s"
          per_connection_buffer_limit_bytes = 32768
          load_assignment = {
            cluster_name = "pictures-api"
            endpoints = [{
              lb_endpoints = [
                {
                  endpoint = {
                    address = {
                      socket_address = {
                        address    = "199.36.153.8"
                        port_value = 443
                      }
                    }
                  }
                },
                {
                  endpoint = {
                    address = {
                      socket_address = {
                        address    = "199.36.153.9"
                        port_value = 443
                      }
                    }
                  }
                },
                {
                  endpoint = {
                    address = {
                      socket_address = {
                        address    = "199.36.153.10"
                        port_value = 443
                      }
                    }
                  }
                },
                {
                  endpoint = {
                    address = {
                      socket_address = {
                        address    = "199.36.153.11"
                        port_value = 443
                      }
                    }
                  }
                },
              ]
            }]
          }
          transport_socket = {
            name = "envoy.transport_sockets.tls"
            typed_config = {
              "@type" = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
              sni     = "mediaiot-dev-pictures-api-${data.google_project.this.number}.asia-northeast3.run.app"
              common_tls_context = {
                validation_context = {
                  trusted_ca = {
                    filename = "/etc/ssl/certs/ca-certificates.crt"
                  }
                  match_typed_subject_alt_names = [{
                    san_type = "DNS"
                    matcher = {
                      exact = "mediaiot-dev-pictures-api-${data.google_project.this.number}.asia-northeast3.run.app"
                    }
                  }]
                }
              }
            }
          }
          metadata = {
            typed_filter_metadata = {
              "envoy.filters.http.gcp_authn" = {
                "@type" = "type.googleapis.com/envoy.extensions.filters.http.gcp_authn.v3.Audience"
                url     = "https://mediaiot-dev-pictures-api-${data.google_project.this.number}.asia-northeast3.run.app"
              }
            }
          }
        },
        {
          name            = "identity"
          type            = "STATIC"
          connect_timeout = "2s"
          load_assignment = {
            cluster_name = "identity"
            endpoints = [{
              lb_endpoints = [{
                endpoint = {
                  address = {
                    socket_address = {
                      address    = "169.254.169.254"
                      port_value = 80
                    }
                  }
                }
              }]
            }]
          }
        },
      ]
    }
    overload_manager = {
      refresh_interval = "0.25s"
      resource_monitors = [{
        name = "envoy.resource_monitors.fixed_heap"
        typed_config = {
          "@type"             = "type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig"
          max_heap_size_bytes = 4160749568
        }
      }]
      actions = [
        {
          name = "envoy.overload_actions.shrink_heap"
          triggers = [{
            name = "envoy.resource_monitors.fixed_heap"
            threshold = {
              value = 0.9
            }
          }]
        },
        {
          name = "envoy.overload_actions.stop_accepting_requests"
          triggers = [{
            name = "envoy.resource_monitors.fixed_heap"
            threshold = {
              value = 0.95
            }
          }]
        },
      ]
    }
  }
}

resource "google_cloud_run_v2_service" "api_public" {
  name     = "mediaiot-dev-api-public"
  location = "asia-northeast3"

  # Who may call is said by tokens, which Envoy checks.
  ingress              = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  default_uri_disabled = true
  invoker_iam_disabled = true

  # It holds nothing that would be lost with it.
  deletion_protection = false

  scaling {
    min_instance_count = 2
  }

  template {
    service_account       = google_service_account.api_public.email
    encryption_key        = google_kms_crypto_key.main.id
    execution_environment = "EXECUTION_ENVIRONMENT_GEN2"

    # So many bodies of the largest size fit into the memory.
    max_instance_request_concurrency = 358
    timeout                          = "60s"

    scaling {
      max_instance_count = 2
    }

    vpc_access {
      # Functions answer to who calls through the network.
      egress = "ALL_TRAFFIC"

      network_interfaces {
        subnetwork = google_compute_subnetwork.containers.id
        tags       = ["mediaiot-dev", "mediaiot-dev-api-public"]
      }
    }

    containers {
      image   = "asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/${google_artifact_registry_repository.images_docker_io.repository_id}/envoyproxy/envoy:v1.38.3"
      command = ["envoy"]
      args    = ["--config-yaml", jsonencode(local.public_envoy)]

      resources {
        limits = {
          cpu    = "2"
          memory = "4Gi"
        }

        # Processors are there between requests too: that is when keys of tokens are fetched.
        cpu_idle = false
      }

      ports {
        container_port = 8080
      }

      startup_probe {
        period_seconds    = 5
        failure_threshold = 12

        tcp_socket {
          port = 8080
        }
      }
    }
  }

  depends_on = [
    google_kms_crypto_key_iam_member.agents,
    google_artifact_registry_repository_iam_member.images_docker_io,
    google_cloud_run_v2_service_iam_member.means_api_called_by_api_public,
    google_cloud_run_v2_service_iam_member.pictures_api_called_by_api_public,
  ]
}

resource "google_compute_address" "api_public" {
  name         = "mediaiot-dev-api-public"
  region       = "asia-northeast3"
  address_type = "EXTERNAL"
  network_tier = "PREMIUM"
  depends_on   = [google_project_service.this]
}

resource "google_compute_region_network_endpoint_group" "api_public" {
  name                  = "mediaiot-dev-api-public"
  region                = "asia-northeast3"
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.api_public.name
  }
}

resource "google_compute_region_security_policy" "api_public" {
  name        = "mediaiot-dev-api-public"
  region      = "asia-northeast3"
  description = "Web application firewall of the API public"
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

resource "google_compute_region_backend_service" "api_public" {
  name                  = "mediaiot-dev-api-public"
  region                = "asia-northeast3"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = google_compute_region_security_policy.api_public.id

  backend {
    group           = google_compute_region_network_endpoint_group.api_public.id
    balancing_mode  = "UTILIZATION"
    capacity_scaler = 1
  }

  log_config {
    enable      = true
    sample_rate = 1
  }
}

resource "google_compute_region_url_map" "api_public" {
  name            = "mediaiot-dev-api-public"
  region          = "asia-northeast3"
  default_service = google_compute_region_backend_service.api_public.id
}

resource "google_compute_region_ssl_policy" "api_public" {
  name            = "mediaiot-dev-api-public"
  region          = "asia-northeast3"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [google_project_service.this]
}

resource "google_compute_region_target_https_proxy" "api_public" {
  name                             = "mediaiot-dev-api-public"
  region                           = "asia-northeast3"
  url_map                          = google_compute_region_url_map.api_public.id
  certificate_manager_certificates = ["projects/mediaiot/locations/asia-northeast3/certificates/api"]
  ssl_policy                       = google_compute_region_ssl_policy.api_public.id
}

resource "google_compute_forwarding_rule" "api_public" {
  name                  = "mediaiot-dev-api-public"
  region                = "asia-northeast3"
  network               = google_compute_network.main.id
  load_balancing_scheme = "EXTERNAL_MANAGED"
  network_tier          = google_compute_address.api_public.network_tier
  ip_address            = google_compute_address.api_public.id
  ip_protocol           = "TCP"
  port_range            = "443"
  target                = google_compute_region_target_https_proxy.api_public.id
  depends_on            = [google_compute_subnetwork.balancer]
}

resource "google_dns_record_set" "api_public" {
  managed_zone = "example-com"
  name         = "api.example.com."
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_address.api_public.address]
}
