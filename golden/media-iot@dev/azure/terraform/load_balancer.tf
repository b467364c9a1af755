resource "azurerm_public_ip" "public" {
  name                = "mediaiot-dev-public"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  zones               = ["1", "2", "3"]
  tags                = local.tags
}

resource "azurerm_web_application_firewall_policy" "public" {
  name                = "mediaiot-dev-public"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  policy_settings {
    enabled = true
    mode    = "Prevention"
  }

  managed_rules {
    managed_rule_set {
      type    = "Microsoft_DefaultRuleSet"
      version = "2.1"
    }

    managed_rule_set {
      type    = "Microsoft_BotManagerRuleSet"
      version = "1.1"
    }
  }
}

resource "azurerm_application_gateway" "public" {
  name                = "mediaiot-dev-public"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  firewall_policy_id  = azurerm_web_application_firewall_policy.public.id
  http2_enabled       = true
  zones               = ["1", "2", "3"]
  tags                = local.tags

  sku {
    name = "WAF_v2"
    tier = "WAF_v2"
  }

  autoscale_configuration {
    min_capacity = 2
    max_capacity = 10
  }

  gateway_ip_configuration {
    name      = "public"
    subnet_id = azurerm_subnet.public.id
  }

  # TLS 1.2 and newer.
  ssl_policy {
    policy_type = "Predefined"
    policy_name = "AppGwSslPolicy20220101S"
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.gateway.id]
  }

  # Named without a version, a renewed certificate is taken by itself.
  ssl_certificate {
    name                = "edge"
    key_vault_secret_id = "https://mediaiot-certs.vault.azure.net/secrets/devices"
  }

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.public.id
  }

  frontend_port {
    name = "http"
    port = 80
  }

  frontend_port {
    name = "https"
    port = 443
  }

  http_listener {
    name                           = "https"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "https"
    protocol                       = "Https"
    ssl_certificate_name           = "edge"
  }

  http_listener {
    name                           = "redirect"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "http"
    protocol                       = "Http"
  }

  redirect_configuration {
    name                 = "redirect"
    redirect_type        = "Permanent"
    target_listener_name = "https"
    include_path         = true
    include_query_string = true
  }

  request_routing_rule {
    name                       = "https"
    priority                   = 10443
    rule_type                  = "Basic"
    http_listener_name         = "https"
    backend_address_pool_name  = "intake"
    backend_http_settings_name = "intake"
    rewrite_rule_set_name      = "forwarded-host"
  }

  request_routing_rule {
    name                        = "redirect"
    priority                    = 20000
    rule_type                   = "Basic"
    http_listener_name          = "redirect"
    redirect_configuration_name = "redirect"
  }

  rewrite_rule_set {
    name = "forwarded-host"

    rewrite_rule {
      name          = "forwarded-host"
      rule_sequence = 100

      request_header_configuration {
        header_name  = "X-Forwarded-Host"
        header_value = "{http_req_host}"
      }
    }
  }

  backend_address_pool {
    name  = "intake"
    fqdns = ["mediaiot-dev-intake.${azurerm_container_app_environment.containers.default_domain}"]
  }

  backend_http_settings {
    name                                 = "intake"
    port                                 = 443
    protocol                             = "Https"
    probe_name                           = "intake"
    request_timeout                      = 30
    cookie_based_affinity                = "Disabled"
    pick_host_name_from_backend_address  = true
    dedicated_backend_connection_enabled = false
    certificate_chain_validation_enabled = true
    sni_validation_enabled               = true

    connection_draining {
      enabled           = true
      drain_timeout_sec = 60
    }
  }

  probe {
    name                                      = "intake"
    protocol                                  = "Https"
    port                                      = 443
    path                                      = "/healthz"
    interval                                  = 10
    timeout                                   = 5
    unhealthy_threshold                       = 3
    minimum_servers                           = 0
    pick_host_name_from_backend_http_settings = true
    proxy_protocol_header_enabled             = false
  }

  depends_on = [azurerm_private_dns_a_record.containers, azurerm_subnet_network_security_group_association.public]
}

output "public_address" {
  description = "Address of the public entry point: point the domain's A record here."
  value       = azurerm_public_ip.public.ip_address
}
