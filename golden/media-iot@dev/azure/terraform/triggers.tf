# Events of the bucket. They are brought with an identity of their own, which may do nothing else.
resource "azurerm_eventgrid_system_topic" "media" {
  name                = "mediaiot-dev-media"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  source_resource_id  = azurerm_storage_account.media.id
  topic_type          = "Microsoft.Storage.StorageAccounts"
  tags                = local.tags

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_role_assignment" "media_events" {
  for_each = {
    "summary/give-up" = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.summary_dead.id
    }
    "summary/send" = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.summary_events.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_eventgrid_system_topic.media.identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached the account.
resource "time_sleep" "media_events" {
  create_duration = "90s"

  triggers = {
    grants = join(",", values(azurerm_role_assignment.media_events)[*].id)
  }
}

resource "azurerm_eventgrid_system_topic_event_subscription" "summary" {
  name                  = "mediaiot-dev-summary"
  system_topic          = azurerm_eventgrid_system_topic.media.name
  resource_group_name   = azurerm_resource_group.main.name
  event_delivery_schema = "CloudEventSchemaV1_0"
  included_event_types  = ["Microsoft.Storage.BlobCreated"]

  subject_filter {
    subject_begins_with = "/blobServices/default/containers/${azurerm_storage_container.media.name}/blobs/uploads/"
    case_sensitive      = true
  }

  storage_queue_endpoint {
    storage_account_id = azurerm_storage_account.functions_code.id
    queue_name         = azurerm_storage_queue.summary_events.name

    # An event waits until it is taken.
    queue_message_time_to_live_in_seconds = -1
  }

  delivery_identity {
    type = "SystemAssigned"
  }

  retry_policy {
    event_time_to_live    = 1440
    max_delivery_attempts = 30
  }

  storage_blob_dead_letter_destination {
    storage_account_id          = azurerm_storage_account.functions_code.id
    storage_blob_container_name = azurerm_storage_container.summary_dead.name
  }

  dead_letter_identity {
    type = "SystemAssigned"
  }

  depends_on = [time_sleep.media_events]
}
