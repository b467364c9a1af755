resource "azurerm_servicebus_topic" "uploaded" {
  name                  = "uploaded"
  namespace_id          = azurerm_servicebus_namespace.main.id
  default_message_ttl   = "P4D"
  max_size_in_megabytes = 81920
}

# A queue of its own rather than the built-in one, which whoever takes messages may read as well.
resource "azurerm_servicebus_queue" "notify_from_uploaded_dead" {
  name                = "notify-from-uploaded-dead"
  namespace_id        = azurerm_servicebus_namespace.main.id
  default_message_ttl = "P14D"

  # Where a message brings a shorter time to live of its own, it waits in the built-in dead-letter queue of this one.
  dead_lettering_on_message_expiration = true
  max_size_in_megabytes                = 81920
}

resource "azurerm_servicebus_queue" "notify_from_uploaded" {
  name                                 = "notify-from-uploaded"
  namespace_id                         = azurerm_servicebus_namespace.main.id
  lock_duration                        = "PT5M"
  max_delivery_count                   = 5
  default_message_ttl                  = "P4D"
  dead_lettering_on_message_expiration = true
  forward_dead_lettered_messages_to    = azurerm_servicebus_queue.notify_from_uploaded_dead.name
  max_size_in_megabytes                = 81920
}

# What it gets goes on to the queue of the same name: Azure measures queues, and no subscriptions.
resource "azurerm_servicebus_subscription" "notify_from_uploaded" {
  name                                 = "notify"
  topic_id                             = azurerm_servicebus_topic.uploaded.id
  max_delivery_count                   = 10
  forward_to                           = azurerm_servicebus_queue.notify_from_uploaded.name
  dead_lettering_on_message_expiration = true
  forward_dead_lettered_messages_to    = azurerm_servicebus_queue.notify_from_uploaded_dead.name
}

resource "azurerm_servicebus_subscription_rule" "notify_from_uploaded" {
  name            = "wanted"
  subscription_id = azurerm_servicebus_subscription.notify_from_uploaded.id
  filter_type     = "SqlFilter"
  sql_filter      = "[kind] IN ('picture', 'video')"
}
