resource "azurerm_public_ip" "public" {
  name                = "bumall-dev-public"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  zones               = ["1", "2", "3"]
  tags                = local.tags
}

resource "azurerm_web_application_firewall_policy" "public" {
  name                = "bumall-dev-public"
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
  name                = "bumall-dev-public"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  firewall_policy_id  = azurerm_web_application_firewall_policy.public.id
  http2_enabled       = true
  zones               = ["1", "2"]
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
    key_vault_secret_id = "https://bumall-certs.vault.azure.net/secrets/mall-dev"
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
    backend_address_pool_name  = "market-web"
    backend_http_settings_name = "market-web"
  }

  request_routing_rule {
    name                        = "redirect"
    priority                    = 20000
    rule_type                   = "Basic"
    http_listener_name          = "redirect"
    redirect_configuration_name = "redirect"
  }

  backend_address_pool {
    name = "market-web"
  }

  backend_http_settings {
    name                                 = "market-web"
    port                                 = 8080
    protocol                             = "Http"
    probe_name                           = "market-web"
    request_timeout                      = 30
    cookie_based_affinity                = "Disabled"
    pick_host_name_from_backend_address  = false
    dedicated_backend_connection_enabled = false
    certificate_chain_validation_enabled = true
    sni_validation_enabled               = true

    connection_draining {
      enabled           = true
      drain_timeout_sec = 60
    }
  }

  probe {
    name                                      = "market-web"
    protocol                                  = "Http"
    host                                      = "127.0.0.1"
    port                                      = 8080
    path                                      = "/healthz"
    interval                                  = 10
    timeout                                   = 5
    unhealthy_threshold                       = 3
    minimum_servers                           = 0
    pick_host_name_from_backend_http_settings = false
    proxy_protocol_header_enabled             = false
  }

  depends_on = [azurerm_subnet_network_security_group_association.public]
}

output "public_address" {
  description = "Address of the public entry point: point the domain's A record here."
  value       = azurerm_public_ip.public.ip_address
}

# Azure wants one, unless the subscription is registered for isolated gateways. Nothing listens on it, and the firewall lets in
# Azure's own management only.
resource "azurerm_public_ip" "internal" {
  name                = "bumall-dev-internal"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  zones               = ["1", "2", "3"]
  tags                = local.tags
}

resource "azurerm_application_gateway" "internal" {
  name                = "bumall-dev-internal"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  http2_enabled       = true
  zones               = ["1", "2"]
  tags                = local.tags

  sku {
    name = "Standard_v2"
    tier = "Standard_v2"
  }

  autoscale_configuration {
    min_capacity = 2
    max_capacity = 10
  }

  gateway_ip_configuration {
    name      = "internal"
    subnet_id = azurerm_subnet.balancer.id
  }

  # TLS 1.2 and newer.
  ssl_policy {
    policy_type = "Predefined"
    policy_name = "AppGwSslPolicy20220101S"
  }

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.internal.id
  }

  frontend_ip_configuration {
    name                          = "internal"
    subnet_id                     = azurerm_subnet.balancer.id
    private_ip_address            = "10.60.159.254"
    private_ip_address_allocation = "Static"
  }

  frontend_port {
    name = "port-8081"
    port = 8081
  }

  frontend_port {
    name = "port-8082"
    port = 8082
  }

  http_listener {
    name                           = "port-8081"
    frontend_ip_configuration_name = "internal"
    frontend_port_name             = "port-8081"
    protocol                       = "Http"
  }

  http_listener {
    name                           = "port-8082-ship-api.bumall.internal"
    frontend_ip_configuration_name = "internal"
    frontend_port_name             = "port-8082"
    host_name                      = "ship-api.bumall.internal"
    protocol                       = "Http"
  }

  request_routing_rule {
    name                       = "port-8081"
    priority                   = 18081
    rule_type                  = "Basic"
    http_listener_name         = "port-8081"
    backend_address_pool_name  = "pay-api"
    backend_http_settings_name = "pay-api"
    rewrite_rule_set_name      = "forwarded-host"
  }

  request_routing_rule {
    name                       = "port-8082-ship-api.bumall.internal"
    priority                   = 2112
    rule_type                  = "Basic"
    http_listener_name         = "port-8082-ship-api.bumall.internal"
    backend_address_pool_name  = "cluster"
    backend_http_settings_name = "cluster"
    rewrite_rule_set_name      = "forwarded-for"
  }

  rewrite_rule_set {
    name = "forwarded-for"

    rewrite_rule {
      name          = "forwarded-for"
      rule_sequence = 100

      request_header_configuration {
        header_name  = "X-Forwarded-For"
        header_value = "{var_add_x_forwarded_for_proxy}"
      }
    }
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
    name  = "pay-api"
    fqdns = ["bumall-dev-pay-api.${azurerm_container_app_environment.pay_containers.default_domain}"]
  }

  backend_http_settings {
    name                                 = "pay-api"
    port                                 = 443
    protocol                             = "Https"
    probe_name                           = "pay-api"
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
    name                                      = "pay-api"
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

  # The cluster's gateway, at the address of its own load balancer.
  backend_address_pool {
    name         = "cluster"
    ip_addresses = ["10.60.199.254"]
  }

  backend_http_settings {
    name                                 = "cluster"
    port                                 = 8081
    protocol                             = "Http"
    probe_name                           = "cluster"
    request_timeout                      = 30
    cookie_based_affinity                = "Disabled"
    pick_host_name_from_backend_address  = false
    dedicated_backend_connection_enabled = false
    certificate_chain_validation_enabled = true
    sni_validation_enabled               = true

    connection_draining {
      enabled           = true
      drain_timeout_sec = 60
    }
  }

  probe {
    name                                      = "cluster"
    protocol                                  = "Http"
    host                                      = "127.0.0.1"
    port                                      = 15021
    path                                      = "/healthz/ready"
    interval                                  = 10
    timeout                                   = 5
    unhealthy_threshold                       = 3
    minimum_servers                           = 0
    pick_host_name_from_backend_http_settings = false
    proxy_protocol_header_enabled             = false
  }

  depends_on = [
    azurerm_private_dns_a_record.pay_containers,
    azurerm_subnet_network_security_group_association.balancer,
  ]
}
