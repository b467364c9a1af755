# Storage accounts take no ranges of one or two addresses: those are named one by one.
locals {
  admin_addresses = flatten([for range in var.admin_cidrs : endswith(range, "/32") ? [cidrhost(range, 0)] : endswith(range, "/31") ? [cidrhost(range, 0), cidrhost(range, 1)] : [range]])
}

# The code of functions, the events of buckets on their way to them, and dead letters. Its public address answers admin_cidrs, from
# where Terraform brings the code, and Azure's own services, which bring the events; functions use the private endpoint.
resource "azurerm_storage_account" "functions_code" {
  name                            = "catalogfunct6fabe2${random_id.suffix.hex}"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  min_tls_version                 = "TLS1_2"
  default_to_oauth_authentication = true
  local_user_enabled              = false
  allow_nested_items_to_be_public = false
  public_network_access_enabled   = true
  shared_access_key_enabled       = false
  tags                            = local.tags

  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
    ip_rules       = local.admin_addresses
  }

  customer_managed_key {
    key_vault_key_id          = azurerm_key_vault_key.data.versionless_id
    user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  # Without these, queues and tables have keys of Microsoft's, whatever the account has.
  queue_encryption_key_type = "Account"
  table_encryption_key_type = "Account"

  blob_properties {
    delete_retention_policy {
      days = 7
    }

    container_delete_retention_policy {
      days = 7
    }
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_private_endpoint" "functions_code" {
  name                = "catalog-functions-code"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "functions-code"
    private_connection_resource_id = azurerm_storage_account.functions_code.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "functions-code"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "functions_code" {
  private_endpoint_id           = azurerm_private_endpoint.functions_code.id
  application_security_group_id = azurerm_application_security_group.functions_code.id
}

# Whoever runs Terraform brings the code.
resource "azurerm_role_assignment" "operator_functions" {
  for_each             = local.operators
  scope                = azurerm_storage_account.functions_code.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = each.key == "caller" ? data.azurerm_client_config.current.object_id : each.key
}

# Until the grants have reached the account.
resource "time_sleep" "operator_functions" {
  create_duration = "90s"

  triggers = {
    grant = join(",", values(azurerm_role_assignment.operator_functions)[*].id)
  }
}

resource "azurerm_application_insights" "functions" {
  name                = "catalog-functions"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  workspace_id        = azurerm_log_analytics_workspace.main.id
  application_type    = "web"

  # Apps sign in with their identities: the connection string opens nothing.
  local_authentication_enabled = false
  tags                         = local.tags
}

resource "azurerm_service_plan" "functions" {
  name                = "catalog-functions"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  os_type             = "Linux"

  # One instance runs always; more come and go with what there is to do.
  sku_name                     = "EP1"
  worker_count                 = 1
  maximum_elastic_worker_count = 20
  tags                         = local.tags
}

data "archive_file" "items" {
  type             = "zip"
  source_dir       = "${path.module}/functions/items"
  output_path      = "${path.module}/.terraform/archives/items.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "items_code" {
  name               = "items-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "items" {
  name                 = "${data.archive_file.items.output_md5}.zip"
  storage_container_id = azurerm_storage_container.items_code.id
  type                 = "Block"
  source               = data.archive_file.items.output_path
  content_md5          = data.archive_file.items.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "items_host" {
  name                            = "catalogitemshost${random_id.suffix.hex}"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  min_tls_version                 = "TLS1_2"
  default_to_oauth_authentication = true
  local_user_enabled              = false
  allow_nested_items_to_be_public = false
  public_network_access_enabled   = false
  shared_access_key_enabled       = false
  tags                            = local.tags

  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }

  customer_managed_key {
    key_vault_key_id          = azurerm_key_vault_key.data.versionless_id
    user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  # Without these, queues and tables have keys of Microsoft's, whatever the account has.
  queue_encryption_key_type = "Account"
  table_encryption_key_type = "Account"
  depends_on                = [time_sleep.encryption]
}

resource "azurerm_private_endpoint" "items_host" {
  name                = "catalog-items-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "items-host"
    private_connection_resource_id = azurerm_storage_account.items_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "items-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "items_host" {
  private_endpoint_id           = azurerm_private_endpoint.items_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "items_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.items_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.items_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.items.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "items" {
  create_duration = "90s"

  triggers = {
    items_host     = join(",", values(azurerm_role_assignment.items_host)[*].id)
    products_table = join(",", values(azurerm_cosmosdb_sql_role_assignment.products)[*].id)
  }
}

resource "azurerm_linux_function_app" "items" {
  name                          = "catalog-items-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.items_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.items.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                       = "ClientId=${azurerm_user_assigned_identity.items.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                 = azurerm_user_assigned_identity.items.client_id
    AzureFunctionsJobHost__extensions__http__maxConcurrentRequests  = "10"
    AzureFunctionsJobHost__extensions__http__maxOutstandingRequests = "100"
    AzureFunctionsJobHost__functionTimeout                          = "00:01:30"
    AzureFunctionsWebHost__hostid                                   = "catalog-items"
    AzureWebJobsStorage__clientId                                   = azurerm_user_assigned_identity.items.client_id
    AzureWebJobsStorage__credential                                 = "managedidentity"
    CLOUDGEN_ROLLOUT                                                = "rollout ${var.rollout}"
    KEY                                                             = "id"
    PRODUCTS_ENDPOINT                                               = trimsuffix(azurerm_cosmosdb_account.products.endpoint, "/")
    PRODUCTS_PROTOCOL                                               = "cosmos"
    PRODUCTS_TABLE                                                  = "products"
    WEBSITE_CONTENTOVERVNET                                         = "1"
    WEBSITE_RUN_FROM_PACKAGE                                        = azurerm_storage_blob.items.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                    = azurerm_user_assigned_identity.items.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.items.id]
  }

  site_config {
    app_scale_limit          = 2
    elastic_instance_minimum = 1

    # Events behind private endpoints start instances too.
    runtime_scale_monitoring_enabled       = true
    vnet_route_all_enabled                 = true
    minimum_tls_version                    = "1.2"
    http2_enabled                          = true
    application_insights_connection_string = azurerm_application_insights.functions.connection_string

    application_stack {
      node_version = "24"
    }
  }

  # What the first start needs: its code, whatever it reads, and the right to read it.
  depends_on = [
    azurerm_cosmosdb_sql_role_assignment.products,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.items_host,
    azurerm_private_endpoint.products,
    azurerm_private_endpoint.vault,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.items,
  ]
}

resource "azurerm_private_endpoint" "items" {
  name                = "catalog-items"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "items"
    private_connection_resource_id = azurerm_linux_function_app.items.id
    subresource_names              = ["sites"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "items"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.azurewebsites.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "items" {
  private_endpoint_id           = azurerm_private_endpoint.items.id
  application_security_group_id = azurerm_application_security_group.items.id
}

data "archive_file" "reviews" {
  type             = "zip"
  source_dir       = "${path.module}/functions/reviews"
  output_path      = "${path.module}/.terraform/archives/reviews.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "reviews_code" {
  name               = "reviews-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "reviews" {
  name                 = "${data.archive_file.reviews.output_md5}.zip"
  storage_container_id = azurerm_storage_container.reviews_code.id
  type                 = "Block"
  source               = data.archive_file.reviews.output_path
  content_md5          = data.archive_file.reviews.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "reviews_host" {
  name                            = "catalogreviewshost${random_id.suffix.hex}"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  min_tls_version                 = "TLS1_2"
  default_to_oauth_authentication = true
  local_user_enabled              = false
  allow_nested_items_to_be_public = false
  public_network_access_enabled   = false
  shared_access_key_enabled       = false
  tags                            = local.tags

  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }

  customer_managed_key {
    key_vault_key_id          = azurerm_key_vault_key.data.versionless_id
    user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  # Without these, queues and tables have keys of Microsoft's, whatever the account has.
  queue_encryption_key_type = "Account"
  table_encryption_key_type = "Account"
  depends_on                = [time_sleep.encryption]
}

resource "azurerm_private_endpoint" "reviews_host" {
  name                = "catalog-reviews-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "reviews-host"
    private_connection_resource_id = azurerm_storage_account.reviews_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "reviews-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "reviews_host" {
  private_endpoint_id           = azurerm_private_endpoint.reviews_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "reviews_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.reviews_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.reviews_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.reviews.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "reviews" {
  create_duration = "90s"

  triggers = {
    opinions_table = join(",", values(azurerm_cosmosdb_sql_role_assignment.opinions)[*].id)
    reviews_host   = join(",", values(azurerm_role_assignment.reviews_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "reviews" {
  name                          = "catalog-reviews-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.reviews_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.reviews.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                       = "ClientId=${azurerm_user_assigned_identity.reviews.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                 = azurerm_user_assigned_identity.reviews.client_id
    AzureFunctionsJobHost__extensions__http__maxConcurrentRequests  = "10"
    AzureFunctionsJobHost__extensions__http__maxOutstandingRequests = "100"
    AzureFunctionsJobHost__functionTimeout                          = "00:01:30"
    AzureFunctionsWebHost__hostid                                   = "catalog-reviews"
    AzureWebJobsStorage__clientId                                   = azurerm_user_assigned_identity.reviews.client_id
    AzureWebJobsStorage__credential                                 = "managedidentity"
    CLOUDGEN_ROLLOUT                                                = "rollout ${var.rollout}"
    KEY                                                             = "product written:number"
    OPINIONS_ENDPOINT                                               = trimsuffix(azurerm_cosmosdb_account.opinions.endpoint, "/")
    OPINIONS_PROTOCOL                                               = "cosmos"
    OPINIONS_TABLE                                                  = "opinions"
    WEBSITE_CONTENTOVERVNET                                         = "1"
    WEBSITE_RUN_FROM_PACKAGE                                        = azurerm_storage_blob.reviews.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                    = azurerm_user_assigned_identity.reviews.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.reviews.id]
  }

  site_config {
    app_scale_limit          = 2
    elastic_instance_minimum = 1

    # Events behind private endpoints start instances too.
    runtime_scale_monitoring_enabled       = true
    vnet_route_all_enabled                 = true
    minimum_tls_version                    = "1.2"
    http2_enabled                          = true
    application_insights_connection_string = azurerm_application_insights.functions.connection_string

    application_stack {
      node_version = "24"
    }
  }

  # What the first start needs: its code, whatever it reads, and the right to read it.
  depends_on = [
    azurerm_cosmosdb_sql_role_assignment.opinions,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.opinions,
    azurerm_private_endpoint.reviews_host,
    azurerm_private_endpoint.vault,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.reviews,
  ]
}

resource "azurerm_private_endpoint" "reviews" {
  name                = "catalog-reviews"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "reviews"
    private_connection_resource_id = azurerm_linux_function_app.reviews.id
    subresource_names              = ["sites"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "reviews"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.azurewebsites.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "reviews" {
  private_endpoint_id           = azurerm_private_endpoint.reviews.id
  application_security_group_id = azurerm_application_security_group.reviews.id
}
