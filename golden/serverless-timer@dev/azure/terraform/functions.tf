# Storage accounts take no ranges of one or two addresses: those are named one by one.
locals {
  admin_addresses = flatten([for range in var.admin_cidrs : endswith(range, "/32") ? [cidrhost(range, 0)] : endswith(range, "/31") ? [cidrhost(range, 0), cidrhost(range, 1)] : [range]])
}

# The code of functions, the events of buckets on their way to them, and dead letters. Its public address answers admin_cidrs, from
# where Terraform brings the code, and Azure's own services, which bring the events; functions use the private endpoint.
resource "azurerm_storage_account" "functions_code" {
  name                            = "nightlydevfu62f7ba${random_id.suffix.hex}"
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
  name                = "nightly-dev-functions-code"
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
  name                = "nightly-dev-functions"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  workspace_id        = azurerm_log_analytics_workspace.main.id
  application_type    = "web"

  # Apps sign in with their identities: the connection string opens nothing.
  local_authentication_enabled = false
  tags                         = local.tags
}

resource "azurerm_service_plan" "functions" {
  name                = "nightly-dev-functions"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  os_type             = "Linux"

  # One instance runs always; more come and go with what there is to do.
  sku_name                     = "EP1"
  worker_count                 = 1
  maximum_elastic_worker_count = 20
  tags                         = local.tags
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
  name                            = "nightlydevcld13685${random_id.suffix.hex}"
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
  name                = "nightly-dev-close-host"
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

# What the function failed on for the last time, and what never reached it.
resource "azurerm_storage_container" "close_dead" {
  name               = "close-dead"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "close_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.close_code.id
    }
    dead-letters = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.close_dead.id
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
    close         = join(",", values(azurerm_role_assignment.close)[*].id)
    close_host    = join(",", values(azurerm_role_assignment.close_host)[*].id)
    object_writer = join(",", values(azurerm_role_assignment.object_writer)[*].id)
  }
}

resource "azurerm_linux_function_app" "close" {
  name                          = "nightly-dev-close-${random_id.suffix.hex}"
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
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING    = "ClientId=${azurerm_user_assigned_identity.close.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                              = azurerm_user_assigned_identity.close.client_id
    AzureDead__blobServiceUri                    = azurerm_storage_account.functions_code.primary_blob_endpoint
    AzureDead__clientId                          = azurerm_user_assigned_identity.close.client_id
    AzureDead__credential                        = "managedidentity"
    AzureFunctionsJobHost__functionTimeout       = "00:10:30"
    AzureFunctionsWebHost__hostid                = "nightly-dev-close"
    AzureWebJobsStorage__clientId                = azurerm_user_assigned_identity.close.client_id
    AzureWebJobsStorage__credential              = "managedidentity"
    CLOUDGEN_ROLLOUT                             = "rollout ${var.rollout}"
    MAILS_ENDPOINT                               = local.service_bus
    MAILS_PROTOCOL                               = "servicebus"
    MAILS_QUEUE                                  = "mails"
    MAIL_TO                                      = "accounting@example.com"
    REPORTS_BUCKET                               = azurerm_storage_container.reports.name
    REPORTS_ENDPOINT                             = trimsuffix(azurerm_storage_account.reports.primary_blob_endpoint, "/")
    REPORTS_REGION                               = "koreacentral"
    TIMEZONE                                     = "Asia/Seoul"
    WEBSITE_CONTENTOVERVNET                      = "1"
    WEBSITE_RUN_FROM_PACKAGE                     = azurerm_storage_blob.close.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID = azurerm_user_assigned_identity.close.id
    WEBSITE_TIME_ZONE                            = "Asia/Seoul"
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.close.id]
  }

  site_config {
    app_scale_limit          = 1
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
    azurerm_private_endpoint.reports,
    azurerm_private_endpoint.service_bus,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.close,
    azurerm_role_assignment.object_writer,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.close,
  ]
}

data "archive_file" "mailer" {
  type             = "zip"
  source_dir       = "${path.module}/functions/mailer"
  output_path      = "${path.module}/.terraform/archives/mailer.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "mailer_code" {
  name               = "mailer-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "mailer" {
  name                 = "${data.archive_file.mailer.output_md5}.zip"
  storage_container_id = azurerm_storage_container.mailer_code.id
  type                 = "Block"
  source               = data.archive_file.mailer.output_path
  content_md5          = data.archive_file.mailer.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "mailer_host" {
  name                            = "nightlydevmaec52d8${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "mailer_host" {
  name                = "nightly-dev-mailer-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "mailer-host"
    private_connection_resource_id = azurerm_storage_account.mailer_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "mailer-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "mailer_host" {
  private_endpoint_id           = azurerm_private_endpoint.mailer_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "mailer_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.mailer_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.mailer_host.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.mailer.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.
resource "time_sleep" "mailer" {
  create_duration = "90s"

  triggers = {
    mailer      = join(",", values(azurerm_role_assignment.mailer)[*].id)
    mailer_host = join(",", values(azurerm_role_assignment.mailer_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "mailer" {
  name                          = "nightly-dev-mailer-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.mailer_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.mailer.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                                 = "ClientId=${azurerm_user_assigned_identity.mailer.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                           = azurerm_user_assigned_identity.mailer.client_id
    AzureFunctionsJobHost__extensions__serviceBus__maxAutoLockRenewalDuration = "00:01:00"
    AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentCalls         = "4"
    AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentSessions      = "4"
    AzureFunctionsJobHost__extensions__serviceBus__maxMessageBatchSize        = "5"
    AzureFunctionsJobHost__functionTimeout                                    = "00:01:30"
    AzureFunctionsWebHost__hostid                                             = "nightly-dev-mailer"
    AzureTrigger__clientId                                                    = azurerm_user_assigned_identity.mailer.client_id
    AzureTrigger__credential                                                  = "managedidentity"
    AzureTrigger__fullyQualifiedNamespace                                     = local.service_bus
    AzureWebJobsStorage__clientId                                             = azurerm_user_assigned_identity.mailer.client_id
    AzureWebJobsStorage__credential                                           = "managedidentity"
    CLOUDGEN_ROLLOUT                                                          = "rollout ${var.rollout}"
    MAIL_KEY                                                                  = "@Microsoft.KeyVault(SecretUri=${azurerm_key_vault_secret.mail_key.versionless_id})"
    MAIL_KEY_SECRET                                                           = azurerm_key_vault_secret.mail_key.versionless_id
    TELL_URL                                                                  = "https://mail.example.com/v1/messages"
    WEBSITE_CONTENTOVERVNET                                                   = "1"
    WEBSITE_RUN_FROM_PACKAGE                                                  = azurerm_storage_blob.mailer.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                              = azurerm_user_assigned_identity.mailer.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.mailer.id]
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
    azurerm_private_endpoint.mailer_host,
    azurerm_private_endpoint.service_bus,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.mailer,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.mailer,
  ]
}
