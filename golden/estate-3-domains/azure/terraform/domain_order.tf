# Domain order, owned by @buestate/order.

resource "azurerm_application_security_group" "order_api" {
  name                = "buestate-order-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "order_main" {
  name                = "buestate-order-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "order_main_shard" {
  name                = "buestate-order-main-shard"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

variable "order_main_password_version" {
  description = "Raise it to give the database order-main a new password, in the server and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "order_main" {
  length  = 32
  special = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

resource "azurerm_mysql_flexible_server" "order_main" {
  name                              = "buestate-order-main-${random_id.suffix.hex}"
  location                          = azurerm_resource_group.main.location
  resource_group_name               = azurerm_resource_group.main.name
  version                           = "8.4"
  sku_name                          = "GP_Standard_D2ads_v5"
  backup_retention_days             = 14
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.order_main.result
  administrator_password_wo_version = var.order_main_password_version
  public_network_access             = "Disabled"
  tags                              = local.tags

  storage {
    size_gb           = 50
    auto_grow_enabled = true
  }

  high_availability {
    mode = "ZoneRedundant"
  }

  customer_managed_key {
    key_vault_key_id                  = azurerm_key_vault_key.data.versionless_id
    primary_user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  # Storage grows by itself, and a failover moves the server to another zone.
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [high_availability[0].standby_availability_zone, storage[0].size_gb, zone]
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_mysql_flexible_database" "order_main" {
  name                = "order_main"
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.order_main.name
  charset             = "utf8mb4"
  collation           = "utf8mb4_0900_ai_ci"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_mysql_flexible_server_configuration" "order_main" {
  for_each = {
    require_secure_transport = "ON"
    tls_version              = "TLSv1.2,TLSv1.3"
  }

  name                = each.key
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.order_main.name
  value               = each.value
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "order_main" {
  name                = "buestate-order-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "order-main"
    private_connection_resource_id = azurerm_mysql_flexible_server.order_main.id
    subresource_names              = ["mysqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "order-main"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.mysql.database.azure.com"].id]
  }

  depends_on = [azurerm_mysql_flexible_database.order_main, azurerm_mysql_flexible_server_configuration.order_main]
}

resource "azurerm_private_endpoint_application_security_group_association" "order_main" {
  private_endpoint_id           = azurerm_private_endpoint.order_main.id
  application_security_group_id = azurerm_application_security_group.order_main.id
}

# prevent_destroy stops Terraform, the lock everybody else.
resource "azurerm_management_lock" "order_main" {
  name       = "buestate-order-main"
  scope      = azurerm_mysql_flexible_server.order_main.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of buestate."
}

# After the server: one that could not be created leaves no password behind.
resource "azurerm_key_vault_secret" "order_main" {
  name             = "order-main"
  key_vault_id     = azurerm_key_vault.main.id
  content_type     = "password"
  value_wo         = ephemeral.random_password.order_main.result
  value_wo_version = var.order_main_password_version
  tags             = local.tags
  depends_on       = [azurerm_mysql_flexible_server.order_main, time_sleep.operator]
}

locals {
  order_main_shards = toset(["s0", "s1", "s2", "s3"])
}

variable "order_main_shard_password_version" {
  description = "Raise it to give every shard of order-main a new password, in the servers and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "order_main_shard" {
  for_each = local.order_main_shards
  length   = 32
  special  = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

# One server for each id. A further id adds a server and changes none of the others.
resource "azurerm_mysql_flexible_server" "order_main_shard" {
  for_each                          = local.order_main_shards
  name                              = "buestate-order-main-shard-${each.key}-${random_id.suffix.hex}"
  location                          = azurerm_resource_group.main.location
  resource_group_name               = azurerm_resource_group.main.name
  version                           = "8.4"
  sku_name                          = "GP_Standard_D2ads_v5"
  backup_retention_days             = 14
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.order_main_shard[each.key].result
  administrator_password_wo_version = var.order_main_shard_password_version
  public_network_access             = "Disabled"
  tags                              = local.tags

  storage {
    size_gb           = 50
    auto_grow_enabled = true
  }

  high_availability {
    mode = "ZoneRedundant"
  }

  customer_managed_key {
    key_vault_key_id                  = azurerm_key_vault_key.data.versionless_id
    primary_user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  # Storage grows by itself, and a failover moves the server to another zone.
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [high_availability[0].standby_availability_zone, storage[0].size_gb, zone]
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_mysql_flexible_database" "order_main_shard" {
  for_each            = local.order_main_shards
  name                = "order_main"
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.order_main_shard[each.key].name
  charset             = "utf8mb4"
  collation           = "utf8mb4_0900_ai_ci"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_mysql_flexible_server_configuration" "order_main_shard_require_secure_transport" {
  for_each            = local.order_main_shards
  name                = "require_secure_transport"
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.order_main_shard[each.key].name
  value               = "ON"
}

resource "azurerm_mysql_flexible_server_configuration" "order_main_shard_tls_version" {
  for_each            = local.order_main_shards
  name                = "tls_version"
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.order_main_shard[each.key].name
  value               = "TLSv1.2,TLSv1.3"
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "order_main_shard" {
  for_each            = azurerm_mysql_flexible_server.order_main_shard
  name                = "buestate-order-main-shard-${each.key}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "order-main-shard"
    private_connection_resource_id = each.value.id
    subresource_names              = ["mysqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "order-main-shard"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.mysql.database.azure.com"].id]
  }

  depends_on = [
    azurerm_mysql_flexible_database.order_main_shard,
    azurerm_mysql_flexible_server_configuration.order_main_shard_require_secure_transport,
    azurerm_mysql_flexible_server_configuration.order_main_shard_tls_version,
  ]
}

resource "azurerm_private_endpoint_application_security_group_association" "order_main_shard" {
  for_each                      = azurerm_private_endpoint.order_main_shard
  private_endpoint_id           = each.value.id
  application_security_group_id = azurerm_application_security_group.order_main_shard.id
}

resource "azurerm_management_lock" "order_main_shard" {
  for_each   = azurerm_mysql_flexible_server.order_main_shard
  name       = "buestate-order-main-shard-${each.key}"
  scope      = each.value.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of buestate."
}

# After the server: one that could not be created leaves no password behind.
resource "azurerm_key_vault_secret" "order_main_shard" {
  for_each         = local.order_main_shards
  name             = "order-main-shard-${each.key}"
  key_vault_id     = azurerm_key_vault.main.id
  content_type     = "password"
  value_wo         = ephemeral.random_password.order_main_shard[each.key].result
  value_wo_version = var.order_main_shard_password_version
  tags             = local.tags
  depends_on       = [azurerm_mysql_flexible_server.order_main_shard, time_sleep.operator]
}

# Nothing secret: which key is on which shard. A change makes a new version of the entry.
resource "azurerm_key_vault_secret" "order_main_shards_map" {
  name         = "order-main-shards-map"
  key_vault_id = azurerm_key_vault.main.id
  content_type = "application/json"
  value        = "{\"format\":1,\"database\":\"order_main\",\"key\":\"customer_id\",\"tables\":[\"orders\",\"order_items\"],\"reference_tables\":[\"countries\"],\"shards\":[\"s0\",\"s1\",\"s2\",\"s3\"],\"strategy\":\"hash\",\"hash\":{\"function\":\"sha256\",\"of\":\"lower-case text\",\"hex_digits\":7,\"modulo\":4},\"version\":\"638bce8b8e18\"}"
  tags         = local.tags
  depends_on   = [time_sleep.operator]
}

# What machines are told of the shards that rows are routed to: id, host and entry of the vault.
locals {
  order_main_shard_table = join("\n      ", [for id in ["s0", "s1", "s2", "s3"] : "${id} ${azurerm_mysql_flexible_server.order_main_shard[id].fqdn} ${azurerm_key_vault_secret.order_main_shard[id].versionless_id}"])
}

resource "azurerm_private_dns_a_record" "order_api" {
  name                = "order-api"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 60
  records             = ["10.40.159.254"]
  tags                = local.tags
}

# What a service that knows the shards may read: the password of each.
locals {
  order_main_shard_grants = { for id, secret in azurerm_key_vault_secret.order_main_shard : "order-main-shard-${id}" => {
    role  = "Key Vault Secrets User"
    scope = secret.resource_versionless_id
  } }
}

resource "azurerm_user_assigned_identity" "order_api" {
  name                = "buestate-order-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "order_api" {
  for_each = merge({
    order-main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.order_main.resource_versionless_id
    }
    order-main-shards-map = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.order_main_shards_map.resource_versionless_id
    }
  }, local.order_main_shard_grants)

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.order_api.principal_id
  principal_type       = "ServicePrincipal"
}

locals {
  order_api_user_data = <<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of order-main ${var.order_main_password_version}
    # password of order-main-shard ${var.order_main_shard_password_version}
    # map of order-main 638bce8b8e18
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/order-api.env
        permissions: "0600"
        content: |
          AZURE_CLIENT_ID=${azurerm_user_assigned_identity.order_api.client_id}
          CATALOG_API_HOST=catalog-api.buestate.internal
          CATALOG_API_PORT=8010
          CATALOG_API_URL=http://catalog-api.buestate.internal:8010
          MAIN_HOST=${azurerm_mysql_flexible_server.order_main.fqdn}
          MAIN_NAME=order_main
          MAIN_PORT=3306
          MAIN_READ_HOST=${azurerm_mysql_flexible_server.order_main.fqdn}
          MAIN_READ_NAME=order_main
          MAIN_READ_PORT=3306
          MAIN_READ_SECRET=${azurerm_key_vault_secret.order_main.versionless_id}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${azurerm_key_vault_secret.order_main.versionless_id}
          MAIN_SHARDS=s0 s1 s2 s3
          MAIN_SHARDS_MAP_SECRET=${azurerm_key_vault_secret.order_main_shards_map.versionless_id}
          MAIN_TLS=require
          MAIN_USER=app_owner
          PORT=8020

      - path: /usr/local/bin/buestate-order-api-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/order-api.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/order-api.env "$target.new"

          # identity_token RESOURCE: prints a token of the service's own identity; the machine has another one too.
          client=$(sed -n 's/^AZURE_CLIENT_ID=//p' "$target.new")
          identity_token() {
            curl --silent --show-error --fail --retry 10 --retry-all-errors --header Metadata:true --get \
              --data api-version=2018-02-01 --data "client_id=$client" --data-urlencode "resource=$1" \
              http://169.254.169.254/metadata/identity/oauth2/token | jq --exit-status --raw-output .access_token
          }

          # fetch_secret IDENTIFIER: prints the value of a vault entry; 44 for one that nobody has filled.
          fetch_secret() {
            local token status
            token=$(identity_token https://vault.azure.net) || return 1
            # The token goes through a file descriptor: command lines can be read by everyone on the machine.
            status=$(curl --silent --show-error --retry 5 --header @<(printf 'Authorization: Bearer %s' "$token") \
              --output "$target.answer" --write-out '%%{http_code}' "$1?api-version=7.4") || return 1
            case $status in
              200) ;;
              404) return 44 ;;
              *) echo "the vault answered $status for $1" >&2 && return 1 ;;
            esac
            jq --exit-status '.contentType != "unfilled"' "$target.answer" >/dev/null || return 44
            jq --exit-status --join-output .value "$target.answer" || return 1
            rm -f "$target.answer"
          }

          # secret VARIABLE IDENTIFIER: adds the value of a vault entry; 44 where nobody has filled it yet.
          secret() {
            local value
            value=$(fetch_secret "$2") || return $?
            if [[ $value == *$'\n'* ]]; then
              echo "$1 has several lines, which the environment of a service cannot carry" >&2
              return 1
            fi
            printf '%s=%s\n' "$1" "$value" >>"$target.new"
          }
          secret MAIN_PASSWORD '${azurerm_key_vault_secret.order_main.versionless_id}'
          secret MAIN_READ_PASSWORD '${azurerm_key_vault_secret.order_main.versionless_id}'
          secret MAIN_SHARDS_MAP '${azurerm_key_vault_secret.order_main_shards_map.versionless_id}'
          while read -r id host identifier <&3; do
            name=MAIN_SHARD_$${id^^}
            printf '%s=%s\n' "$${name}_HOST" "$host" >>"$target.new"
            printf '%s=%s\n' "$${name}_PORT" 3306 "$${name}_NAME" order_main "$${name}_USER" app_owner \
              "$${name}_TLS" require "$${name}_SECRET" "$identifier" >>"$target.new"
            secret "$${name}_PASSWORD" "$identifier"
          done 3</etc/cloudgen/order-api.order-main-shard
          mv "$target.new" "$target"

      # Id, host and the vault's identifier of the password of each shard.
      - path: /etc/cloudgen/order-api.order-main-shard
        content: |
          ${local.order_main_shard_table}

      - path: /etc/systemd/system/buestate-order-api.service
        content: |
          [Unit]
          Description=buestate order-api
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/buestate-order-api-environment
          ExecStartPre=-/usr/bin/docker rm --force order-api
          ExecStart=/usr/bin/docker run --rm --name order-api --env-file /run/cloudgen/order-api.env --publish 8020:8020 --log-driver none registry.example.com/buestate/order:1.0.0
          ExecStop=/usr/bin/docker stop -t 50 order-api

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, buestate-order-api.service]
  EOT
}

resource "azurerm_linux_virtual_machine_scale_set" "order_api" {
  name                            = "buestate-order-api"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  sku                             = "Standard_D4s_v5"
  instances                       = 2
  zones                           = ["1", "2", "3"]
  platform_fault_domain_count     = 1
  single_placement_group          = false
  overprovision                   = false
  secure_boot_enabled             = true
  vtpm_enabled                    = true
  upgrade_mode                    = "Rolling"
  custom_data                     = base64gzip(local.order_api_user_data)
  admin_username                  = "ubuntu"
  disable_password_authentication = true
  tags                            = local.tags

  admin_ssh_key {
    username   = "ubuntu"
    public_key = local.nobodys_key
  }

  # The service's own identity has its grants; the machine's signs people and the monitoring agent in.
  identity {
    type         = "SystemAssigned, UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.order_api.id]
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    caching                = "ReadWrite"
    storage_account_type   = "Premium_LRS"
    disk_size_gb           = 30
    disk_encryption_set_id = azurerm_disk_encryption_set.main.id
  }

  network_interface {
    name                           = "order-api"
    primary                        = true
    accelerated_networking_enabled = true

    ip_configuration {
      name                                         = "order-api"
      primary                                      = true
      subnet_id                                    = azurerm_subnet.application.id
      application_security_group_ids               = [azurerm_application_security_group.order_api.id]
      application_gateway_backend_address_pool_ids = ["${azurerm_application_gateway.internal.id}/backendAddressPools/order-api"]
    }
  }

  # A change puts new machines beside the old ones before it removes those, a fifth at a time.
  rolling_upgrade_policy {
    max_batch_instance_percent = 20

    # Unhealthy machines must not keep the version out that would heal them: they are replaced first.
    max_unhealthy_instance_percent          = 100
    max_unhealthy_upgraded_instance_percent = 20
    prioritize_unhealthy_instances_enabled  = true
    pause_time_between_batches              = "PT1M"
    maximum_surge_instances_enabled         = true
  }

  automatic_instance_repair {
    enabled      = true
    action       = "Replace"
    grace_period = "PT10M"
  }

  boot_diagnostics {}

  extension {
    name                       = "health"
    publisher                  = "Microsoft.ManagedServices"
    type                       = "ApplicationHealthLinux"
    type_handler_version       = "1.0"
    auto_upgrade_minor_version = true

    settings = jsonencode({
      protocol    = "http"
      port        = 8020
      requestPath = "/health"
    })
  }

  extension {
    name                       = "start-up"
    publisher                  = "Microsoft.Azure.Extensions"
    type                       = "CustomScript"
    type_handler_version       = "2.1"
    auto_upgrade_minor_version = true

    # The next ones install packages: not while the machine itself does.
    settings = jsonencode({
      commandToExecute = "cloud-init status --wait || test $? -eq 2"
    })
  }

  extension {
    name                       = "entra-login"
    publisher                  = "Microsoft.Azure.ActiveDirectory"
    type                       = "AADSSHLoginForLinux"
    type_handler_version       = "1.0"
    auto_upgrade_minor_version = true
    provision_after_extensions = ["start-up"]
  }

  extension {
    name                       = "monitor"
    publisher                  = "Microsoft.Azure.Monitor"
    type                       = "AzureMonitorLinuxAgent"
    type_handler_version       = "1.0"
    auto_upgrade_minor_version = true
    automatic_upgrade_enabled  = true
    provision_after_extensions = ["start-up"]
  }

  # A change rolls over every machine before the apply is done.
  timeouts {
    create = "2h"
    update = "3h"
  }

  # The autoscaler's number.
  lifecycle {
    ignore_changes = [instances]
  }

  # What the first start needs: packages and images from outside, and whatever the service reads.
  depends_on = [
    azurerm_nat_gateway_public_ip_association.main,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.order_main,
    azurerm_private_endpoint.vault,
    azurerm_private_endpoint_application_security_group_association.order_main_shard,
    azurerm_role_assignment.order_api,
    azurerm_subnet_nat_gateway_association.application,
    azurerm_subnet_network_security_group_association.application,
  ]
}

resource "azurerm_monitor_autoscale_setting" "order_api" {
  name                = "buestate-order-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.order_api.id
  tags                = local.tags

  profile {
    name = "cpu"

    capacity {
      default = 2
      minimum = 2
      maximum = 8
    }

    rule {
      metric_trigger {
        metric_name        = "Percentage CPU"
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.order_api.id
        operator           = "GreaterThan"
        threshold          = 60
        statistic          = "Average"
        time_aggregation   = "Average"
        time_grain         = "PT1M"
        time_window        = "PT5M"
      }

      scale_action {
        direction = "Increase"
        type      = "ChangeCount"
        value     = 1
        cooldown  = "PT5M"
      }
    }

    # Well below, so that one machine fewer does not bring it back at once.
    rule {
      metric_trigger {
        metric_name        = "Percentage CPU"
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.order_api.id
        operator           = "LessThan"
        threshold          = 30
        statistic          = "Average"
        time_aggregation   = "Average"
        time_grain         = "PT1M"
        time_window        = "PT10M"
      }

      scale_action {
        direction = "Decrease"
        type      = "ChangeCount"
        value     = 1
        cooldown  = "PT10M"
      }
    }
  }
}

resource "azurerm_monitor_diagnostic_setting" "order_main_shard" {
  for_each                   = local.order_main_shards
  name                       = "buestate"
  target_resource_id         = azurerm_mysql_flexible_server.order_main_shard[each.key].id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  enabled_log {
    category_group = "allLogs"
  }

  enabled_metric {
    category = "AllMetrics"
  }
}

resource "azurerm_monitor_metric_alert" "order_main_shard_load" {
  for_each            = azurerm_mysql_flexible_server.order_main_shard
  name                = "buestate-order-main-shard-load-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A shard of order-main has had more than 80% processor load for 15 minutes. If the others are as busy, add shards or take larger ones."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforMySQL/flexibleServers"
    metric_name      = "cpu_percent"
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 80
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "order_main_shard_storage" {
  for_each            = azurerm_mysql_flexible_server.order_main_shard
  name                = "buestate-order-main-shard-storage-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A shard of order-main has less than 15% of its storage left."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforMySQL/flexibleServers"
    metric_name      = "storage_percent"
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 85
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "order_main_shard_hot" {
  name                    = "buestate-order-main-shard-hot"
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  scopes                  = [azurerm_log_analytics_workspace.main.id]
  description             = "A shard of order-main is more than 25 percentage points busier than the mean of all: one key, or one range of customer_id, draws the load."
  severity                = 2
  evaluation_frequency    = "PT5M"
  window_duration         = "PT15M"
  auto_mitigation_enabled = true

  # A new workspace knows the table when the first numbers are in it.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    # Percentage points above the mean of all shards in use, over the whole window.
    query = <<-EOT
      let loads = AzureMetrics
      | extend shard = extract("/buestate-order-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
      | where isnotempty(shard)
      | where MetricName == "cpu_percent"
      | summarize TimeGenerated = max(TimeGenerated), load = avg(Average) by shard;
      loads
      | extend above = load - toscalar(loads | summarize avg(load))
    EOT

    metric_measure_column   = "above"
    time_aggregation_method = "Maximum"
    operator                = "GreaterThan"
    threshold               = 25

    dimension {
      name     = "shard"
      operator = "Include"
      values   = ["*"]
    }
  }

  action {
    action_groups = [azurerm_monitor_action_group.main.id]
  }
}

resource "azurerm_application_insights_workbook" "order_main_shards" {
  # Azure wants a UUID here.
  name                = uuidv5("url", "${azurerm_log_analytics_workspace.main.id}/order-main-shards")
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  display_name        = "buestate-order-main-shards"

  data_json = jsonencode({
    version = "Notebook/1.0"
    items = [
      {
        type = 3
        name = "all"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Shards of order-main, the last hour"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "table"
          timeContext = {
            durationMs = 3600000
          }
          query = <<-EOT
            AzureMetrics
            | extend shard = extract("/buestate-order-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | summarize cpu = round(avgif(Average, MetricName == "cpu_percent"), 1), storage = round(avgif(Average, MetricName == "storage_percent"), 1), connections = round(avgif(Average, MetricName == "active_connections"), 1), io = round(avgif(Average, MetricName == "io_consumption_percent"), 1) by shard
            | order by cpu desc
          EOT
        }
      },
      {
        type = 3
        name = "cpu"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Processor load, percent"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/buestate-order-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "cpu_percent";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
      {
        type = 3
        name = "storage"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Storage used, percent"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/buestate-order-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "storage_percent";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
      {
        type = 3
        name = "connections"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Connections"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/buestate-order-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "active_connections";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
      {
        type = 3
        name = "io"
        content = {
          version                 = "KqlItem/1.0"
          title                   = "Reads and writes, percent of what the storage can"
          size                    = 0
          queryType               = 0
          resourceType            = "microsoft.operationalinsights/workspaces"
          crossComponentResources = [azurerm_log_analytics_workspace.main.id]
          visualization           = "timechart"
          timeContext = {
            durationMs = 86400000
          }
          query = <<-EOT
            let numbers = AzureMetrics
            | extend shard = extract("/buestate-order-main-shard-([a-z0-9]+)-", 1, tolower(ResourceId))
            | where isnotempty(shard)
            | where MetricName == "io_consumption_percent";
            let most = numbers
            | summarize mean = avg(Average) by shard
            | top 20 by mean;
            numbers
            | where shard in ((most | project shard))
            | summarize avg(Average) by shard, bin(TimeGenerated, 15m)
          EOT
        }
      },
    ]
    fallbackResourceIds = [azurerm_log_analytics_workspace.main.id]
    "$schema"           = "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"
  })

  tags = local.tags
}
