# Domain market, owned by @bumall/market.

# The rules name these groups rather than addresses: one for each service, one for each store. Azure deletes none that a rule names:
# create_before_destroy has Terraform change the rules first.
resource "azurerm_application_security_group" "market_mailer" {
  name                = "bumall-market-mailer"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "market_web" {
  name                = "bumall-market-web"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "market_main" {
  name                = "bumall-market-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "azurerm_application_security_group" "market_main_read" {
  name                = "bumall-market-main-read"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

variable "market_main_password_version" {
  description = "Raise it to give the database market-main a new password, in the server and in the vault alike."
  type        = number
  default     = 1
}

ephemeral "random_password" "market_main" {
  length  = 32
  special = false

  # Azure wants three kinds of characters.
  min_lower   = 1
  min_numeric = 1
  min_upper   = 1
}

resource "azurerm_postgresql_flexible_server" "market_main" {
  name                = "bumall-market-main-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  version             = "17"
  sku_name            = "GP_Standard_D2ds_v5"

  # 100 GiB, rounded up to a size that Azure has.
  storage_mb                        = 131072
  auto_grow_enabled                 = true
  backup_retention_days             = 7
  administrator_login               = "app_owner"
  administrator_password_wo         = ephemeral.random_password.market_main.result
  administrator_password_wo_version = var.market_main_password_version
  public_network_access_enabled     = false
  tags                              = local.tags

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
    ignore_changes  = [high_availability[0].standby_availability_zone, storage_mb, zone]
  }

  depends_on = [time_sleep.encryption]
}

resource "azurerm_postgresql_flexible_server_database" "market_main" {
  name      = "market_main"
  server_id = azurerm_postgresql_flexible_server.market_main.id

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_postgresql_flexible_server_configuration" "market_main" {
  for_each = {
    require_secure_transport = "on"
    ssl_min_protocol_version = "TLSv1.2"
  }

  name      = each.key
  server_id = azurerm_postgresql_flexible_server.market_main.id
  value     = each.value
}

# The server does one thing at a time.
resource "azurerm_private_endpoint" "market_main" {
  name                = "bumall-market-main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "market-main"
    private_connection_resource_id = azurerm_postgresql_flexible_server.market_main.id
    subresource_names              = ["postgresqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "market-main"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.postgres.database.azure.com"].id]
  }

  depends_on = [
    azurerm_postgresql_flexible_server_configuration.market_main,
    azurerm_postgresql_flexible_server_database.market_main,
  ]
}

resource "azurerm_private_endpoint_application_security_group_association" "market_main" {
  private_endpoint_id           = azurerm_private_endpoint.market_main.id
  application_security_group_id = azurerm_application_security_group.market_main.id
}

# prevent_destroy stops Terraform, the lock everybody else.
resource "azurerm_management_lock" "market_main" {
  name       = "bumall-market-main"
  scope      = azurerm_postgresql_flexible_server.market_main.id
  lock_level = "CanNotDelete"
  notes      = "Holds the data of bumall."
}

# After the server: one that could not be created leaves no password behind.
resource "azurerm_key_vault_secret" "market_main" {
  name             = "market-main"
  key_vault_id     = azurerm_key_vault.main.id
  content_type     = "password"
  value_wo         = ephemeral.random_password.market_main.result
  value_wo_version = var.market_main_password_version
  tags             = local.tags
  depends_on       = [azurerm_postgresql_flexible_server.market_main, time_sleep.operator]
}

variable "market_main_replica_series" {
  description = "Part of the names of market-main's read replicas. Another letter makes all of them anew, under new names: after a promotion, the old names are taken."
  type        = string
  default     = "a"
}

# Spread over the zones. Maintenance comes to each at a time of its own: from the hour of the blueprint's backups on (UTC), another day
# (0 is Sunday) for each.
resource "azurerm_postgresql_flexible_server" "market_main_replica" {
  for_each = {
    "1" = {
      zone = "1"
      day  = 0
      hour = 18
    }
  }

  name                = "bumall-market-main-replica-${each.key}${var.market_main_replica_series}-${random_id.suffix.hex}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  create_mode         = "Replica"
  source_server_id    = azurerm_postgresql_flexible_server.market_main.id
  sku_name            = "GP_Standard_D2ds_v5"
  zone                = each.value.zone

  # At least what the primary has grown to.
  storage_mb                    = azurerm_postgresql_flexible_server.market_main.storage_mb
  auto_grow_enabled             = true
  public_network_access_enabled = false
  tags                          = local.tags

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
    ignore_changes  = [storage_mb, zone]
  }

  # The primary does one thing at a time.
  depends_on = [azurerm_private_endpoint.market_main]
}

resource "azurerm_postgresql_flexible_server_configuration" "market_main_replica" {
  for_each = {
    "1/require_secure_transport" = {
      server = azurerm_postgresql_flexible_server.market_main_replica["1"].id
      name   = "require_secure_transport"
      value  = "on"
    }
    "1/ssl_min_protocol_version" = {
      server = azurerm_postgresql_flexible_server.market_main_replica["1"].id
      name   = "ssl_min_protocol_version"
      value  = "TLSv1.2"
    }
  }

  name      = each.value.name
  server_id = each.value.server
  value     = each.value.value
}

resource "azurerm_private_endpoint" "market_main_replica" {
  for_each            = azurerm_postgresql_flexible_server.market_main_replica
  name                = "bumall-market-main-replica-${each.key}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.data.id
  tags                = local.tags

  private_service_connection {
    name                           = "market-main-replica"
    private_connection_resource_id = each.value.id
    subresource_names              = ["postgresqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "market-main-replica"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.postgres.database.azure.com"].id]
  }

  depends_on = [azurerm_postgresql_flexible_server_configuration.market_main_replica]
}

resource "azurerm_private_endpoint_application_security_group_association" "market_main_replica" {
  for_each                      = azurerm_private_endpoint.market_main_replica
  private_endpoint_id           = each.value.id
  application_security_group_id = azurerm_application_security_group.market_main_read.id
}

resource "azurerm_management_lock" "market_main_replica" {
  for_each   = azurerm_postgresql_flexible_server.market_main_replica
  name       = "bumall-market-main-replica-${each.key}"
  scope      = each.value.id
  lock_level = "CanNotDelete"
  notes      = "Answers the readers of bumall."
}

# One address for each read replica: clients choose among them.
resource "azurerm_private_dns_a_record" "market_main_read" {
  name                = "market-main-read"
  private_dns_zone_id = azurerm_private_dns_zone.internal.id
  ttl                 = 30
  records             = values(azurerm_private_endpoint.market_main_replica)[*].private_service_connection[0].private_ip_address
  tags                = local.tags

  # No rule lets anybody reach an endpoint that is not in its group yet.
  depends_on = [
    azurerm_private_dns_zone_virtual_network_link.internal,
    azurerm_private_endpoint_application_security_group_association.market_main_replica,
  ]
}

# A queue of its own rather than the built-in one, which whoever takes messages may read as well.
resource "azurerm_servicebus_queue" "market_mailer_from_pay_paid_dead" {
  name                = "market-mailer-from-pay-paid-dead"
  namespace_id        = azurerm_servicebus_namespace.main.id
  default_message_ttl = "P14D"

  # Where a message brings a shorter time to live of its own, it waits in the built-in dead-letter queue of this one.
  dead_lettering_on_message_expiration = true
  max_size_in_megabytes                = 81920
}

resource "azurerm_servicebus_queue" "market_mailer_from_pay_paid" {
  name                                 = "market-mailer-from-pay-paid"
  namespace_id                         = azurerm_servicebus_namespace.main.id
  lock_duration                        = "PT1M"
  max_delivery_count                   = 5
  default_message_ttl                  = "P4D"
  dead_lettering_on_message_expiration = true
  forward_dead_lettered_messages_to    = azurerm_servicebus_queue.market_mailer_from_pay_paid_dead.name
  max_size_in_megabytes                = 81920

  # In order within a session: every message names one, and whoever takes messages accepts sessions.
  requires_session = true
}

# What it gets goes on to the queue of the same name: Azure measures queues, and no subscriptions.
resource "azurerm_servicebus_subscription" "market_mailer_from_pay_paid" {
  name                                 = "market-mailer"
  topic_id                             = azurerm_servicebus_topic.pay_paid.id
  max_delivery_count                   = 10
  forward_to                           = azurerm_servicebus_queue.market_mailer_from_pay_paid.name
  dead_lettering_on_message_expiration = true
  forward_dead_lettered_messages_to    = azurerm_servicebus_queue.market_mailer_from_pay_paid_dead.name
}

resource "azurerm_servicebus_subscription_rule" "market_mailer_from_pay_paid" {
  name            = "wanted"
  subscription_id = azurerm_servicebus_subscription.market_mailer_from_pay_paid.id
  filter_type     = "SqlFilter"
  sql_filter      = "1=1"
}

resource "azurerm_user_assigned_identity" "market_mailer" {
  name                = "bumall-market-mailer"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "market_mailer" {
  for_each = {
    "market-mailer-from-pay-paid/receive" = {
      role  = "Azure Service Bus Data Receiver"
      scope = azurerm_servicebus_queue.market_mailer_from_pay_paid.id
    }
    "registry/pull" = {
      role  = "AcrPull"
      scope = azurerm_container_registry.main.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.market_mailer.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "market_web" {
  name                = "bumall-market-web"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "market_web" {
  for_each = {
    market-main = {
      role  = "Key Vault Secrets User"
      scope = azurerm_key_vault_secret.market_main.resource_versionless_id
    }
    media = {
      role  = "Storage Blob Data Contributor"
      scope = azurerm_storage_container.media.id
    }
    "registry/pull" = {
      role  = "AcrPull"
      scope = azurerm_container_registry.main.id
    }
    "ship-orders/send" = {
      role  = "Azure Service Bus Data Sender"
      scope = azurerm_servicebus_queue.ship_orders.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.market_web.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_managed_redis_access_policy_assignment" "market_web" {
  for_each = {
    session = azurerm_managed_redis.session.id
  }

  managed_redis_id = each.value
  object_id        = azurerm_user_assigned_identity.market_web.principal_id

  # A cache does one thing at a time.
  depends_on = [azurerm_private_endpoint.session]
}

locals {
  market_mailer_user_data = <<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/market-mailer.env
        permissions: "0600"
        content: |
          AZURE_CLIENT_ID=${azurerm_user_assigned_identity.market_mailer.client_id}
          PAY_PAID_BATCH=10
          PAY_PAID_SOURCE=market-mailer-from-pay-paid
          PAY_PAID_SOURCE_ENDPOINT=${local.service_bus}
          PAY_PAID_SOURCE_PROTOCOL=servicebus
          PAY_PAID_VISIBILITY_SECONDS=60

      - path: /usr/local/bin/bumall-market-mailer-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/market-mailer.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/market-mailer.env "$target.new"

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

          image=${azurerm_container_registry.main.login_server}/mailer:1.0.0
          registry=$${image%%/*}
          # The registry takes a token of the service's identity for a password of its own.
          DOCKER_CONFIG=$(mktemp -d)
          export DOCKER_CONFIG
          identity_token https://management.azure.com/ |
            curl --silent --show-error --fail --retry 5 --data grant_type=access_token --data service="$registry" \
              --data-urlencode access_token@- https://"$registry"/oauth2/exchange |
            jq --exit-status --raw-output .refresh_token |
            docker login --username 00000000-0000-0000-0000-000000000000 --password-stdin "$registry"
          docker pull --quiet "$image"
          rm -rf "$DOCKER_CONFIG"
          mv "$target.new" "$target"

      - path: /usr/local/bin/bumall-market-mailer-health
        permissions: "0755"
        content: |
          #!/bin/bash
          # Answers one request: the service is healthy when it has run for a minute without a restart.
          while IFS= read -r -t 5 line && [[ $line != $'\r' ]]; do :; done
          unit=bumall-market-mailer.service
          since=$(systemctl show --property ActiveEnterTimestampMonotonic --value "$unit")
          read -r uptime _ </proc/uptime
          state=Unhealthy
          if systemctl is-active --quiet "$unit" && (($${uptime%.*} - since / 1000000 >= 60)); then state=Healthy; fi
          printf 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"ApplicationHealthState": "%s"}' "$state"

      - path: /etc/systemd/system/bumall-market-mailer-health.socket
        content: |
          [Unit]
          Description=Whether bumall market-mailer runs

          [Socket]
          ListenStream=127.0.0.1:8099
          Accept=yes

          [Install]
          WantedBy=sockets.target

      - path: /etc/systemd/system/bumall-market-mailer-health@.service
        content: |
          [Unit]
          Description=Whether bumall market-mailer runs
          CollectMode=inactive-or-failed

          [Service]
          DynamicUser=yes
          StandardInput=socket
          ExecStart=/usr/local/bin/bumall-market-mailer-health

      - path: /etc/systemd/system/bumall-market-mailer.service
        content: |
          [Unit]
          Description=bumall market-mailer
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumall-market-mailer-environment
          ExecStartPre=-/usr/bin/docker rm --force market-mailer
          ExecStart=/usr/bin/docker run --rm --name market-mailer --env-file /run/cloudgen/market-mailer.env --log-driver none ${azurerm_container_registry.main.login_server}/mailer:1.0.0
          ExecStop=/usr/bin/docker stop -t 50 market-mailer

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, bumall-market-mailer-health.socket]
      - [systemctl, enable, --now, --no-block, bumall-market-mailer.service]
  EOT
}

resource "azurerm_linux_virtual_machine_scale_set" "market_mailer" {
  name                            = "bumall-market-mailer"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  sku                             = "Standard_D2ls_v5"
  instances                       = 1
  zones                           = ["1", "2", "3"]
  platform_fault_domain_count     = 1
  single_placement_group          = false
  overprovision                   = false
  secure_boot_enabled             = true
  vtpm_enabled                    = true
  upgrade_mode                    = "Rolling"
  custom_data                     = base64encode(local.market_mailer_user_data)
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
    identity_ids = [azurerm_user_assigned_identity.market_mailer.id]
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
    name                           = "market-mailer"
    primary                        = true
    accelerated_networking_enabled = true

    ip_configuration {
      name                           = "market-mailer"
      primary                        = true
      subnet_id                      = azurerm_subnet.application.id
      application_security_group_ids = [azurerm_application_security_group.market_mailer.id]
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

  # Azure takes 10 to 90 minutes; the blueprint says 300 seconds.
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
    type_handler_version       = "2.0"
    auto_upgrade_minor_version = true

    settings = jsonencode({
      protocol    = "http"
      port        = 8099
      requestPath = "/"
      gracePeriod = 600
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
    azurerm_private_endpoint.registry,
    azurerm_private_endpoint.service_bus,
    azurerm_private_endpoint_application_security_group_association.registry,
    azurerm_role_assignment.market_mailer,
    azurerm_subnet_nat_gateway_association.application,
    azurerm_subnet_network_security_group_association.application,
  ]
}

resource "azurerm_monitor_autoscale_setting" "market_mailer" {
  name                = "bumall-market-mailer"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.market_mailer.id
  tags                = local.tags

  profile {
    name = "load"

    capacity {
      default = 1
      minimum = 1
      maximum = 2
    }

    rule {
      metric_trigger {
        metric_name        = "Percentage CPU"
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.market_mailer.id
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

    rule {
      metric_trigger {
        metric_name              = "ActiveMessages"
        metric_namespace         = "Microsoft.ServiceBus/namespaces"
        metric_resource_id       = azurerm_servicebus_namespace.main.id
        operator                 = "GreaterThan"
        threshold                = 100
        statistic                = "Average"
        time_aggregation         = "Average"
        time_grain               = "PT1M"
        time_window              = "PT5M"
        divide_by_instance_count = true

        dimensions {
          name     = "EntityName"
          operator = "Equals"
          values   = ["market-mailer-from-pay-paid"]
        }
      }

      scale_action {
        direction = "Increase"
        type      = "PercentChangeCount"
        value     = 100
        cooldown  = "PT5M"
      }
    }

    # Well below, so that one machine fewer does not bring it back at once.
    rule {
      metric_trigger {
        metric_name        = "Percentage CPU"
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.market_mailer.id
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

    rule {
      metric_trigger {
        metric_name              = "ActiveMessages"
        metric_namespace         = "Microsoft.ServiceBus/namespaces"
        metric_resource_id       = azurerm_servicebus_namespace.main.id
        operator                 = "LessThan"
        threshold                = 50
        statistic                = "Average"
        time_aggregation         = "Average"
        time_grain               = "PT1M"
        time_window              = "PT10M"
        divide_by_instance_count = true

        dimensions {
          name     = "EntityName"
          operator = "Equals"
          values   = ["market-mailer-from-pay-paid"]
        }
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

locals {
  market_web_user_data = <<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of market-main ${var.market_main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/market-web.env
        permissions: "0600"
        content: |
          AZURE_CLIENT_ID=${azurerm_user_assigned_identity.market_web.client_id}
          MAIN_HOST=${azurerm_postgresql_flexible_server.market_main.fqdn}
          MAIN_NAME=market_main
          MAIN_PORT=5432
          MAIN_READ_HOST=market-main-read.bumall.internal
          MAIN_READ_NAME=market_main
          MAIN_READ_PORT=5432
          MAIN_READ_SECRET=${azurerm_key_vault_secret.market_main.versionless_id}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${azurerm_key_vault_secret.market_main.versionless_id}
          MAIN_TLS=require
          MAIN_USER=app_owner
          MEDIA_BUCKET=${azurerm_storage_container.media.name}
          MEDIA_ENDPOINT=${trimsuffix(azurerm_storage_account.media.primary_blob_endpoint, "/")}
          MEDIA_REGION=koreacentral
          PAY_API_HOST=pay-api.bumall.internal
          PAY_API_PORT=8081
          PAY_API_URL=http://pay-api.bumall.internal:8081
          PORT=8080
          SESSION_AUTH=token
          SESSION_HOST=${azurerm_managed_redis.session.hostname}
          SESSION_PORT=10000
          SESSION_TLS=require
          SESSION_USER=${azurerm_user_assigned_identity.market_web.principal_id}
          SHIP_ORDERS_ENDPOINT=${local.service_bus}
          SHIP_ORDERS_PROTOCOL=servicebus
          SHIP_ORDERS_QUEUE=ship-orders

      - path: /usr/local/bin/bumall-market-web-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/market-web.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/market-web.env "$target.new"

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
          secret MAIN_PASSWORD '${azurerm_key_vault_secret.market_main.versionless_id}'
          secret MAIN_READ_PASSWORD '${azurerm_key_vault_secret.market_main.versionless_id}'

          image=${azurerm_container_registry.main.login_server}/market:2.0.0
          registry=$${image%%/*}
          # The registry takes a token of the service's identity for a password of its own.
          DOCKER_CONFIG=$(mktemp -d)
          export DOCKER_CONFIG
          identity_token https://management.azure.com/ |
            curl --silent --show-error --fail --retry 5 --data grant_type=access_token --data service="$registry" \
              --data-urlencode access_token@- https://"$registry"/oauth2/exchange |
            jq --exit-status --raw-output .refresh_token |
            docker login --username 00000000-0000-0000-0000-000000000000 --password-stdin "$registry"
          docker pull --quiet "$image"
          rm -rf "$DOCKER_CONFIG"
          mv "$target.new" "$target"

      - path: /etc/systemd/system/bumall-market-web.service
        content: |
          [Unit]
          Description=bumall market-web
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumall-market-web-environment
          ExecStartPre=-/usr/bin/docker rm --force market-web
          ExecStart=/usr/bin/docker run --rm --name market-web --env-file /run/cloudgen/market-web.env --publish 8080:8080 --log-driver none ${azurerm_container_registry.main.login_server}/market:2.0.0
          ExecStop=/usr/bin/docker stop -t 50 market-web

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumall-market-web.service]
  EOT
}

resource "azurerm_linux_virtual_machine_scale_set" "market_web" {
  name                            = "bumall-market-web"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  sku                             = "Standard_D2ls_v5"
  instances                       = 2
  zones                           = ["1", "2", "3"]
  platform_fault_domain_count     = 1
  single_placement_group          = false
  overprovision                   = false
  secure_boot_enabled             = true
  vtpm_enabled                    = true
  upgrade_mode                    = "Rolling"
  custom_data                     = base64encode(local.market_web_user_data)
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
    identity_ids = [azurerm_user_assigned_identity.market_web.id]
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
    name                           = "market-web"
    primary                        = true
    accelerated_networking_enabled = true

    ip_configuration {
      name                                         = "market-web"
      primary                                      = true
      subnet_id                                    = azurerm_subnet.application.id
      application_security_group_ids               = [azurerm_application_security_group.market_web.id]
      application_gateway_backend_address_pool_ids = ["${azurerm_application_gateway.public.id}/backendAddressPools/market-web"]
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

  # Azure takes 10 to 90 minutes; the blueprint says 300 seconds.
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
      port        = 8080
      requestPath = "/healthz"
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
    azurerm_managed_redis_access_policy_assignment.market_web,
    azurerm_nat_gateway_public_ip_association.main,
    azurerm_private_dns_a_record.market_main_read,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.market_main,
    azurerm_private_endpoint.media,
    azurerm_private_endpoint.registry,
    azurerm_private_endpoint.service_bus,
    azurerm_private_endpoint.session,
    azurerm_private_endpoint.vault,
    azurerm_private_endpoint_application_security_group_association.registry,
    azurerm_role_assignment.market_web,
    azurerm_subnet_nat_gateway_association.application,
    azurerm_subnet_network_security_group_association.application,
  ]
}

resource "azurerm_monitor_autoscale_setting" "market_web" {
  name                = "bumall-market-web"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.market_web.id
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
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.market_web.id
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
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.market_web.id
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

resource "azurerm_monitor_metric_alert" "market_mailer_from_pay_paid_dead" {
  name                = "bumall-market-mailer-from-pay-paid-dead"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "market-mailer-from-pay-paid has dead letters: messages that were handed out 5 times and never done. Look at one of them and at the logs of who takes them; send them again when the reason is gone. Messages that nobody took in time are there too, and say so in `DeadLetterReason`."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.ServiceBus/namespaces"
    metric_name      = "Messages"
    aggregation      = "Maximum"
    operator         = "GreaterThan"
    threshold        = 0

    dimension {
      name     = "EntityName"
      operator = "Include"
      values   = ["market-mailer-from-pay-paid-dead"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "market_mailer_from_pay_paid_waiting" {
  name                = "bumall-market-mailer-from-pay-paid-waiting"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_servicebus_namespace.main.id]
  description         = "A message of market-mailer-from-pay-paid has waited for more than 15 minutes: nobody takes it, or there are too few workers. Look whether they run, and at `scale`. Azure does not measure how long a message waits: there were more than 20 of them all the time, which is what all workers together have in hand at most."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.ServiceBus/namespaces"
    metric_name      = "ActiveMessages"

    # The least of the window: all of it was above.
    aggregation = "Minimum"
    operator    = "GreaterThan"
    threshold   = 20

    dimension {
      name     = "EntityName"
      operator = "Include"
      values   = ["market-mailer-from-pay-paid"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "market_main_replica_lag" {
  for_each            = azurerm_postgresql_flexible_server.market_main_replica
  name                = "bumall-market-main-replica-lag-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [each.value.id]
  description         = "A read replica of market-main is more than 60 seconds behind: readers see old data. Look for long transactions and for replicas that are too small."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = "physical_replication_delay_in_seconds"

    # The least of the window: all of it was above.
    aggregation = "Minimum"
    operator    = "GreaterThan"
    threshold   = 60
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "market_main_replica_lag_backlog" {
  name                = "bumall-market-main-replica-lag-backlog"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_postgresql_flexible_server.market_main.id]
  description         = "The primary of market-main keeps more than 1 GiB of changes for a replica that does not take them: it is slow, or down."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = "physical_replication_delay_in_bytes"
    aggregation      = "Maximum"
    operator         = "GreaterThan"
    threshold        = 1073741824
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}

resource "azurerm_monitor_metric_alert" "market_main_replica_lag_storage" {
  name                = "bumall-market-main-replica-lag-storage"
  resource_group_name = azurerm_resource_group.main.name
  scopes              = [azurerm_postgresql_flexible_server.market_main.id]
  description         = "The storage of market-main is nearly full. What the primary keeps for a replica that is down grows until the primary takes no more writes."
  severity            = 2
  frequency           = "PT1M"
  window_size         = "PT5M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = "storage_percent"
    aggregation      = "Maximum"
    operator         = "GreaterThan"
    threshold        = 80
  }

  action {
    action_group_id = azurerm_monitor_action_group.main.id
  }
}
