# Storage accounts take no ranges of one or two addresses: those are named one by one.
locals {
  admin_addresses = flatten([for range in var.admin_cidrs : endswith(range, "/32") ? [cidrhost(range, 0)] : endswith(range, "/31") ? [cidrhost(range, 0), cidrhost(range, 1)] : [range]])
}

# The code of functions, the events of buckets on their way to them, and dead letters. Its public address answers admin_cidrs, from
# where Terraform brings the code, and Azure's own services, which bring the events; functions use the private endpoint.
resource "azurerm_storage_account" "functions_code" {
  name                            = "notesfunctionscode${random_id.suffix.hex}"
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
  name                = "notes-functions-code"
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

resource "azurerm_private_endpoint" "functions_events" {
  name                = "notes-functions-events"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "functions-events"
    private_connection_resource_id = azurerm_storage_account.functions_code.id
    subresource_names              = ["queue"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "functions-events"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.queue.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "functions_events" {
  private_endpoint_id           = azurerm_private_endpoint.functions_events.id
  application_security_group_id = azurerm_application_security_group.functions_code.id
}

# Whoever runs Terraform brings the code.
resource "azurerm_role_assignment" "operator_functions" {
  for_each             = local.operators
  scope                = azurerm_storage_account.functions_code.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = each.key == "caller" ? data.azurerm_client_config.current.object_id : each.key
}

# They look at events that no function took.
resource "azurerm_role_assignment" "operator_function_queues" {
  for_each             = local.operators
  scope                = azurerm_storage_account.functions_code.id
  role_definition_name = "Storage Queue Data Contributor"
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
  name                = "notes-functions"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  workspace_id        = azurerm_log_analytics_workspace.main.id
  application_type    = "web"

  # Apps sign in with their identities: the connection string opens nothing.
  local_authentication_enabled = false
  tags                         = local.tags
}

resource "azurerm_service_plan" "functions" {
  name                = "notes-functions"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  os_type             = "Linux"

  # One instance runs always; more come and go with what there is to do.
  sku_name                     = "EP1"
  worker_count                 = 1
  maximum_elastic_worker_count = 20
  tags                         = local.tags
}

data "archive_file" "notes" {
  type             = "zip"
  source_dir       = "${path.module}/functions/notes"
  output_path      = "${path.module}/.terraform/archives/notes.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "notes_code" {
  name               = "notes-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "notes" {
  name                 = "${data.archive_file.notes.output_md5}.zip"
  storage_container_id = azurerm_storage_container.notes_code.id
  type                 = "Block"
  source               = data.archive_file.notes.output_path
  content_md5          = data.archive_file.notes.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "notes_host" {
  name                            = "notesnoteshost${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "notes_host" {
  name                = "notes-notes-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "notes-host"
    private_connection_resource_id = azurerm_storage_account.notes_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "notes-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "notes_host" {
  private_endpoint_id           = azurerm_private_endpoint.notes_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "notes_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.notes_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.notes_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.notes.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "notes" {
  create_duration = "90s"

  triggers = {
    notes_host     = join(",", values(azurerm_role_assignment.notes_host)[*].id)
    products_table = join(",", values(azurerm_cosmosdb_sql_role_assignment.products)[*].id)
  }
}

resource "azurerm_linux_function_app" "notes" {
  name                          = "notes-notes-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.notes_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.notes.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                       = "ClientId=${azurerm_user_assigned_identity.notes.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                 = azurerm_user_assigned_identity.notes.client_id
    AzureFunctionsJobHost__extensions__http__maxConcurrentRequests  = "4"
    AzureFunctionsJobHost__extensions__http__maxOutstandingRequests = "40"
    AzureFunctionsJobHost__functionTimeout                          = "00:01:30"
    AzureFunctionsWebHost__hostid                                   = "notes-notes"
    AzureWebJobsStorage__clientId                                   = azurerm_user_assigned_identity.notes.client_id
    AzureWebJobsStorage__credential                                 = "managedidentity"
    CLOUDGEN_ROLLOUT                                                = "rollout ${var.rollout}"
    KEY                                                             = "id"
    PRODUCTS_ENDPOINT                                               = trimsuffix(azurerm_cosmosdb_account.products.endpoint, "/")
    PRODUCTS_PROTOCOL                                               = "cosmos"
    PRODUCTS_TABLE                                                  = "products"
    WEBSITE_CONTENTOVERVNET                                         = "1"
    WEBSITE_RUN_FROM_PACKAGE                                        = azurerm_storage_blob.notes.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                    = azurerm_user_assigned_identity.notes.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.notes.id]
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
      node_version = "24"
    }
  }

  # What the first start needs: its code, whatever it reads, and the right to read it.
  depends_on = [
    azurerm_cosmosdb_sql_role_assignment.products,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.notes_host,
    azurerm_private_endpoint.products,
    azurerm_private_endpoint.vault,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.notes,
  ]
}

resource "azurerm_private_endpoint" "notes" {
  name                = "notes-notes"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "notes"
    private_connection_resource_id = azurerm_linux_function_app.notes.id
    subresource_names              = ["sites"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "notes"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.azurewebsites.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "notes" {
  private_endpoint_id           = azurerm_private_endpoint.notes.id
  application_security_group_id = azurerm_application_security_group.notes.id
}

data "archive_file" "summary" {
  type             = "zip"
  source_dir       = "${path.module}/functions/summary"
  output_path      = "${path.module}/.terraform/archives/summary.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "summary_code" {
  name               = "summary-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "summary" {
  name                 = "${data.archive_file.summary.output_md5}.zip"
  storage_container_id = azurerm_storage_container.summary_code.id
  type                 = "Block"
  source               = data.archive_file.summary.output_path
  content_md5          = data.archive_file.summary.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "summary_host" {
  name                            = "notessummaryhost${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "summary_host" {
  name                = "notes-summary-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "summary-host"
    private_connection_resource_id = azurerm_storage_account.summary_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "summary-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "summary_host" {
  private_endpoint_id           = azurerm_private_endpoint.summary_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What the function failed on for the last time, and what never reached it.
resource "azurerm_storage_container" "summary_dead" {
  name               = "summary-dead"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_queue" "summary_events" {
  name               = "summary-events"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_queue" "summary_events_poison" {
  name               = "summary-events-poison"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "summary_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.summary_code.id
    }
    events = {
      role  = "Storage Queue Data Message Processor"
      scope = azurerm_storage_queue.summary_events.id
    }
    events-again = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.summary_events_poison.id
    }
    events-read = {
      role  = "Storage Queue Data Reader"
      scope = azurerm_storage_queue.summary_events.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.summary_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.summary.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "summary" {
  create_duration = "90s"

  triggers = {
    prefix_writer = join(",", values(azurerm_role_assignment.prefix_writer)[*].id)
    summary       = join(",", values(azurerm_role_assignment.summary)[*].id)
    summary_host  = join(",", values(azurerm_role_assignment.summary_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "summary" {
  name                          = "notes-summary-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.summary_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.summary.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                    = "ClientId=${azurerm_user_assigned_identity.summary.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                              = azurerm_user_assigned_identity.summary.client_id
    AzureFunctionsJobHost__extensions__queues__batchSize         = "4"
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount   = "3"
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold = "0"
    AzureFunctionsJobHost__extensions__queues__visibilityTimeout = "00:01:00"
    AzureFunctionsJobHost__functionTimeout                       = "00:01:30"
    AzureFunctionsWebHost__hostid                                = "notes-summary"
    AzureTrigger__clientId                                       = azurerm_user_assigned_identity.summary.client_id
    AzureTrigger__credential                                     = "managedidentity"
    AzureTrigger__queueServiceUri                                = azurerm_storage_account.functions_code.primary_queue_endpoint
    AzureWebJobsStorage__clientId                                = azurerm_user_assigned_identity.summary.client_id
    AzureWebJobsStorage__credential                              = "managedidentity"
    CLOUDGEN_ROLLOUT                                             = "rollout ${var.rollout}"
    MEDIA_BUCKET                                                 = azurerm_storage_container.media.name
    MEDIA_ENDPOINT                                               = trimsuffix(azurerm_storage_account.media.primary_blob_endpoint, "/")
    MEDIA_REGION                                                 = "koreacentral"
    WEBSITE_CONTENTOVERVNET                                      = "1"
    WEBSITE_RUN_FROM_PACKAGE                                     = azurerm_storage_blob.summary.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                 = azurerm_user_assigned_identity.summary.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.summary.id]
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
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.media,
    azurerm_private_endpoint.summary_host,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.prefix_writer,
    azurerm_role_assignment.summary,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.summary,
  ]
}
