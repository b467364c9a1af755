# Domain catalog, owned by @buestate/catalog.

resource "azurerm_application_security_group" "catalog_api" {
  name                = "buestate-catalog-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "catalog_main" {
  name                = "buestate-catalog-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "catalog_main_read" {
  name                = "buestate-catalog-main-read"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

variable "catalog_main_password_version" {
  description = "Raise it to give the database catalog-main a new password, in the server and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "catalog_main" {
  length  = 32
  special = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

resource "azurerm_mysql_flexible_server" "catalog_main" {
  name                              = "buestate-catalog-main-${random_id.suffix.hex}"
  location                          = azurerm_resource_group.main.location
  resource_group_name               = azurerm_resource_group.main.name
  version                           = "8.4"
  sku_name                          = "GP_Standard_D2ads_v5"
  backup_retention_days             = 14
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.catalog_main.result
  administrator_password_wo_version = var.catalog_main_password_version
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

resource "azurerm_mysql_flexible_database" "catalog_main" {
  name                = "catalog_main"
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.catalog_main.name
  charset             = "utf8mb4"
  collation           = "utf8mb4_0900_ai_ci"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_mysql_flexible_server_configuration" "catalog_main" {
  for_each = {
    require_secure_transport = "ON"
    tls_version              = "TLSv1.2,TLSv1.3"
  }

  name                = each.key
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_mysql_flexible_server.catalog_main.name
  value               = each.value
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "catalog_main" {
  name                = "buestate-catalog-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "catalog-main"
    private_connection_resource_id = azurerm_mysql_flexible_server.catalog_main.id
    subresource_names              = ["mysqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "catalog-main"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.mysql.database.azure.com"].id]
  }

  depends_on = [
    azurerm_mysql_flexible_database.catalog_main,
    azurerm_mysql_flexible_server_configuration.catalog_main,
  ]
}

resource "azurerm_private_endpoint_application_security_group_association" "catalog_main" {
  private_endpoint_id           = azurerm_private_endpoint.catalog_main.id
  application_security_group_id = azurerm_application_security_group.catalog_main.id
}

# prevent_destroy stops Terraform, the lock everybody else.
resource "azurerm_management_lock" "catalog_main" {
  name       = "buestate-catalog-main"
  scope      = azurerm_mysql_flexible_server.catalog_main.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of buestate."
}

# After the server: one that could not be created leaves no password behind.
resource "azurerm_key_vault_secret" "catalog_main" {
  name             = "catalog-main"
  key_vault_id     = azurerm_key_vault.main.id
  content_type     = "password"
  value_wo         = ephemeral.random_password.catalog_main.result
  value_wo_version = var.catalog_main_password_version
  tags             = local.tags
  depends_on       = [azurerm_mysql_flexible_server.catalog_main, time_sleep.operator]
}

variable "catalog_main_replica_series" {
  description = "Part of the names of catalog-main's read replicas. Another letter makes all of them anew, under new names: after a promotion, the old names are taken."
  type        = string
  default     = "a"
}

# A new server can be copied when its first backup is there, which is some minutes after it is made.
resource "time_sleep" "catalog_main_replica" {
  create_duration = "10m"

  triggers = {
    primary = azurerm_mysql_flexible_server.catalog_main.id
  }

  depends_on = [azurerm_private_endpoint.catalog_main]
}

# Spread over the zones. Maintenance comes to each at a time of its own: from the hour of the blueprint's backups on (UTC), another day
# (0 is Sunday) for each.
resource "azurerm_mysql_flexible_server" "catalog_main_replica" {
  for_each = {
    "1" = {
      zone = "1"
      day  = 0
      hour = 18
    }
  }

  name                  = "buestate-catalog-main-replica-${each.key}${var.catalog_main_replica_series}-${random_id.suffix.hex}"
  location              = azurerm_resource_group.main.location
  resource_group_name   = azurerm_resource_group.main.name
  create_mode           = "Replica"
  source_server_id      = azurerm_mysql_flexible_server.catalog_main.id
  sku_name              = "GP_Standard_D2ads_v5"
  zone                  = each.value.zone
  version               = "8.4"
  backup_retention_days = 14
  public_network_access = "Disabled"
  tags                  = local.tags

  storage {
    # At least what the primary has grown to.
    size_gb           = azurerm_mysql_flexible_server.catalog_main.storage[0].size_gb
    auto_grow_enabled = true
  }

  customer_managed_key {
    key_vault_key_id                  = azurerm_key_vault_key.data.versionless_id
    primary_user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  maintenance_window {
    day_of_week = each.value.day
    start_hour  = each.value.hour
  }

  # Storage grows by itself, and no server changes its zone.
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [storage[0].size_gb, zone]
  }

  # The primary does one thing at a time.
  depends_on = [time_sleep.catalog_main_replica]
}

resource "azurerm_mysql_flexible_server_configuration" "catalog_main_replica" {
  for_each = {
    "1/require_secure_transport" = {
      server = azurerm_mysql_flexible_server.catalog_main_replica["1"].name
      name   = "require_secure_transport"
      value  = "ON"
    }
    "1/tls_version" = {
      server = azurerm_mysql_flexible_server.catalog_main_replica["1"].name
      name   = "tls_version"
      value  = "TLSv1.2,TLSv1.3"
    }
  }

  name                = each.value.name
  resource_group_name = azurerm_resource_group.main.name
  server_name         = each.value.server
  value               = each.value.value
}

resource "azurerm_private_endpoint" "catalog_main_replica" {
  for_each            = azurerm_mysql_flexible_server.catalog_main_replica
  name                = "buestate-catalog-main-replica-${each.key}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "catalog-main-replica"
    private_connection_resource_id = each.value.id
    subresource_names              = ["mysqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "catalog-main-replica"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.mysql.database.azure.com"].id]
  }

  depends_on = [azurerm_mysql_flexible_server_configuration.catalog_main_replica]
}

resource "azurerm_private_endpoint_application_security_group_association" "catalog_main_replica" {
  for_each                      = azurerm_private_endpoint.catalog_main_replica
  private_endpoint_id           = each.value.id
  application_security_group_id = azurerm_application_security_group.catalog_main_read.id
}

resource "azurerm_management_lock" "catalog_main_replica" {
  for_each   = azurerm_mysql_flexible_server.catalog_main_replica
  name       = "buestate-catalog-main-replica-${each.key}"
  scope      = each.value.id
  lock_level = "CanNotDelete"
  notes      = "Answers the readers of buestate."
}

# One address for each read replica: clients choose among them.
resource "azurerm_private_dns_a_record" "catalog_main_read" {
  name                = "catalog-main-read"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 30
  records             = values(azurerm_private_endpoint.catalog_main_replica)[*].private_service_connection[0].private_ip_address
  tags                = local.tags

  # No rule lets anybody reach an endpoint that is not in its group yet.
  depends_on = [
    azurerm_private_dns_zone_virtual_network_link.internal,
    azurerm_private_endpoint_application_security_group_association.catalog_main_replica,
  ]
}

resource "azurerm_private_dns_a_record" "catalog_api" {
  name                = "catalog-api"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 60
  records             = ["10.40.159.254"]
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "catalog_api" {
  name                = "buestate-catalog-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "catalog_api" {
  for_each = {
    catalog-main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.catalog_main.resource_versionless_id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.catalog_api.principal_id
  principal_type       = "ServicePrincipal"
}

locals {
  catalog_api_user_data = <<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of catalog-main ${var.catalog_main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/catalog-api.env
        permissions: "0600"
        content: |
          AZURE_CLIENT_ID=${azurerm_user_assigned_identity.catalog_api.client_id}
          MAIN_HOST=${azurerm_mysql_flexible_server.catalog_main.fqdn}
          MAIN_NAME=catalog_main
          MAIN_PORT=3306
          MAIN_READ_HOST=catalog-main-read.buestate.internal
          MAIN_READ_NAME=catalog_main
          MAIN_READ_PORT=3306
          MAIN_READ_SECRET=${azurerm_key_vault_secret.catalog_main.versionless_id}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${azurerm_key_vault_secret.catalog_main.versionless_id}
          MAIN_TLS=require
          MAIN_USER=app_owner
          PORT=8010

      - path: /usr/local/bin/buestate-catalog-api-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/catalog-api.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/catalog-api.env "$target.new"

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
          secret MAIN_PASSWORD '${azurerm_key_vault_secret.catalog_main.versionless_id}'
          secret MAIN_READ_PASSWORD '${azurerm_key_vault_secret.catalog_main.versionless_id}'
          mv "$target.new" "$target"

      - path: /etc/systemd/system/buestate-catalog-api.service
        content: |
          [Unit]
          Description=buestate catalog-api
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/buestate-catalog-api-environment
          ExecStartPre=-/usr/bin/docker rm --force catalog-api
          ExecStart=/usr/bin/docker run --rm --name catalog-api --env-file /run/cloudgen/catalog-api.env --publish 8010:8010 --log-driver none registry.example.com/buestate/catalog:1.0.0
          ExecStop=/usr/bin/docker stop -t 50 catalog-api

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, buestate-catalog-api.service]
  EOT
}

resource "azurerm_linux_virtual_machine_scale_set" "catalog_api" {
  name                            = "buestate-catalog-api"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  sku                             = "Standard_D2s_v5"
  instances                       = 2
  zones                           = ["1", "2", "3"]
  platform_fault_domain_count     = 1
  single_placement_group          = false
  overprovision                   = false
  secure_boot_enabled             = true
  vtpm_enabled                    = true
  upgrade_mode                    = "Rolling"
  custom_data                     = base64encode(local.catalog_api_user_data)
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
    identity_ids = [azurerm_user_assigned_identity.catalog_api.id]
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
    name                           = "catalog-api"
    primary                        = true
    accelerated_networking_enabled = true

    ip_configuration {
      name                                         = "catalog-api"
      primary                                      = true
      subnet_id                                    = azurerm_subnet.application.id
      application_security_group_ids               = [azurerm_application_security_group.catalog_api.id]
      application_gateway_backend_address_pool_ids = ["${azurerm_application_gateway.internal.id}/backendAddressPools/catalog-api"]
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
      port        = 8010
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
    azurerm_private_dns_a_record.catalog_main_read,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.catalog_main,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.catalog_api,
    azurerm_subnet_nat_gateway_association.application,
    azurerm_subnet_network_security_group_association.application,
  ]
}

resource "azurerm_monitor_autoscale_setting" "catalog_api" {
  name                = "buestate-catalog-api"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.catalog_api.id
  tags                = local.tags

  profile {
    name = "cpu"

    capacity {
      default = 2
      minimum = 2
      maximum = 6
    }

    rule {
      metric_trigger {
        metric_name        = "Percentage CPU"
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.catalog_api.id
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
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.catalog_api.id
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

resource "azurerm_monitor_metric_alert" "catalog_main_replica_lag" {
  for_each            = azurerm_mysql_flexible_server.catalog_main_replica
  name                = "buestate-catalog-main-replica-lag-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A read replica of catalog-main is more than 60 seconds behind: readers see old data. Look for long transactions and for replicas that are too small."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforMySQL/flexibleServers"
    metric_name      = "replication_lag"

    # The least of the window: all of it was above.
    aggregation = "Minimum"
    operator    = "GreaterThan"
    threshold   = 60
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "catalog_main_replica_lag_receiver" {
  for_each            = azurerm_mysql_flexible_server.catalog_main_replica
  name                = "buestate-catalog-main-replica-lag-receiver-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A replica of catalog-main no longer receives changes: it answers with ever older data."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforMySQL/flexibleServers"
    metric_name      = "Replica_IO_Running"
    aggregation      = "Maximum"
    operator         = "LessThan"
    threshold        = 1
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "catalog_main_replica_lag_applier" {
  for_each            = azurerm_mysql_flexible_server.catalog_main_replica
  name                = "buestate-catalog-main-replica-lag-applier-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A replica of catalog-main no longer applies changes: it answers with ever older data."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforMySQL/flexibleServers"
    metric_name      = "Replica_SQL_Running"
    aggregation      = "Maximum"
    operator         = "LessThan"
    threshold        = 1
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}
