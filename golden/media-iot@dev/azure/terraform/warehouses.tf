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
  name                = "mediaiotdevfacts${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  zones               = ["1", "2", "3"]

  # It never stops by itself: questions and records may come at any time.
  auto_stop_enabled                  = false
  disk_encryption_enabled            = true
  double_encryption_enabled          = true
  public_network_access_enabled      = false
  outbound_network_access_restricted = true
  allowed_fqdns                      = [local.event_hubs]
  streaming_ingestion_enabled        = true
  purge_enabled                      = false
  tags                               = local.tags

  sku {
    name     = "Standard_E2ads_v5"
    capacity = 2
  }

  # It reads streams as itself, and the key as the other. It has both from the start: added later, its own would be known one apply later.
  identity {
    type         = "SystemAssigned, UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
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
  depends_on          = [azurerm_kusto_cluster_customer_managed_key.facts]
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

    .create-merge table ['readings_records'] (['record']: string)

    .alter-merge table ['readings_records'] policy ingestionbatching '{"MaximumBatchingTimeSpan":"00:00:30"}'

    .create-merge table ['readings_refused'] (['at']: datetime, ['reason']: string, ['record']: string)

    .alter-merge table ['readings_refused'] policy retention softdelete = 365d recoverability = disabled

    .create-or-alter function with (docstring = 'Records for readings, and why one becomes no row.') readings_checked() {
      ['readings_records']
      | extend marked = parse_json(replace_regex(record, @'"((?:[^"\\]|\\.)*)"', @'"~\1"'))
      | extend reason = iff(gettype(marked) == 'dictionary' and replace_regex(record, @'"((?:[^"\\]|\\.)*)"', '') matches regex @'^(?:[\s\[\]{}:,0-9.eE+-]|true|false|null)*$', '', 'it is no JSON object')
      | extend reason = iff(isempty(reason) and not(gettype(marked['~at']) == 'null' or tostring(marked['~at']) matches regex @'^~\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$' and isnotnull(todatetime(replace_regex(substring(tostring(marked['~at']), 1), @'(\.\d{7})\d+', @'\1')))), 'at is no timestamp', reason)
      | extend reason = iff(isempty(reason) and not(gettype(marked['~celsius']) == 'null' or gettype(marked['~celsius']) in ('int', 'long', 'real', 'double', 'decimal') and isfinite(toreal(marked['~celsius']))), 'celsius is no number', reason)
      | extend reason = iff(isempty(reason) and not(gettype(marked['~device']) in ('null', 'string')), 'device is no string', reason)
    }

    .create-or-alter function with (docstring = 'Records as rows of readings, with the columns as they are there.') readings_rows() {
      ['readings']
      | where false
      | union (readings_checked() | where isempty(reason) | project ['at'] = todatetime(replace_regex(substring(tostring(marked['~at']), 1), @'(\.\d{7})\d+', @'\1')), ['celsius'] = toreal(marked['~celsius']), ['device'] = substring(tostring(marked['~device']), 1), ['tags'] = parse_json(record)['tags'])
    }

    .create-or-alter function with (docstring = 'Records that become no row of readings.') readings_not_rows() {
      readings_checked()
      | where isnotempty(reason)
      | project ['at'] = now(), ['reason'] = reason, ['record'] = record
    }

    .alter table ['readings'] policy update @'[{"IsEnabled":true,"Source":"readings_records","Query":"readings_rows()","IsTransactional":true,"PropagateIngestionProperties":false}]'

    .alter table ['readings_refused'] policy update @'[{"IsEnabled":true,"Source":"readings_records","Query":"readings_not_rows()","IsTransactional":true,"PropagateIngestionProperties":false}]'

    .alter-merge table ['readings_records'] policy retention softdelete = 0s recoverability = disabled
  EOT

  # Whoever runs Terraform has nothing to do with the rows.
  principal_permissions_action = "RemovePermissionOnScriptCompletion"
}

resource "azurerm_private_endpoint" "facts" {
  name                = "mediaiot-dev-facts"
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

# The cluster reads the streams that fill its tables.
resource "azurerm_role_assignment" "facts_streams" {
  for_each = {
    readings = azurerm_eventhub.readings.id
  }

  scope                = each.value
  role_definition_name = "Azure Event Hubs Data Receiver"
  principal_id         = azurerm_kusto_cluster.facts.identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached the streams: Azure tries them when it makes a connection.
resource "time_sleep" "facts_streams" {
  create_duration = "90s"

  triggers = {
    grants = join(",", values(azurerm_role_assignment.facts_streams)[*].id)
  }
}

resource "azurerm_kusto_script" "facts_streams" {
  name           = "streams"
  database_id    = azurerm_kusto_database.facts.id
  script_content = ".alter-merge database ['facts'] policy managed_identity '[{\"ObjectId\":\"system\",\"AllowedUsages\":\"DataConnection\"}]'"

  # Microsoft asks for it, and does without in its own templates. Whoever made the cluster may say it; for others it changes nothing.
  continue_on_errors_enabled   = true
  principal_permissions_action = "RemovePermissionOnScriptCompletion"
  depends_on                   = [azurerm_kusto_script.facts]
}

resource "azurerm_kusto_eventhub_data_connection" "facts_readings" {
  name                = "facts-readings"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  cluster_name        = azurerm_kusto_cluster.facts.name
  database_name       = azurerm_kusto_database.facts.name
  eventhub_id         = azurerm_eventhub.readings.id
  consumer_group      = azurerm_eventhub_consumer_group.facts_readings_from_readings.name
  identity_id         = azurerm_kusto_cluster.facts.id

  # Lines of text: what becomes a row, and what becomes none, the table's functions say.
  table_name  = "readings_records"
  data_format = "TXT"

  # From the oldest record on that the stream still has.
  retrieval_start_date = "2024-01-01T00:00:00Z"
  depends_on           = [azurerm_kusto_script.facts_streams, azurerm_private_endpoint.facts, time_sleep.facts_streams]
}

# The database's own roles: Azure's do not reach rows.
resource "azurerm_kusto_database_principal_assignment" "facts" {
  for_each = {
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
