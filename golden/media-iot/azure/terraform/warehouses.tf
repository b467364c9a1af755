# Data Explorer takes keys of 2048 bits, and that of everything else has more.
resource "azurerm_key_vault_key" "warehouses" {
  name         = "warehouses"
  key_vault_id = azurerm_key_vault.main.id
  key_type     = "RSA-HSM"
  key_size     = 2048
  key_opts     = ["unwrapKey", "wrapKey"]
  tags         = local.tags

  rotation_policy {
    automatic {
      time_after_creation = "P365D"
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.operator]
}

resource "azurerm_role_assignment" "warehouses" {
  scope                = azurerm_key_vault_key.warehouses.resource_versionless_id
  role_definition_name = "Key Vault Crypto Service Encryption User"
  principal_id         = azurerm_user_assigned_identity.encryption.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grant has reached the vault.
resource "time_sleep" "warehouses" {
  create_duration = "90s"

  triggers = {
    grant = azurerm_role_assignment.warehouses.id
  }
}

resource "azurerm_kusto_cluster" "facts" {
  name                = "mediaiotfacts${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  zones               = ["1", "2", "3"]

  # It never stops by itself: questions and records may come at any time.
  auto_stop_enabled                  = false
  disk_encryption_enabled            = true
  double_encryption_enabled          = true
  public_network_access_enabled      = false
  outbound_network_access_restricted = true
  streaming_ingestion_enabled        = true
  purge_enabled                      = false
  tags                               = local.tags

  sku {
    name     = "Standard_E2ads_v5"
    capacity = 2
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_kusto_cluster_customer_managed_key" "facts" {
  cluster_id   = azurerm_kusto_cluster.facts.id
  key_vault_id = azurerm_key_vault.main.id

  # Named without a version, a rotated key is taken by itself.
  key_name      = azurerm_key_vault_key.warehouses.name
  user_identity = azurerm_user_assigned_identity.encryption.id
  depends_on    = [time_sleep.warehouses]
}

resource "azurerm_kusto_database" "facts" {
  name                = "facts"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  cluster_name        = azurerm_kusto_cluster.facts.name

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [azurerm_kusto_cluster_customer_managed_key.facts]
}

resource "azurerm_kusto_script" "facts" {
  name        = "tables"
  database_id = azurerm_kusto_database.facts.id

  # What is there already stays: columns are added, and none is taken away.
  script_content = <<-EOT
    .create-merge table ['days'] (['day']: datetime, ['device']: string, ['mean']: real, ['readings']: long)

    .create-or-alter table ['days'] ingestion json mapping 'rows' '[{"column":"day","Properties":{"Path":"$.day"}},{"column":"device","Properties":{"Path":"$.device"}},{"column":"mean","Properties":{"Path":"$.mean"}},{"column":"readings","Properties":{"Path":"$.readings"}}]'

    .alter table ['days'] policy streamingingestion enable

    .alter-merge table ['days'] policy retention softdelete = 36500d recoverability = disabled

    .create-merge table ['readings'] (['at']: datetime, ['celsius']: real, ['device']: string, ['tags']: dynamic)

    .create-or-alter table ['readings'] ingestion json mapping 'rows' '[{"column":"at","Properties":{"Path":"$.at"}},{"column":"celsius","Properties":{"Path":"$.celsius"}},{"column":"device","Properties":{"Path":"$.device"}},{"column":"tags","Properties":{"Path":"$.tags"}}]'

    .alter table ['readings'] policy streamingingestion enable

    .alter-merge table ['readings'] policy retention softdelete = 730d recoverability = disabled
  EOT

  # Whoever runs Terraform has nothing to do with the rows.
  principal_permissions_action = "RemovePermissionOnScriptCompletion"
}

resource "azurerm_private_endpoint" "facts" {
  name                = "mediaiot-facts"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "facts"
    private_connection_resource_id = azurerm_kusto_cluster.facts.id
    subresource_names              = ["cluster"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "facts"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.koreacentral.kusto.windows.net"].id]
  }

  depends_on = [azurerm_kusto_script.facts]
}

resource "azurerm_private_endpoint_application_security_group_association" "facts" {
  private_endpoint_id           = azurerm_private_endpoint.facts.id
  application_security_group_id = azurerm_application_security_group.facts.id
}

resource "azurerm_user_assigned_identity" "facts_readings" {
  name                = "mediaiot-facts-readings"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

# The database's own roles: Azure's do not reach rows.
resource "azurerm_kusto_database_principal_assignment" "facts" {
  for_each = {
    facts-readings-insert = {
      role      = "Ingestor"
      principal = azurerm_user_assigned_identity.facts_readings.client_id
      tenant    = azurerm_user_assigned_identity.facts_readings.tenant_id
    }
    rollup-ask = {
      role      = "Viewer"
      principal = azurerm_user_assigned_identity.rollup.client_id
      tenant    = azurerm_user_assigned_identity.rollup.tenant_id
    }
    rollup-insert = {
      role      = "Ingestor"
      principal = azurerm_user_assigned_identity.rollup.client_id
      tenant    = azurerm_user_assigned_identity.rollup.tenant_id
    }
  }

  name                = each.key
  resource_group_name = azurerm_resource_group.main.name
  cluster_name        = azurerm_kusto_cluster.facts.name
  database_name       = azurerm_kusto_database.facts.name
  principal_id        = each.value.principal
  principal_type      = "App"
  tenant_id           = each.value.tenant
  role                = each.value.role
  depends_on          = [azurerm_kusto_script.facts]
}

# Records that did not become rows, with the reason.
resource "azurerm_storage_container" "facts_readings_refused" {
  name               = "facts-readings-refused"
  storage_account_id = azurerm_storage_account.functions_code.id
}

data "archive_file" "facts_readings" {
  type             = "zip"
  source_dir       = "${path.module}/functions/facts-readings"
  output_path      = "${path.module}/.terraform/archives/facts-readings.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "facts_readings_code" {
  name               = "facts-readings-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "facts_readings" {
  name                 = "${data.archive_file.facts_readings.output_md5}.zip"
  storage_container_id = azurerm_storage_container.facts_readings_code.id
  type                 = "Block"
  source               = data.archive_file.facts_readings.output_path
  content_md5          = data.archive_file.facts_readings.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "facts_readings_host" {
  name                            = "mediaiotfact722d4f${random_id.suffix.hex}"
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

  depends_on = [time_sleep.encryption]
}

resource "azurerm_private_endpoint" "facts_readings_host" {
  name                = "mediaiot-facts-readings-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "facts-readings-host"
    private_connection_resource_id = azurerm_storage_account.facts_readings_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "facts-readings-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "facts_readings_host" {
  private_endpoint_id           = azurerm_private_endpoint.facts_readings_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "facts_readings_host" {
  for_each = {
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.facts_readings_code.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.facts_readings_host.id
    }
    receive = {
      role  = "Azure Event Hubs Data Receiver"
      scope = azurerm_eventhub.readings.id
    }
    refused = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.facts_readings_refused.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.facts_readings.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code when it makes the app.
resource "time_sleep" "facts_readings" {
  create_duration = "90s"

  triggers = {
    facts_readings_host = join(",", values(azurerm_role_assignment.facts_readings_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "facts_readings" {
  name                          = "mediaiot-facts-readings-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.facts_readings_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.facts_readings.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                                        = "ClientId=${azurerm_user_assigned_identity.facts_readings.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                                  = azurerm_user_assigned_identity.facts_readings.client_id
    AzureFunctionsJobHost__extensions__eventHubs__initialOffsetOptions__type         = "fromStart"
    AzureFunctionsJobHost__extensions__eventHubs__maxEventBatchSize                  = "500"
    AzureFunctionsJobHost__functionTimeout                                           = "00:05:00"
    AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__isEnabled = "false"
    AzureFunctionsWebHost__hostid                                                    = "mediaiot-facts-readings"
    AzureWebJobsStorage__clientId                                                    = azurerm_user_assigned_identity.facts_readings.client_id
    AzureWebJobsStorage__credential                                                  = "managedidentity"
    SinkRefused__blobServiceUri                                                      = azurerm_storage_account.functions_code.primary_blob_endpoint
    SinkRefused__clientId                                                            = azurerm_user_assigned_identity.facts_readings.client_id
    SinkRefused__credential                                                          = "managedidentity"
    SinkTrigger__clientId                                                            = azurerm_user_assigned_identity.facts_readings.client_id
    SinkTrigger__credential                                                          = "managedidentity"
    SinkTrigger__fullyQualifiedNamespace                                             = local.event_hubs
    WAREHOUSE                                                                        = azurerm_kusto_cluster.facts.uri
    WEBSITE_CONTENTOVERVNET                                                          = "1"
    WEBSITE_RUN_FROM_PACKAGE                                                         = azurerm_storage_blob.facts_readings.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                                     = azurerm_user_assigned_identity.facts_readings.id
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.facts_readings.id]
  }

  site_config {
    app_scale_limit          = 4
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
    azurerm_eventhub_consumer_group.facts_readings_from_readings,
    azurerm_kusto_script.facts,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.event_hubs,
    azurerm_private_endpoint.facts,
    azurerm_private_endpoint.facts_readings_host,
    azurerm_private_endpoint.functions_code,
    azurerm_private_endpoint.functions_events,
    azurerm_private_endpoint.vault,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.facts_readings,
  ]
}
