# Storage accounts take no ranges of one or two addresses: those are named one by one.
locals {
  admin_addresses = flatten([for range in var.admin_cidrs : endswith(range, "/32") ? [cidrhost(range, 0)] : endswith(range, "/31") ? [cidrhost(range, 0), cidrhost(range, 1)] : [range]])
}

# The code of functions, the events of buckets on their way to them, and dead letters. Its public address answers admin_cidrs, from
# where Terraform brings the code, and Azure's own services, which bring the events; functions use the private endpoint.
resource "azurerm_storage_account" "functions_code" {
  name                            = "sensorsdevfucc5cf3${random_id.suffix.hex}"
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
  name                = "sensors-dev-functions-code"
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
  name                = "sensors-dev-functions"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  workspace_id        = azurerm_log_analytics_workspace.main.id
  application_type    = "web"

  # Apps sign in with their identities: the connection string opens nothing.
  local_authentication_enabled = false
  tags                         = local.tags
}

resource "azurerm_service_plan" "functions" {
  name                = "sensors-dev-functions"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  os_type             = "Linux"

  # One instance runs always; more come and go with what there is to do.
  sku_name                     = "EP1"
  worker_count                 = 1
  maximum_elastic_worker_count = 20
  tags                         = local.tags
}

data "archive_file" "hot" {
  type             = "zip"
  source_dir       = "${path.module}/functions/hot"
  output_path      = "${path.module}/.terraform/archives/hot.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "hot_code" {
  name               = "hot-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "hot" {
  name                 = "${data.archive_file.hot.output_md5}.zip"
  storage_container_id = azurerm_storage_container.hot_code.id
  type                 = "Block"
  source               = data.archive_file.hot.output_path
  content_md5          = data.archive_file.hot.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "hot_host" {
  name                            = "sensorsdevhothost${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "hot_host" {
  name                = "sensors-dev-hot-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "hot-host"
    private_connection_resource_id = azurerm_storage_account.hot_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "hot-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "hot_host" {
  private_endpoint_id           = azurerm_private_endpoint.hot_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What the function failed on for the last time, and what never reached it.
resource "azurerm_storage_container" "hot_dead" {
  name               = "hot-dead"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "hot_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.hot_code.id
    }
    dead-letters = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.hot_dead.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.hot_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.hot.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "hot" {
  create_duration = "90s"

  triggers = {
    hot      = join(",", values(azurerm_role_assignment.hot)[*].id)
    hot_host = join(",", values(azurerm_role_assignment.hot_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "hot" {
  name                          = "sensors-dev-hot-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.hot_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.hot.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                                = "ClientId=${azurerm_user_assigned_identity.hot.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                          = azurerm_user_assigned_identity.hot.client_id
    AzureDead__blobServiceUri                                                = azurerm_storage_account.functions_code.primary_blob_endpoint
    AzureDead__clientId                                                      = azurerm_user_assigned_identity.hot.client_id
    AzureDead__credential                                                    = "managedidentity"
    AzureFunctionsJobHost__extensions__eventHubs__initialOffsetOptions__type = "fromEnd"
    AzureFunctionsJobHost__extensions__eventHubs__maxEventBatchSize          = "100"
    AzureFunctionsJobHost__functionTimeout                                   = "00:02:30"
    AzureFunctionsWebHost__hostid                                            = "sensors-dev-hot"
    AzureTrigger__clientId                                                   = azurerm_user_assigned_identity.hot.client_id
    AzureTrigger__credential                                                 = "managedidentity"
    AzureTrigger__fullyQualifiedNamespace                                    = local.event_hubs
    AzureWebJobsStorage__clientId                                            = azurerm_user_assigned_identity.hot.client_id
    AzureWebJobsStorage__credential                                          = "managedidentity"
    CLOUDGEN_ROLLOUT                                                         = "rollout ${var.rollout}"
    LIMIT                                                                    = "80"
    READINGS_ENDPOINT                                                        = local.event_hubs
    READINGS_GROUP                                                           = "hot"
    READINGS_PROTOCOL                                                        = "eventhubs"
    READINGS_STREAM                                                          = "readings"
    WEBSITE_CONTENTOVERVNET                                                  = "1"
    WEBSITE_RUN_FROM_PACKAGE                                                 = azurerm_storage_blob.hot.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                             = azurerm_user_assigned_identity.hot.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.hot.id]
  }

  site_config {
    app_scale_limit          = 5
    elastic_instance_minimum = 1

    # Events behind private endpoints start instances too.
    runtime_scale_monitoring_enabled       = true
    vnet_route_all_enabled                 = true
    minimum_tls_version                    = "1.2"
    http2_enabled                          = true
    application_insights_connection_string = azurerm_application_insights.functions.connection_string

    application_stack {
      python_version = "3.13"
    }
  }

  # What the first start needs: its code, whatever it reads, and the right to read it.
  depends_on = [
    azurerm_eventhub_consumer_group.hot_from_readings,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.event_hubs,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.hot_host,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.hot,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.hot,
  ]
}

data "archive_file" "mean" {
  type             = "zip"
  source_dir       = "${path.module}/functions/mean"
  output_path      = "${path.module}/.terraform/archives/mean.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "mean_code" {
  name               = "mean-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "mean" {
  name                 = "${data.archive_file.mean.output_md5}.zip"
  storage_container_id = azurerm_storage_container.mean_code.id
  type                 = "Block"
  source               = data.archive_file.mean.output_path
  content_md5          = data.archive_file.mean.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "mean_host" {
  name                            = "sensorsdevmeanhost${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "mean_host" {
  name                = "sensors-dev-mean-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "mean-host"
    private_connection_resource_id = azurerm_storage_account.mean_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "mean-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "mean_host" {
  private_endpoint_id           = azurerm_private_endpoint.mean_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What the function failed on for the last time, and what never reached it.
resource "azurerm_storage_container" "mean_dead" {
  name               = "mean-dead"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "mean_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.mean_code.id
    }
    dead-letters = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.mean_dead.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.mean_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.mean.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "mean" {
  create_duration = "90s"

  triggers = {
    mean          = join(",", values(azurerm_role_assignment.mean)[*].id)
    mean_host     = join(",", values(azurerm_role_assignment.mean_host)[*].id)
    means_table   = join(",", values(azurerm_cosmosdb_sql_role_assignment.means)[*].id)
    object_writer = join(",", values(azurerm_role_assignment.object_writer)[*].id)
  }
}

resource "azurerm_linux_function_app" "mean" {
  name                          = "sensors-dev-mean-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.mean_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.mean.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                                = "ClientId=${azurerm_user_assigned_identity.mean.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                          = azurerm_user_assigned_identity.mean.client_id
    AzureDead__blobServiceUri                                                = azurerm_storage_account.functions_code.primary_blob_endpoint
    AzureDead__clientId                                                      = azurerm_user_assigned_identity.mean.client_id
    AzureDead__credential                                                    = "managedidentity"
    AzureFunctionsJobHost__extensions__eventHubs__initialOffsetOptions__type = "fromStart"
    AzureFunctionsJobHost__extensions__eventHubs__maxEventBatchSize          = "200"
    AzureFunctionsJobHost__functionTimeout                                   = "00:02:30"
    AzureFunctionsWebHost__hostid                                            = "sensors-dev-mean"
    AzureTrigger__clientId                                                   = azurerm_user_assigned_identity.mean.client_id
    AzureTrigger__credential                                                 = "managedidentity"
    AzureTrigger__fullyQualifiedNamespace                                    = local.event_hubs
    AzureWebJobsStorage__clientId                                            = azurerm_user_assigned_identity.mean.client_id
    AzureWebJobsStorage__credential                                          = "managedidentity"
    CLOUDGEN_ROLLOUT                                                         = "rollout ${var.rollout}"
    MEANS_ENDPOINT                                                           = trimsuffix(azurerm_cosmosdb_account.means.endpoint, "/")
    MEANS_PROTOCOL                                                           = "cosmos"
    MEANS_TABLE                                                              = "means"
    RAW_BUCKET                                                               = azurerm_storage_container.raw.name
    RAW_ENDPOINT                                                             = trimsuffix(azurerm_storage_account.raw.primary_blob_endpoint, "/")
    RAW_REGION                                                               = "koreacentral"
    READINGS_ENDPOINT                                                        = local.event_hubs
    READINGS_GROUP                                                           = "mean"
    READINGS_PROTOCOL                                                        = "eventhubs"
    READINGS_STREAM                                                          = "readings"
    TIMEZONE                                                                 = "Asia/Seoul"
    WEBSITE_CONTENTOVERVNET                                                  = "1"
    WEBSITE_RUN_FROM_PACKAGE                                                 = azurerm_storage_blob.mean.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                             = azurerm_user_assigned_identity.mean.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.mean.id]
  }

  site_config {
    app_scale_limit          = 5
    elastic_instance_minimum = 1

    # Events behind private endpoints start instances too.
    runtime_scale_monitoring_enabled       = true
    vnet_route_all_enabled                 = true
    minimum_tls_version                    = "1.2"
    http2_enabled                          = true
    application_insights_connection_string = azurerm_application_insights.functions.connection_string

    application_stack {
      python_version = "3.13"
    }
  }

  # What the first start needs: its code, whatever it reads, and the right to read it.
  depends_on = [
    azurerm_cosmosdb_sql_role_assignment.means,
    azurerm_eventhub_consumer_group.mean_from_readings,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.event_hubs,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.mean_host,
    azurerm_private_endpoint.means,
    azurerm_private_endpoint.raw,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.mean,
    azurerm_role_assignment.object_writer,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.mean,
  ]
}
