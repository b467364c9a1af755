# Storage accounts take no ranges of one or two addresses: those are named one by one.
locals {
  admin_addresses = flatten([for range in var.admin_cidrs : endswith(range, "/32") ? [cidrhost(range, 0)] : endswith(range, "/31") ? [cidrhost(range, 0), cidrhost(range, 1)] : [range]])
}

# The code of functions, the events of buckets on their way to them, and dead letters. Its public address answers admin_cidrs, from
# where Terraform brings the code, and Azure's own services, which bring the events; functions use the private endpoint.
resource "azurerm_storage_account" "functions_code" {
  name                            = "mediaiotdevf33b453${random_id.suffix.hex}"
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
  name                = "mediaiot-dev-functions-code"
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
  name                = "mediaiot-dev-functions-events"
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
  name                = "mediaiot-dev-functions"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  workspace_id        = azurerm_log_analytics_workspace.main.id
  application_type    = "web"

  # Apps sign in with their identities: the connection string opens nothing.
  local_authentication_enabled = false
  tags                         = local.tags
}

resource "azurerm_service_plan" "functions" {
  name                = "mediaiot-dev-functions"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  os_type             = "Linux"

  # One instance runs always; more come and go with what there is to do.
  sku_name                     = "EP2"
  worker_count                 = 1
  maximum_elastic_worker_count = 20
  tags                         = local.tags
}

data "archive_file" "alarm" {
  type             = "zip"
  source_dir       = "${path.module}/functions/alarm"
  output_path      = "${path.module}/.terraform/archives/alarm.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "alarm_code" {
  name               = "alarm-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "alarm" {
  name                 = "${data.archive_file.alarm.output_md5}.zip"
  storage_container_id = azurerm_storage_container.alarm_code.id
  type                 = "Block"
  source               = data.archive_file.alarm.output_path
  content_md5          = data.archive_file.alarm.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "alarm_host" {
  name                            = "mediaiotdevadddfaa${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "alarm_host" {
  name                = "mediaiot-dev-alarm-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "alarm-host"
    private_connection_resource_id = azurerm_storage_account.alarm_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "alarm-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "alarm_host" {
  private_endpoint_id           = azurerm_private_endpoint.alarm_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "alarm_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.alarm_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.alarm_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.alarm.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "alarm" {
  create_duration = "90s"

  triggers = {
    alarm      = join(",", values(azurerm_role_assignment.alarm)[*].id)
    alarm_host = join(",", values(azurerm_role_assignment.alarm_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "alarm" {
  name                          = "mediaiot-dev-alarm-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.alarm_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.alarm.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                                 = "ClientId=${azurerm_user_assigned_identity.alarm.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                           = azurerm_user_assigned_identity.alarm.client_id
    AzureFunctionsJobHost__extensions__serviceBus__maxAutoLockRenewalDuration = "00:01:00"
    AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentCalls         = "4"
    AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentSessions      = "4"
    AzureFunctionsJobHost__extensions__serviceBus__maxMessageBatchSize        = "1"
    AzureFunctionsJobHost__functionTimeout                                    = "00:01:30"
    AzureFunctionsWebHost__hostid                                             = "mediaiot-dev-alarm"
    AzureTrigger__clientId                                                    = azurerm_user_assigned_identity.alarm.client_id
    AzureTrigger__credential                                                  = "managedidentity"
    AzureTrigger__fullyQualifiedNamespace                                     = local.service_bus
    AzureWebJobsStorage__clientId                                             = azurerm_user_assigned_identity.alarm.client_id
    AzureWebJobsStorage__credential                                           = "managedidentity"
    CLOUDGEN_ROLLOUT                                                          = "rollout ${var.rollout}"
    WEBSITE_CONTENTOVERVNET                                                   = "1"
    WEBSITE_RUN_FROM_PACKAGE                                                  = azurerm_storage_blob.alarm.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                              = azurerm_user_assigned_identity.alarm.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.alarm.id]
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
    azurerm_private_endpoint.alarm_host,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.service_bus,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.alarm,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.alarm,
  ]
}

data "archive_file" "archive" {
  type             = "zip"
  source_dir       = "${path.module}/functions/archive"
  output_path      = "${path.module}/.terraform/archives/archive.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "archive_code" {
  name               = "archive-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "archive" {
  name                 = "${data.archive_file.archive.output_md5}.zip"
  storage_container_id = azurerm_storage_container.archive_code.id
  type                 = "Block"
  source               = data.archive_file.archive.output_path
  content_md5          = data.archive_file.archive.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "archive_host" {
  name                            = "mediaiotdevac9599e${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "archive_host" {
  name                = "mediaiot-dev-archive-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "archive-host"
    private_connection_resource_id = azurerm_storage_account.archive_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "archive-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "archive_host" {
  private_endpoint_id           = azurerm_private_endpoint.archive_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "archive_host" {
  for_each = {
    calls = {
      role  = "Storage Queue Data Message Processor"
      scope = azurerm_storage_queue.archive_calls.id
    }
    calls-again = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.archive_calls_poison.id
    }
    calls-read = {
      role  = "Storage Queue Data Reader"
      scope = azurerm_storage_queue.archive_calls.id
    }
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.archive_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.archive_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.archive.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "archive" {
  create_duration = "90s"

  triggers = {
    archive_host  = join(",", values(azurerm_role_assignment.archive_host)[*].id)
    means_table   = join(",", values(azurerm_cosmosdb_sql_role_assignment.means)[*].id)
    object_writer = join(",", values(azurerm_role_assignment.object_writer)[*].id)
  }
}

resource "azurerm_linux_function_app" "archive" {
  name                          = "mediaiot-dev-archive-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.archive_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.archive.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                     = "ClientId=${azurerm_user_assigned_identity.archive.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                               = azurerm_user_assigned_identity.archive.client_id
    AzureCalls__clientId                                          = azurerm_user_assigned_identity.archive.client_id
    AzureCalls__credential                                        = "managedidentity"
    AzureCalls__queueServiceUri                                   = azurerm_storage_account.workflow_calls.primary_queue_endpoint
    AzureFunctionsJobHost__extensions__queues__batchSize          = "4"
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount    = "2"
    AzureFunctionsJobHost__extensions__queues__maxPollingInterval = "00:00:02"
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold  = "0"
    AzureFunctionsJobHost__functionTimeout                        = "00:10:30"
    AzureFunctionsWebHost__hostid                                 = "mediaiot-dev-archive"
    AzureWebJobsStorage__clientId                                 = azurerm_user_assigned_identity.archive.client_id
    AzureWebJobsStorage__credential                               = "managedidentity"
    CLOUDGEN_ROLLOUT                                              = "rollout ${var.rollout}"
    MEANS_ENDPOINT                                                = trimsuffix(azurerm_cosmosdb_account.means.endpoint, "/")
    MEANS_PROTOCOL                                                = "cosmos"
    MEANS_TABLE                                                   = "means"
    RAW_BUCKET                                                    = azurerm_storage_container.raw.name
    RAW_ENDPOINT                                                  = trimsuffix(azurerm_storage_account.raw.primary_blob_endpoint, "/")
    RAW_REGION                                                    = "koreacentral"
    WEBSITE_CONTENTOVERVNET                                       = "1"
    WEBSITE_RUN_FROM_PACKAGE                                      = azurerm_storage_blob.archive.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                  = azurerm_user_assigned_identity.archive.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.archive.id]
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
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.archive_host,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.means,
    azurerm_private_endpoint.raw,
    azurerm_private_endpoint.vault,
    azurerm_private_endpoint.workflow_calls,
    azurerm_role_assignment.object_writer,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.archive,
  ]
}

data "archive_file" "close" {
  type             = "zip"
  source_dir       = "${path.module}/functions/close"
  output_path      = "${path.module}/.terraform/archives/close.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "close_code" {
  name               = "close-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "close" {
  name                 = "${data.archive_file.close.output_md5}.zip"
  storage_container_id = azurerm_storage_container.close_code.id
  type                 = "Block"
  source               = data.archive_file.close.output_path
  content_md5          = data.archive_file.close.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "close_host" {
  name                            = "mediaiotdevcc664b1${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "close_host" {
  name                = "mediaiot-dev-close-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "close-host"
    private_connection_resource_id = azurerm_storage_account.close_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "close-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "close_host" {
  private_endpoint_id           = azurerm_private_endpoint.close_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "close_host" {
  for_each = {
    calls = {
      role  = "Storage Queue Data Message Processor"
      scope = azurerm_storage_queue.close_calls.id
    }
    calls-again = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.close_calls_poison.id
    }
    calls-read = {
      role  = "Storage Queue Data Reader"
      scope = azurerm_storage_queue.close_calls.id
    }
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.close_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.close_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.close.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "close" {
  create_duration = "90s"

  triggers = {
    close_host = join(",", values(azurerm_role_assignment.close_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "close" {
  name                          = "mediaiot-dev-close-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.close_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.close.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                     = "ClientId=${azurerm_user_assigned_identity.close.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                               = azurerm_user_assigned_identity.close.client_id
    AzureCalls__clientId                                          = azurerm_user_assigned_identity.close.client_id
    AzureCalls__credential                                        = "managedidentity"
    AzureCalls__queueServiceUri                                   = azurerm_storage_account.workflow_calls.primary_queue_endpoint
    AzureFunctionsJobHost__extensions__queues__batchSize          = "4"
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount    = "2"
    AzureFunctionsJobHost__extensions__queues__maxPollingInterval = "00:00:02"
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold  = "0"
    AzureFunctionsJobHost__functionTimeout                        = "00:01:30"
    AzureFunctionsWebHost__hostid                                 = "mediaiot-dev-close"
    AzureWebJobsStorage__clientId                                 = azurerm_user_assigned_identity.close.client_id
    AzureWebJobsStorage__credential                               = "managedidentity"
    CLOUDGEN_ROLLOUT                                              = "rollout ${var.rollout}"
    TIMEZONE                                                      = "Asia/Seoul"
    WEBSITE_CONTENTOVERVNET                                       = "1"
    WEBSITE_RUN_FROM_PACKAGE                                      = azurerm_storage_blob.close.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                  = azurerm_user_assigned_identity.close.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.close.id]
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
    azurerm_private_endpoint.close_host,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.vault,
    azurerm_private_endpoint.workflow_calls,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.close,
  ]
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
  name                            = "mediaiotdevhothost${random_id.suffix.hex}"
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
  name                = "mediaiot-dev-hot-host"
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
  name                          = "mediaiot-dev-hot-${random_id.suffix.hex}"
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
    ALERTS_ENDPOINT                                                          = local.service_bus
    ALERTS_PROTOCOL                                                          = "servicebus"
    ALERTS_QUEUE                                                             = "alerts"
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                                = "ClientId=${azurerm_user_assigned_identity.hot.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                          = azurerm_user_assigned_identity.hot.client_id
    AzureDead__blobServiceUri                                                = azurerm_storage_account.functions_code.primary_blob_endpoint
    AzureDead__clientId                                                      = azurerm_user_assigned_identity.hot.client_id
    AzureDead__credential                                                    = "managedidentity"
    AzureFunctionsJobHost__extensions__eventHubs__initialOffsetOptions__type = "fromEnd"
    AzureFunctionsJobHost__extensions__eventHubs__maxEventBatchSize          = "100"
    AzureFunctionsJobHost__functionTimeout                                   = "00:02:30"
    AzureFunctionsWebHost__hostid                                            = "mediaiot-dev-hot"
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
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.hot_host,
    azurerm_private_endpoint.service_bus,
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
  name                            = "mediaiotdevm0b47ad${random_id.suffix.hex}"
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
  name                = "mediaiot-dev-mean-host"
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
  name                          = "mediaiot-dev-mean-${random_id.suffix.hex}"
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
    AzureFunctionsWebHost__hostid                                            = "mediaiot-dev-mean"
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
    azurerm_private_endpoint.functions_events,
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

data "archive_file" "means_api" {
  type             = "zip"
  source_dir       = "${path.module}/functions/means-api"
  output_path      = "${path.module}/.terraform/archives/means-api.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "means_api_code" {
  name               = "means-api-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "means_api" {
  name                 = "${data.archive_file.means_api.output_md5}.zip"
  storage_container_id = azurerm_storage_container.means_api_code.id
  type                 = "Block"
  source               = data.archive_file.means_api.output_path
  content_md5          = data.archive_file.means_api.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "means_api_host" {
  name                            = "mediaiotdevm801c4d${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "means_api_host" {
  name                = "mediaiot-dev-means-api-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "means-api-host"
    private_connection_resource_id = azurerm_storage_account.means_api_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "means-api-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "means_api_host" {
  private_endpoint_id           = azurerm_private_endpoint.means_api_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "means_api_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.means_api_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.means_api_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.means_api.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "means_api" {
  create_duration = "90s"

  triggers = {
    means_api_host = join(",", values(azurerm_role_assignment.means_api_host)[*].id)
    means_table    = join(",", values(azurerm_cosmosdb_sql_role_assignment.means)[*].id)
  }
}

resource "azurerm_linux_function_app" "means_api" {
  name                          = "mediaiot-dev-means-api-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.means_api_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.means_api.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                       = "ClientId=${azurerm_user_assigned_identity.means_api.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                 = azurerm_user_assigned_identity.means_api.client_id
    AzureFunctionsJobHost__extensions__http__maxConcurrentRequests  = "10"
    AzureFunctionsJobHost__extensions__http__maxOutstandingRequests = "100"
    AzureFunctionsJobHost__functionTimeout                          = "00:01:30"
    AzureFunctionsWebHost__hostid                                   = "mediaiot-dev-means-api"
    AzureWebJobsStorage__clientId                                   = azurerm_user_assigned_identity.means_api.client_id
    AzureWebJobsStorage__credential                                 = "managedidentity"
    CLOUDGEN_ROLLOUT                                                = "rollout ${var.rollout}"
    KEY                                                             = "device minute:number"
    MEANS_ENDPOINT                                                  = trimsuffix(azurerm_cosmosdb_account.means.endpoint, "/")
    MEANS_PROTOCOL                                                  = "cosmos"
    MEANS_TABLE                                                     = "means"
    WEBSITE_CONTENTOVERVNET                                         = "1"
    WEBSITE_RUN_FROM_PACKAGE                                        = azurerm_storage_blob.means_api.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                    = azurerm_user_assigned_identity.means_api.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.means_api.id]
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
    azurerm_cosmosdb_sql_role_assignment.means,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.means,
    azurerm_private_endpoint.means_api_host,
    azurerm_private_endpoint.vault,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.means_api,
  ]
}

resource "azurerm_private_endpoint" "means_api" {
  name                = "mediaiot-dev-means-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "means-api"
    private_connection_resource_id = azurerm_linux_function_app.means_api.id
    subresource_names              = ["sites"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "means-api"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.azurewebsites.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "means_api" {
  private_endpoint_id           = azurerm_private_endpoint.means_api.id
  application_security_group_id = azurerm_application_security_group.means_api.id
}

data "archive_file" "notify" {
  type             = "zip"
  source_dir       = "${path.module}/functions/notify"
  output_path      = "${path.module}/.terraform/archives/notify.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "notify_code" {
  name               = "notify-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "notify" {
  name                 = "${data.archive_file.notify.output_md5}.zip"
  storage_container_id = azurerm_storage_container.notify_code.id
  type                 = "Block"
  source               = data.archive_file.notify.output_path
  content_md5          = data.archive_file.notify.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "notify_host" {
  name                            = "mediaiotdevnaca1bb${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "notify_host" {
  name                = "mediaiot-dev-notify-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "notify-host"
    private_connection_resource_id = azurerm_storage_account.notify_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "notify-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "notify_host" {
  private_endpoint_id           = azurerm_private_endpoint.notify_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "notify_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.notify_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.notify_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.notify.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "notify" {
  create_duration = "90s"

  triggers = {
    notify      = join(",", values(azurerm_role_assignment.notify)[*].id)
    notify_host = join(",", values(azurerm_role_assignment.notify_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "notify" {
  name                          = "mediaiot-dev-notify-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.notify_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.notify.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                                 = "ClientId=${azurerm_user_assigned_identity.notify.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                           = azurerm_user_assigned_identity.notify.client_id
    AzureFunctionsJobHost__extensions__serviceBus__maxAutoLockRenewalDuration = "00:01:00"
    AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentCalls         = "4"
    AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentSessions      = "4"
    AzureFunctionsJobHost__extensions__serviceBus__maxMessageBatchSize        = "10"
    AzureFunctionsJobHost__functionTimeout                                    = "00:01:30"
    AzureFunctionsWebHost__hostid                                             = "mediaiot-dev-notify"
    AzureTrigger__clientId                                                    = azurerm_user_assigned_identity.notify.client_id
    AzureTrigger__credential                                                  = "managedidentity"
    AzureTrigger__fullyQualifiedNamespace                                     = local.service_bus
    AzureWebJobsStorage__clientId                                             = azurerm_user_assigned_identity.notify.client_id
    AzureWebJobsStorage__credential                                           = "managedidentity"
    CLOUDGEN_ROLLOUT                                                          = "rollout ${var.rollout}"
    PUSH_KEY                                                                  = "@Microsoft.KeyVault(SecretUri=${azurerm_key_vault_secret.push_key.versionless_id})"
    PUSH_KEY_SECRET                                                           = azurerm_key_vault_secret.push_key.versionless_id
    TELL_URL                                                                  = "https://push.example.com/v1/messages"
    WEBSITE_CONTENTOVERVNET                                                   = "1"
    WEBSITE_RUN_FROM_PACKAGE                                                  = azurerm_storage_blob.notify.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                              = azurerm_user_assigned_identity.notify.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.notify.id]
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
    azurerm_private_endpoint.notify_host,
    azurerm_private_endpoint.service_bus,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.notify,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.notify,
  ]
}

data "archive_file" "pictures_api" {
  type             = "zip"
  source_dir       = "${path.module}/functions/pictures-api"
  output_path      = "${path.module}/.terraform/archives/pictures-api.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "pictures_api_code" {
  name               = "pictures-api-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "pictures_api" {
  name                 = "${data.archive_file.pictures_api.output_md5}.zip"
  storage_container_id = azurerm_storage_container.pictures_api_code.id
  type                 = "Block"
  source               = data.archive_file.pictures_api.output_path
  content_md5          = data.archive_file.pictures_api.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "pictures_api_host" {
  name                            = "mediaiotdevp42a708${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "pictures_api_host" {
  name                = "mediaiot-dev-pictures-api-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "pictures-api-host"
    private_connection_resource_id = azurerm_storage_account.pictures_api_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "pictures-api-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "pictures_api_host" {
  private_endpoint_id           = azurerm_private_endpoint.pictures_api_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "pictures_api_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.pictures_api_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.pictures_api_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.pictures_api.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "pictures_api" {
  create_duration = "90s"

  triggers = {
    pictures_api_host = join(",", values(azurerm_role_assignment.pictures_api_host)[*].id)
    pictures_table    = join(",", values(azurerm_cosmosdb_sql_role_assignment.pictures)[*].id)
  }
}

resource "azurerm_linux_function_app" "pictures_api" {
  name                          = "mediaiot-dev-pictures-api-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.pictures_api_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.pictures_api.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                       = "ClientId=${azurerm_user_assigned_identity.pictures_api.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                 = azurerm_user_assigned_identity.pictures_api.client_id
    AzureFunctionsJobHost__extensions__http__maxConcurrentRequests  = "10"
    AzureFunctionsJobHost__extensions__http__maxOutstandingRequests = "100"
    AzureFunctionsJobHost__functionTimeout                          = "00:01:30"
    AzureFunctionsWebHost__hostid                                   = "mediaiot-dev-pictures-api"
    AzureWebJobsStorage__clientId                                   = azurerm_user_assigned_identity.pictures_api.client_id
    AzureWebJobsStorage__credential                                 = "managedidentity"
    CLOUDGEN_ROLLOUT                                                = "rollout ${var.rollout}"
    KEY                                                             = "owner key"
    PICTURES_ENDPOINT                                               = trimsuffix(azurerm_cosmosdb_account.pictures.endpoint, "/")
    PICTURES_PROTOCOL                                               = "cosmos"
    PICTURES_TABLE                                                  = "pictures"
    WEBSITE_CONTENTOVERVNET                                         = "1"
    WEBSITE_RUN_FROM_PACKAGE                                        = azurerm_storage_blob.pictures_api.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                    = azurerm_user_assigned_identity.pictures_api.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.pictures_api.id]
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
    azurerm_cosmosdb_sql_role_assignment.pictures,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.pictures,
    azurerm_private_endpoint.pictures_api_host,
    azurerm_private_endpoint.vault,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.pictures_api,
  ]
}

resource "azurerm_private_endpoint" "pictures_api" {
  name                = "mediaiot-dev-pictures-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "pictures-api"
    private_connection_resource_id = azurerm_linux_function_app.pictures_api.id
    subresource_names              = ["sites"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "pictures-api"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.azurewebsites.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "pictures_api" {
  private_endpoint_id           = azurerm_private_endpoint.pictures_api.id
  application_security_group_id = azurerm_application_security_group.pictures_api.id
}

data "archive_file" "report" {
  type             = "zip"
  source_dir       = "${path.module}/functions/report"
  output_path      = "${path.module}/.terraform/archives/report.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "report_code" {
  name               = "report-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "report" {
  name                 = "${data.archive_file.report.output_md5}.zip"
  storage_container_id = azurerm_storage_container.report_code.id
  type                 = "Block"
  source               = data.archive_file.report.output_path
  content_md5          = data.archive_file.report.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "report_host" {
  name                            = "mediaiotdevr1fa307${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "report_host" {
  name                = "mediaiot-dev-report-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "report-host"
    private_connection_resource_id = azurerm_storage_account.report_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "report-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "report_host" {
  private_endpoint_id           = azurerm_private_endpoint.report_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "report_host" {
  for_each = {
    calls = {
      role  = "Storage Queue Data Message Processor"
      scope = azurerm_storage_queue.report_calls.id
    }
    calls-again = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.report_calls_poison.id
    }
    calls-read = {
      role  = "Storage Queue Data Reader"
      scope = azurerm_storage_queue.report_calls.id
    }
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.report_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.report_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.report.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "report" {
  create_duration = "90s"

  triggers = {
    report_host = join(",", values(azurerm_role_assignment.report_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "report" {
  name                          = "mediaiot-dev-report-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.report_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.report.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                     = "ClientId=${azurerm_user_assigned_identity.report.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                               = azurerm_user_assigned_identity.report.client_id
    AzureCalls__clientId                                          = azurerm_user_assigned_identity.report.client_id
    AzureCalls__credential                                        = "managedidentity"
    AzureCalls__queueServiceUri                                   = azurerm_storage_account.workflow_calls.primary_queue_endpoint
    AzureFunctionsJobHost__extensions__queues__batchSize          = "4"
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount    = "2"
    AzureFunctionsJobHost__extensions__queues__maxPollingInterval = "00:00:02"
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold  = "0"
    AzureFunctionsJobHost__functionTimeout                        = "00:01:30"
    AzureFunctionsWebHost__hostid                                 = "mediaiot-dev-report"
    AzureWebJobsStorage__clientId                                 = azurerm_user_assigned_identity.report.client_id
    AzureWebJobsStorage__credential                               = "managedidentity"
    CLOUDGEN_ROLLOUT                                              = "rollout ${var.rollout}"
    WEBSITE_CONTENTOVERVNET                                       = "1"
    WEBSITE_RUN_FROM_PACKAGE                                      = azurerm_storage_blob.report.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                  = azurerm_user_assigned_identity.report.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.report.id]
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
    azurerm_private_endpoint.report_host,
    azurerm_private_endpoint.vault,
    azurerm_private_endpoint.workflow_calls,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.report,
  ]
}

data "archive_file" "rollup" {
  type             = "zip"
  source_dir       = "${path.module}/functions/rollup"
  output_path      = "${path.module}/.terraform/archives/rollup.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "rollup_code" {
  name               = "rollup-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "rollup" {
  name                 = "${data.archive_file.rollup.output_md5}.zip"
  storage_container_id = azurerm_storage_container.rollup_code.id
  type                 = "Block"
  source               = data.archive_file.rollup.output_path
  content_md5          = data.archive_file.rollup.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "rollup_host" {
  name                            = "mediaiotdevr601366${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "rollup_host" {
  name                = "mediaiot-dev-rollup-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "rollup-host"
    private_connection_resource_id = azurerm_storage_account.rollup_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "rollup-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "rollup_host" {
  private_endpoint_id           = azurerm_private_endpoint.rollup_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "rollup_host" {
  for_each = {
    calls = {
      role  = "Storage Queue Data Message Processor"
      scope = azurerm_storage_queue.rollup_calls.id
    }
    calls-again = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.rollup_calls_poison.id
    }
    calls-read = {
      role  = "Storage Queue Data Reader"
      scope = azurerm_storage_queue.rollup_calls.id
    }
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.rollup_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.rollup_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.rollup.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "rollup" {
  create_duration = "90s"

  triggers = {
    facts_warehouse = join(",", values(azurerm_kusto_database_principal_assignment.facts)[*].id)
    rollup_host     = join(",", values(azurerm_role_assignment.rollup_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "rollup" {
  name                          = "mediaiot-dev-rollup-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.rollup_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.rollup.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                     = "ClientId=${azurerm_user_assigned_identity.rollup.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                               = azurerm_user_assigned_identity.rollup.client_id
    AzureCalls__clientId                                          = azurerm_user_assigned_identity.rollup.client_id
    AzureCalls__credential                                        = "managedidentity"
    AzureCalls__queueServiceUri                                   = azurerm_storage_account.workflow_calls.primary_queue_endpoint
    AzureFunctionsJobHost__extensions__queues__batchSize          = "4"
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount    = "2"
    AzureFunctionsJobHost__extensions__queues__maxPollingInterval = "00:00:02"
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold  = "0"
    AzureFunctionsJobHost__functionTimeout                        = "00:10:30"
    AzureFunctionsWebHost__hostid                                 = "mediaiot-dev-rollup"
    AzureWebJobsStorage__clientId                                 = azurerm_user_assigned_identity.rollup.client_id
    AzureWebJobsStorage__credential                               = "managedidentity"
    CLOUDGEN_ROLLOUT                                              = "rollout ${var.rollout}"
    FACTS_DATABASE                                                = azurerm_kusto_database.facts.name
    FACTS_ENDPOINT                                                = azurerm_kusto_cluster.facts.uri
    FACTS_PROTOCOL                                                = "kusto"
    FACTS_SERVER                                                  = azurerm_kusto_cluster.facts.name
    TIMEZONE                                                      = "Asia/Seoul"
    WEBSITE_CONTENTOVERVNET                                       = "1"
    WEBSITE_RUN_FROM_PACKAGE                                      = azurerm_storage_blob.rollup.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                  = azurerm_user_assigned_identity.rollup.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.rollup.id]
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
    azurerm_kusto_database_principal_assignment.facts,
    azurerm_kusto_script.facts,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.facts,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.rollup_host,
    azurerm_private_endpoint.vault,
    azurerm_private_endpoint.workflow_calls,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.rollup,
  ]
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
  name                            = "mediaiotdevs45dc1e${random_id.suffix.hex}"
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
  name                = "mediaiot-dev-summary-host"
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
    pictures_table = join(",", values(azurerm_cosmosdb_sql_role_assignment.pictures)[*].id)
    prefix_writer  = join(",", values(azurerm_role_assignment.prefix_writer)[*].id)
    summary        = join(",", values(azurerm_role_assignment.summary)[*].id)
    summary_host   = join(",", values(azurerm_role_assignment.summary_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "summary" {
  name                          = "mediaiot-dev-summary-${random_id.suffix.hex}"
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
    AzureFunctionsJobHost__extensions__queues__batchSize         = "2"
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount   = "3"
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold = "0"
    AzureFunctionsJobHost__extensions__queues__visibilityTimeout = "00:01:00"
    AzureFunctionsJobHost__functionTimeout                       = "00:02:30"
    AzureFunctionsWebHost__hostid                                = "mediaiot-dev-summary"
    AzureTrigger__clientId                                       = azurerm_user_assigned_identity.summary.client_id
    AzureTrigger__credential                                     = "managedidentity"
    AzureTrigger__queueServiceUri                                = azurerm_storage_account.functions_code.primary_queue_endpoint
    AzureWebJobsStorage__clientId                                = azurerm_user_assigned_identity.summary.client_id
    AzureWebJobsStorage__credential                              = "managedidentity"
    CLOUDGEN_ROLLOUT                                             = "rollout ${var.rollout}"
    MEDIA_BUCKET                                                 = azurerm_storage_container.media.name
    MEDIA_ENDPOINT                                               = trimsuffix(azurerm_storage_account.media.primary_blob_endpoint, "/")
    MEDIA_REGION                                                 = "koreacentral"
    PICTURES_ENDPOINT                                            = trimsuffix(azurerm_cosmosdb_account.pictures.endpoint, "/")
    PICTURES_PROTOCOL                                            = "cosmos"
    PICTURES_TABLE                                               = "pictures"
    UPLOADED_ENDPOINT                                            = local.service_bus
    UPLOADED_PROTOCOL                                            = "servicebus"
    UPLOADED_TOPIC                                               = "uploaded"
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
    app_scale_limit          = 10
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
    azurerm_cosmosdb_sql_role_assignment.pictures,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.media,
    azurerm_private_endpoint.pictures,
    azurerm_private_endpoint.service_bus,
    azurerm_private_endpoint.summary_host,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.prefix_writer,
    azurerm_role_assignment.summary,
    azurerm_servicebus_subscription_rule.notify_from_uploaded,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.summary,
  ]
}
