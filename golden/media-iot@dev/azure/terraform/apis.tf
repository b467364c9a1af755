resource "azurerm_api_management" "public" {
  name                = "mediaiot-dev-public-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  sku_name            = "StandardV2_1"
  publisher_name      = "mediaiot"
  publisher_email     = "platform@example.com"

  # Out of the network only: callers come to its public address.
  virtual_network_type = "External"
  tags                 = local.tags

  virtual_network_configuration {
    subnet_id = azurerm_subnet.api_public.id
  }

  identity {
    type = "SystemAssigned"
  }

  depends_on = [azurerm_subnet_network_security_group_association.api_public]
}

resource "azurerm_api_management_api" "public" {
  name                = "public"
  resource_group_name = azurerm_resource_group.main.name
  api_management_name = azurerm_api_management.public.name
  display_name        = "public"
  revision            = "1"
  path                = ""
  protocols           = ["https"]

  # Callers bring tokens, not keys of a subscription.
  subscription_required = false
}

locals {
  public_operations = {
    "GET /means/{device}/{minute}" = {
      id         = "get-means-_device-_minute"
      method     = "GET"
      path       = "/means/{device}/{minute}"
      parameters = ["device", "minute"]
      route      = "GET /means/{device}/{minute}"
    }
    "GET /pictures/{owner}/{key}" = {
      id         = "get-pictures-_owner-_key"
      method     = "GET"
      path       = "/pictures/{owner}/{key}"
      parameters = ["owner", "key"]
      route      = "GET /pictures/{owner}/{key}"
    }
    "PUT /pictures/{owner}/{key}" = {
      id         = "put-pictures-_owner-_key"
      method     = "PUT"
      path       = "/pictures/{owner}/{key}"
      parameters = ["owner", "key"]
      route      = "PUT /pictures/{owner}/{key}"
    }
  }
}

resource "azurerm_api_management_api_operation" "public" {
  for_each            = local.public_operations
  operation_id        = each.value.id
  api_name            = azurerm_api_management_api.public.name
  api_management_name = azurerm_api_management_api.public.api_management_name
  resource_group_name = azurerm_api_management_api.public.resource_group_name
  display_name        = each.key
  method              = each.value.method
  url_template        = each.value.path

  dynamic "template_parameter" {
    for_each = each.value.parameters
    iterator = parameter

    content {
      name     = parameter.value
      required = true
      type     = "string"
    }
  }
}

resource "azurerm_api_management_api_policy" "public" {
  api_name            = azurerm_api_management_api.public.name
  api_management_name = azurerm_api_management.public.name
  resource_group_name = azurerm_api_management_api.public.resource_group_name

  xml_content = <<-EOT
    <policies>
      <inbound>
        <cors allow-credentials="false" terminate-unmatched-request="false">
          <allowed-origins>
            <origin>https://app.example.com</origin>
          </allowed-origins>
          <allowed-methods preflight-result-max-age="600">
            <method>GET</method>
            <method>PUT</method>
          </allowed-methods>
          <allowed-headers>
            <header>authorization</header>
            <header>content-type</header>
          </allowed-headers>
        </cors>
        <base />
        <!-- The gateway looks at no body: whoever sends one says how long it is. -->
        <choose>
          <when condition="@(context.Request.Body != null && !context.Request.Headers.ContainsKey("Content-Length"))">
            <return-response>
              <set-status code="411" reason="Length Required" />
            </return-response>
          </when>
          <when condition="@(long.Parse(context.Request.Headers.GetValueOrDefault("Content-Length", "0")) > 10485760)">
            <return-response>
              <set-status code="413" reason="Content Too Large" />
            </return-response>
          </when>
        </choose>
      </inbound>
      <backend>
        <forward-request timeout="30" />
      </backend>
      <outbound>
        <base />
      </outbound>
      <on-error>
        <base />
      </on-error>
    </policies>
  EOT
}

locals {
  public_policies = {
    "GET /means/{device}/{minute}" = <<-EOT
      <policies>
        <inbound>
          <base />
          <validate-jwt header-name="Authorization" require-scheme="Bearer">
            <openid-config url="https://login.example.com/.well-known/openid-configuration" />
            <audiences>
              <audience>mediaiot</audience>
            </audiences>
            <issuers>
              <issuer>https://login.example.com/</issuer>
            </issuers>
          </validate-jwt>
          <rate-limit-by-key calls="200" renewal-period="2" counter-key="get-means-_device-_minute" />
          <set-backend-service base-url="https://mediaiot-dev-means-api-${random_id.suffix.hex}.azurewebsites.net" />
        </inbound>
        <backend>
          <base />
        </backend>
        <outbound>
          <base />
        </outbound>
        <on-error>
          <base />
        </on-error>
      </policies>
    EOT
    "GET /pictures/{owner}/{key}"  = <<-EOT
      <policies>
        <inbound>
          <base />
          <validate-jwt header-name="Authorization" require-scheme="Bearer">
            <openid-config url="https://login.example.com/.well-known/openid-configuration" />
            <audiences>
              <audience>mediaiot</audience>
            </audiences>
            <issuers>
              <issuer>https://login.example.com/</issuer>
            </issuers>
          </validate-jwt>
          <rate-limit-by-key calls="200" renewal-period="2" counter-key="get-pictures-_owner-_key" />
          <set-backend-service base-url="https://mediaiot-dev-pictures-api-${random_id.suffix.hex}.azurewebsites.net" />
        </inbound>
        <backend>
          <base />
        </backend>
        <outbound>
          <base />
        </outbound>
        <on-error>
          <base />
        </on-error>
      </policies>
    EOT
    "PUT /pictures/{owner}/{key}"  = <<-EOT
      <policies>
        <inbound>
          <base />
          <validate-jwt header-name="Authorization" require-scheme="Bearer">
            <openid-config url="https://login.example.com/.well-known/openid-configuration" />
            <audiences>
              <audience>mediaiot</audience>
            </audiences>
            <issuers>
              <issuer>https://login.example.com/</issuer>
            </issuers>
          </validate-jwt>
          <rate-limit-by-key calls="200" renewal-period="2" counter-key="put-pictures-_owner-_key" />
          <set-backend-service base-url="https://mediaiot-dev-pictures-api-${random_id.suffix.hex}.azurewebsites.net" />
        </inbound>
        <backend>
          <base />
        </backend>
        <outbound>
          <base />
        </outbound>
        <on-error>
          <base />
        </on-error>
      </policies>
    EOT
  }
}

resource "azurerm_api_management_api_operation_policy" "public" {
  for_each            = local.public_operations
  operation_id        = azurerm_api_management_api_operation.public[each.key].operation_id
  api_name            = azurerm_api_management_api_operation.public[each.key].api_name
  api_management_name = azurerm_api_management_api_operation.public[each.key].api_management_name
  resource_group_name = azurerm_api_management_api_operation.public[each.key].resource_group_name
  xml_content         = local.public_policies[each.value.route]
}

resource "azurerm_api_management_custom_domain" "public" {
  api_management_id = azurerm_api_management.public.id

  gateway {
    host_name = "api.example.com"

    # Named without a version, a renewed certificate is taken by itself.
    key_vault_certificate_id = "https://mediaiot-certs.vault.azure.net/secrets/api"
  }

  depends_on = [azurerm_dns_cname_record.public]
}
