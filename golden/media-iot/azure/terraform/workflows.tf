# What each run did, what it waits for, and what it ended with.
resource "azurerm_storage_container" "nightly_runs" {
  name               = "nightly-runs"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# What has happened to runs: answers, and times that are over.
resource "azurerm_storage_queue" "nightly_steps" {
  name               = "nightly-steps"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_queue" "nightly_steps_poison" {
  name               = "nightly-steps-poison"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# Who starts a run puts its document here.
resource "azurerm_storage_queue" "nightly_starts" {
  name               = "nightly-starts"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_queue" "nightly_starts_poison" {
  name               = "nightly-starts-poison"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# What workflows ask the function, and the documents that it gets and answers.
resource "azurerm_storage_queue" "archive_calls" {
  name               = "archive-calls"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_queue" "archive_calls_poison" {
  name               = "archive-calls-poison"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_container" "archive_calls" {
  name               = "archive-calls"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# What workflows ask the function, and the documents that it gets and answers.
resource "azurerm_storage_queue" "close_calls" {
  name               = "close-calls"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_queue" "close_calls_poison" {
  name               = "close-calls-poison"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_container" "close_calls" {
  name               = "close-calls"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# What workflows ask the function, and the documents that it gets and answers.
resource "azurerm_storage_queue" "report_calls" {
  name               = "report-calls"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_queue" "report_calls_poison" {
  name               = "report-calls-poison"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_container" "report_calls" {
  name               = "report-calls"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# What workflows ask the function, and the documents that it gets and answers.
resource "azurerm_storage_queue" "rollup_calls" {
  name               = "rollup-calls"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_queue" "rollup_calls_poison" {
  name               = "rollup-calls-poison"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_container" "rollup_calls" {
  name               = "rollup-calls"
  storage_account_id = azurerm_storage_account.functions_code.id
}

# Runs and their documents go when logs do.
resource "azurerm_storage_management_policy" "functions_code" {
  storage_account_id = azurerm_storage_account.functions_code.id

  rule {
    name    = "runs"
    enabled = true

    filters {
      blob_types   = ["blockBlob"]
      prefix_match = ["archive-calls/", "close-calls/", "nightly-runs/", "report-calls/", "rollup-calls/"]
    }

    actions {
      base_blob {
        delete_after_days_since_modification_greater_than = 365
      }
    }
  }
}

resource "azurerm_user_assigned_identity" "nightly" {
  name                = "mediaiot-nightly"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

data "archive_file" "nightly" {
  type             = "zip"
  source_dir       = "${path.module}/functions/nightly"
  output_path      = "${path.module}/.terraform/archives/nightly.zip"
  output_file_mode = "0644"
}

resource "azurerm_storage_container" "nightly_code" {
  name               = "nightly-code"
  storage_account_id = azurerm_storage_account.functions_code.id
}

resource "azurerm_storage_blob" "nightly" {
  name                 = "${data.archive_file.nightly.output_md5}.zip"
  storage_container_id = azurerm_storage_container.nightly_code.id
  type                 = "Block"
  source               = data.archive_file.nightly.output_path
  content_md5          = data.archive_file.nightly.output_md5
  content_type         = "application/zip"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.operator_functions]
}

# What its host remembers: which instance does a task, how far it is with a stream, keys.
resource "azurerm_storage_account" "nightly_host" {
  name                            = "mediaiotnighc49847${random_id.suffix.hex}"
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

resource "azurerm_private_endpoint" "nightly_host" {
  name                = "mediaiot-nightly-host"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "nightly-host"
    private_connection_resource_id = azurerm_storage_account.nightly_host.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "nightly-host"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.blob.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "nightly_host" {
  private_endpoint_id           = azurerm_private_endpoint.nightly_host.id
  application_security_group_id = azurerm_application_security_group.functions_host.id
}

# What running takes besides the links.
resource "azurerm_role_assignment" "nightly_host" {
  for_each = {
    "ask/archive" = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.archive_calls.id
    }
    "ask/close" = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.close_calls.id
    }
    "ask/report" = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.report_calls.id
    }
    "ask/rollup" = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.rollup_calls.id
    }
    code = {
      role  = "Storage Blob Data Reader"
      scope = azurerm_storage_container.nightly_code.id
    }
    "documents/archive" = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.archive_calls.id
    }
    "documents/close" = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.close_calls.id
    }
    "documents/report" = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.report_calls.id
    }
    "documents/rollup" = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.rollup_calls.id
    }
    host = {
      role  = "Storage Blob Data Owner"
      scope = azurerm_storage_account.nightly_host.id
    }
    remind = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.nightly_steps.id
    }
    runs = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.nightly_runs.id
    }
    starts-give-up = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.nightly_starts_poison.id
    }
    starts-read = {
      role  = "Storage Queue Data Reader"
      scope = azurerm_storage_queue.nightly_starts.id
    }
    starts-take = {
      role  = "Storage Queue Data Message Processor"
      scope = azurerm_storage_queue.nightly_starts.id
    }
    steps-give-up = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.nightly_steps_poison.id
    }
    steps-read = {
      role  = "Storage Queue Data Reader"
      scope = azurerm_storage_queue.nightly_steps.id
    }
    steps-take = {
      role  = "Storage Queue Data Message Processor"
      scope = azurerm_storage_queue.nightly_steps.id
    }
    telemetry = {
      role  = "Monitoring Metrics Publisher"
      scope = azurerm_application_insights.functions.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.nightly.principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached everything: Azure takes the code when it makes the app.
resource "time_sleep" "nightly" {
  create_duration = "90s"

  triggers = {
    nightly_host = join(",", values(azurerm_role_assignment.nightly_host)[*].id)
  }
}

resource "azurerm_linux_function_app" "nightly" {
  name                          = "mediaiot-nightly-${random_id.suffix.hex}"
  location                      = azurerm_resource_group.main.location
  resource_group_name           = azurerm_resource_group.main.name
  service_plan_id               = azurerm_service_plan.functions.id
  storage_account_name          = azurerm_storage_account.nightly_host.name
  storage_uses_managed_identity = true

  # A share would know keys only, and nothing of the app is kept on one.
  content_share_force_disabled                   = true
  builtin_logging_enabled                        = false
  https_only                                     = true
  public_network_access_enabled                  = false
  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false
  virtual_network_subnet_id                      = azurerm_subnet.functions.id
  key_vault_reference_identity_id                = azurerm_user_assigned_identity.nightly.id

  app_settings = {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING                                        = "ClientId=${azurerm_user_assigned_identity.nightly.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                                                                  = azurerm_user_assigned_identity.nightly.client_id
    AzureFunctionsJobHost__extensions__queues__batchSize                             = "16"
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount                       = "5"
    AzureFunctionsJobHost__extensions__queues__messageEncoding                       = "none"
    AzureFunctionsJobHost__extensions__queues__visibilityTimeout                     = "00:00:10"
    AzureFunctionsJobHost__functionTimeout                                           = "00:05:00"
    AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__isEnabled = "false"
    AzureFunctionsWebHost__hostid                                                    = "mediaiot-nightly"
    AzureWebJobsStorage__clientId                                                    = azurerm_user_assigned_identity.nightly.client_id
    AzureWebJobsStorage__credential                                                  = "managedidentity"
    WEBSITE_CONTENTOVERVNET                                                          = "1"
    WEBSITE_RUN_FROM_PACKAGE                                                         = azurerm_storage_blob.nightly.url
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID                                     = azurerm_user_assigned_identity.nightly.id
    WEBSITE_TIME_ZONE                                                                = "Asia/Seoul"
    WORKFLOW_BLOBS                                                                   = azurerm_storage_account.functions_code.primary_blob_endpoint
    WORKFLOW_QUEUES                                                                  = azurerm_storage_account.functions_code.primary_queue_endpoint
    WorkflowTrigger__clientId                                                        = azurerm_user_assigned_identity.nightly.client_id
    WorkflowTrigger__credential                                                      = "managedidentity"
    WorkflowTrigger__queueServiceUri                                                 = azurerm_storage_account.functions_code.primary_queue_endpoint
  }

  tags = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.nightly.id]
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
    azurerm_private_endpoint.nightly_host,
    azurerm_private_endpoint.vault,
    azurerm_subnet_network_security_group_association.functions,
    time_sleep.nightly,
  ]
}
