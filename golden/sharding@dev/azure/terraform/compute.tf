variable "rollout" {
  description = "Raise by one to replace every machine, one after the other: for a newer operating system, or changed secrets."
  type        = number
  default     = 1
}

# Azure wants a key for every machine. Nobody has the private half of this one: it is the point of the curve that SHA-256 of
# "cloudgen: nobody holds this key 3" names. People sign in through Bastion, with Entra ID.
locals {
  nobodys_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBxKeTCJyyLmFrqWw55qHs6y0vFsjiV92NrZEJnbsvMt"
}

locals {
  billing_user_data = <<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of ledger ${var.ledger_password_version}
    # password of ledger-shard ${var.ledger_shard_password_version}
    # map of ledger 5623c7998444
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/billing.env
        permissions: "0600"
        content: |
          AZURE_CLIENT_ID=${azurerm_user_assigned_identity.billing.client_id}
          LEDGER_HOST=${azurerm_postgresql_flexible_server.ledger.fqdn}
          LEDGER_NAME=ledger
          LEDGER_PORT=5432
          LEDGER_READ_HOST=${azurerm_postgresql_flexible_server.ledger.fqdn}
          LEDGER_READ_NAME=ledger
          LEDGER_READ_PORT=5432
          LEDGER_READ_SECRET=${azurerm_key_vault_secret.ledger.versionless_id}
          LEDGER_READ_TLS=require
          LEDGER_READ_USER=app_owner
          LEDGER_SECRET=${azurerm_key_vault_secret.ledger.versionless_id}
          LEDGER_SHARDS=east west
          LEDGER_SHARDS_MAP_SECRET=${azurerm_key_vault_secret.ledger_shards_map.versionless_id}
          LEDGER_TLS=require
          LEDGER_USER=app_owner
          PORT=8000

      - path: /usr/local/bin/bumart-dev-billing-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/billing.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/billing.env "$target.new"

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
          secret LEDGER_PASSWORD '${azurerm_key_vault_secret.ledger.versionless_id}'
          secret LEDGER_READ_PASSWORD '${azurerm_key_vault_secret.ledger.versionless_id}'
          secret LEDGER_SHARDS_MAP '${azurerm_key_vault_secret.ledger_shards_map.versionless_id}'
          while read -r id host identifier <&3; do
            name=LEDGER_SHARD_$${id^^}
            printf '%s=%s\n' "$${name}_HOST" "$host" >>"$target.new"
            printf '%s=%s\n' "$${name}_PORT" 5432 "$${name}_NAME" ledger "$${name}_USER" app_owner \
              "$${name}_TLS" require "$${name}_SECRET" "$identifier" >>"$target.new"
            secret "$${name}_PASSWORD" "$identifier"
          done 3</etc/cloudgen/billing.ledger-shard
          mv "$target.new" "$target"

      # Id, host and the vault's identifier of the password of each shard.
      - path: /etc/cloudgen/billing.ledger-shard
        content: |
          ${local.ledger_shard_table}

      - path: /etc/systemd/system/bumart-dev-billing.service
        content: |
          [Unit]
          Description=bumart-dev billing
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumart-dev-billing-environment
          ExecStartPre=-/usr/bin/docker rm --force billing
          ExecStart=/usr/bin/docker run --rm --name billing --env-file /run/cloudgen/billing.env --publish 8000:8000 --log-driver none registry.example.com/bumart/billing:5.0.0
          ExecStop=/usr/bin/docker stop -t 50 billing

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumart-dev-billing.service]
  EOT
}

resource "azurerm_linux_virtual_machine_scale_set" "billing" {
  name                            = "bumart-dev-billing"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  sku                             = "Standard_D2ls_v5"
  instances                       = 1
  zones                           = ["1", "2"]
  platform_fault_domain_count     = 1
  single_placement_group          = false
  overprovision                   = false
  secure_boot_enabled             = true
  vtpm_enabled                    = true
  upgrade_mode                    = "Rolling"
  custom_data                     = base64gzip(local.billing_user_data)
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
    identity_ids = [azurerm_user_assigned_identity.billing.id]
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
    name                           = "billing"
    primary                        = true
    accelerated_networking_enabled = true

    ip_configuration {
      name                                         = "billing"
      primary                                      = true
      subnet_id                                    = azurerm_subnet.application.id
      application_security_group_ids               = [azurerm_application_security_group.billing.id]
      application_gateway_backend_address_pool_ids = ["${azurerm_application_gateway.internal.id}/backendAddressPools/billing"]
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
      port        = 8000
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
    azurerm_nat_gateway_public_ip_association.main,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.ledger,
    azurerm_private_endpoint.vault,
    azurerm_private_endpoint_application_security_group_association.ledger_shard,
    azurerm_role_assignment.billing,
    azurerm_subnet_nat_gateway_association.application,
    azurerm_subnet_network_security_group_association.application,
  ]
}

resource "azurerm_monitor_autoscale_setting" "billing" {
  name                = "bumart-dev-billing"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.billing.id
  tags                = local.tags

  profile {
    name = "cpu"

    capacity {
      default = 1
      minimum = 1
      maximum = 1
    }

    rule {
      metric_trigger {
        metric_name        = "Percentage CPU"
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.billing.id
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
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.billing.id
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

locals {
  market_user_data = <<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of main-proxy ${var.main_proxy_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/market.env
        permissions: "0600"
        content: |
          AZURE_CLIENT_ID=${azurerm_user_assigned_identity.market.client_id}
          BILLING_HOST=billing.bumart.internal
          BILLING_PORT=8000
          BILLING_URL=http://billing.bumart.internal:8000
          MAIN_HOST=main-proxy.bumart.internal
          MAIN_NAME=main
          MAIN_PORT=3307
          MAIN_SECRET=${azurerm_key_vault_secret.main_proxy.versionless_id}
          MAIN_TLS=require
          MAIN_USER=app_owner
          PORT=8080

      - path: /usr/local/bin/bumart-dev-market-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/market.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/market.env "$target.new"

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
          secret MAIN_PASSWORD '${azurerm_key_vault_secret.main_proxy.versionless_id}'
          mv "$target.new" "$target"

      - path: /etc/systemd/system/bumart-dev-market.service
        content: |
          [Unit]
          Description=bumart-dev market
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumart-dev-market-environment
          ExecStartPre=-/usr/bin/docker rm --force market
          ExecStart=/usr/bin/docker run --rm --name market --env-file /run/cloudgen/market.env --publish 8080:8080 --log-driver none registry.example.com/bumart/market:5.0.0
          ExecStop=/usr/bin/docker stop -t 50 market

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumart-dev-market.service]
  EOT
}

resource "azurerm_linux_virtual_machine_scale_set" "market" {
  name                            = "bumart-dev-market"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  sku                             = "Standard_D2s_v5"
  instances                       = 1
  zones                           = ["1", "2"]
  platform_fault_domain_count     = 1
  single_placement_group          = false
  overprovision                   = false
  secure_boot_enabled             = true
  vtpm_enabled                    = true
  upgrade_mode                    = "Rolling"
  custom_data                     = base64encode(local.market_user_data)
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
    identity_ids = [azurerm_user_assigned_identity.market.id]
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
    name                           = "market"
    primary                        = true
    accelerated_networking_enabled = true

    ip_configuration {
      name                                         = "market"
      primary                                      = true
      subnet_id                                    = azurerm_subnet.application.id
      application_security_group_ids               = [azurerm_application_security_group.market.id]
      application_gateway_backend_address_pool_ids = ["${azurerm_application_gateway.public.id}/backendAddressPools/market"]
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
    azurerm_nat_gateway_public_ip_association.main,
    azurerm_private_dns_a_record.main_proxy,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.market,
    azurerm_subnet_nat_gateway_association.application,
    azurerm_subnet_network_security_group_association.application,
  ]
}

resource "azurerm_monitor_autoscale_setting" "market" {
  name                = "bumart-dev-market"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.market.id
  tags                = local.tags

  profile {
    name = "cpu"

    capacity {
      default = 1
      minimum = 1
      maximum = 2
    }

    rule {
      metric_trigger {
        metric_name        = "Percentage CPU"
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.market.id
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
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.market.id
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

locals {
  main_proxy_user_data = <<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of main ${var.main_password_version}
    # password of main-proxy ${var.main_proxy_password_version}
    # password of main-shard ${var.main_shard_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/main-proxy.env
        permissions: "0600"
        content: |
          AZURE_CLIENT_ID=${azurerm_user_assigned_identity.main_proxy.client_id}
          MAIN_HOST=${azurerm_postgresql_flexible_server.main.fqdn}
          MAIN_SHARDS=s0 s1

      - path: /usr/local/bin/bumart-dev-main-proxy-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/main-proxy.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/main-proxy.env "$target.new"

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
          secret MAIN_PASSWORD '${azurerm_key_vault_secret.main.versionless_id}'
          secret MAIN_PROXY_PASSWORD '${azurerm_key_vault_secret.main_proxy.versionless_id}'
          while read -r id host identifier <&3; do
            name=MAIN_SHARD_$${id^^}
            printf '%s=%s\n' "$${name}_HOST" "$host" >>"$target.new"
            secret "$${name}_PASSWORD" "$identifier"
          done 3</etc/cloudgen/main-proxy.main-shard
          # Two proxies on one network do not make the same ids.
          IFS=. read -r _ _ third fourth <<<"$(hostname -I | cut -d ' ' -f 1)"
          echo "WORKER_ID=$(((third & 3) * 256 + fourth))" >>"$target.new"

          # The servers' certificates are signed by authorities of DigiCert and Microsoft, which the system has. The proxy reads them as a user of
          # its own.
          install -d -m 0755 /etc/cloudgen/main-proxy/trust
          cat /etc/ssl/certs/DigiCert_*.pem /etc/ssl/certs/Microsoft_*.pem >/etc/cloudgen/main-proxy/trust/azure.pem
          chmod 0644 /etc/cloudgen/main-proxy/trust/azure.pem
          mv "$target.new" "$target"

      # Id, host and the vault's identifier of the password of each shard.
      - path: /etc/cloudgen/main-proxy.main-shard
        content: |
          ${local.main_shard_table}

      - path: /etc/cloudgen/main-proxy/database.yaml
        content: |2
          # The one database that clients see: the main server and its shards.
          databaseName: main

          dataSources:
          <SOURCES>
          rules:
          - !SHARDING
            tables:
              orders:
                actualDataNodes: "shard_s$${0..1}.orders"
                databaseStrategy:
                  standard:
                    shardingColumn: customer_id
                    shardingAlgorithmName: by_key
                tableStrategy:
                  none:
                keyGenerateStrategy:
                  column: order_id
                  keyGeneratorName: snowflake
              order_items:
                actualDataNodes: "shard_s$${0..1}.order_items"
                databaseStrategy:
                  standard:
                    shardingColumn: customer_id
                    shardingAlgorithmName: by_key
                tableStrategy:
                  none:
                keyGenerateStrategy:
                  column: item_id
                  keyGeneratorName: snowflake
            # Joined on the key, they are joined shard by shard.
            bindingTables:
              - orders, order_items
            shardingAlgorithms:
              by_key:
                type: INLINE
                props:
                  algorithm-expression: "shard_s$${Integer.parseInt(customer_id.toString().toLowerCase(java.util.Locale.ROOT).sha256().substring(0, 7), 16) % 2}"
                  # A statement without the key asks every shard.
                  allow-range-query-with-inline-sharding: "true"
            keyGenerators:
              snowflake:
                type: SNOWFLAKE
                props:
                  worker-id: <WORKER>

          - !BROADCAST
            tables:
              - countries

          - !SINGLE
            tables:
              - "main.*.*"
            defaultDataSource: main

      - path: /etc/cloudgen/main-proxy/global.yaml
        content: |2
          # ShardingSphere-Proxy: who may log in, and how it behaves.
          mode:
            type: Standalone

          authority:
            users:
              - user: app_owner@%
                password: <PASSWORD>
                admin: false
            privilege:
              type: DATABASE_PERMITTED
              props:
                user-database-mappings: app_owner@%=main

          transaction:
            # One transaction on each server, committed one after the other.
            defaultType: LOCAL

          sqlParser:
            sqlStatementCache:
              initialCapacity: 2000
              maximumSize: 65535
            parseTreeCache:
              initialCapacity: 128
              maximumSize: 1024

          sqlFederation:
            # With it, a join of a spread table and a reference table is no longer left to the shards: the proxy reads both tables whole, from
            # every shard, and a join without equality takes a connection for each row.
            sqlFederationEnabled: false
            allQueryUseSQLFederation: false
            executionPlanCache:
              initialCapacity: 2000
              maximumSize: 65535

          props:
            proxy-frontend-database-protocol-type: PostgreSQL
            proxy-default-port: 3307
            proxy-frontend-ssl-enabled: true
            proxy-frontend-ssl-version: TLSv1.2,TLSv1.3
            proxy-frontend-max-connections: 1000
            proxy-frontend-connection-idle-timeout: 28800
            proxy-backend-query-fetch-size: 1000
            kernel-executor-size: 16
            max-connections-size-per-query: 1
            check-table-metadata-enabled: false
            sql-show: false

      - path: /etc/cloudgen/main-proxy/source.yaml
        content: |2
            <NAME>:
              url: "jdbc:postgresql://<HOST>:5432/main?sslmode=verify-full&sslrootcert=<RUN>/trust.pem&connectTimeout=10&socketTimeout=1800&tcpKeepAlive=true&ApplicationName=shardingsphere"
              username: app_owner
              password: <PASSWORD>
              connectionTimeoutMilliseconds: 10000
              idleTimeoutMilliseconds: 60000
              maxLifetimeMilliseconds: 1800000
              maxPoolSize: 20
              minPoolSize: 1
              customPoolProps:
                keepaliveTime: 120000

      - path: /etc/cloudgen/main-proxy/start.sh
        content: |2
          #!/bin/bash
          # Fills what only the environment knows into the configuration beside this script, in memory, and starts ShardingSphere-Proxy.
          #
          # MAIN_HOST, MAIN_PASSWORD: the main server. MAIN_SHARDS: ids of the shards, with spaces between; of each
          # MAIN_SHARD_<ID>_HOST and MAIN_SHARD_<ID>_PASSWORD. MAIN_PROXY_PASSWORD: of the proxy's clients.
          set -euo pipefail
          umask 077
          here=$(cd "$(dirname "$0")" && pwd)
          home=$${SHARDINGSPHERE_HOME:-/opt/shardingsphere-proxy}
          run=$${SHARDINGSPHERE_RUN:-/run/shardingsphere}
          conf=$run/conf
          mkdir -p "$conf"

          # value VARIABLE: what it holds. A value has no control characters.
          value() {
            local value=$${!1:-}
            if [ -z "$value" ]; then
              echo "$1 is not set" >&2
              return 1
            fi
            if [[ $value == *[[:cntrl:]]* ]]; then
              echo "$1 has a control character" >&2
              return 1
            fi
            printf '%s' "$value"
          }

          # quoted VARIABLE: the same as a string of YAML.
          quoted() {
            local value
            value=$(value "$1") || return 1
            value=$${value//\\/\\\\}
            printf '"%s"' "$${value//\"/\\\"}"
          }

          # data_source NAME PREFIX: one data source, of whose host and password PREFIX_HOST and PREFIX_PASSWORD tell.
          template=$(<"$here/source.yaml")
          data_source() {
            local text=$template host password
            host=$(value "$2_HOST") || return 1
            password=$(quoted "$2_PASSWORD") || return 1
            if [[ $host == *[!A-Za-z0-9.-]* ]]; then
              echo "$2_HOST is no host name" >&2
              return 1
            fi
            text=$${text//"<NAME>"/"$1"}
            text=$${text//"<HOST>"/"$host"}
            text=$${text//"<RUN>"/"$run"}
            printf '%s\n' "$${text//"<PASSWORD>"/"$password"}"
          }

          # Numbers of two proxies are apart as long as this one is: 10 bits, the last of the address unless it is given.
          if [ -z "$${WORKER_ID:-}" ]; then
            if ! [[ $(hostname -I) =~ ^[0-9]+\.[0-9]+\.([0-9]+)\.([0-9]+) ]]; then
              echo "WORKER_ID is not set, and there is no IPv4 address to take it from" >&2
              exit 1
            fi
            WORKER_ID=$(((BASH_REMATCH[1] & 3) * 256 + BASH_REMATCH[2]))
          fi

          text=$(<"$here/global.yaml")
          password=$(quoted MAIN_PROXY_PASSWORD)
          printf '%s\n' "$${text//"<PASSWORD>"/"$password"}" >"$conf/global.yaml"

          sources=$(data_source main MAIN)
          for id in $MAIN_SHARDS; do
            source=$(data_source "shard_$id" "MAIN_SHARD_$${id^^}")
            sources+=$'\n'$source
          done
          text=$(<"$here/database.yaml")
          text=$${text//"<WORKER>"/"$WORKER_ID"}
          printf '%s\n' "$${text//"<SOURCES>"/"$sources"$'\n'}" >"$conf/database-main.yaml"
          cp "$home/conf/logback.xml" "$conf/"

          # Certificates of the authorities that the servers' are signed by, in one file.
          for file in "$${SHARDINGSPHERE_TRUST:-$here/trust}"/*; do
            printf '%s\n' "$(<"$file")"
          done >"$run/trust.pem"

          unset MAIN_PASSWORD MAIN_PROXY_PASSWORD $${!MAIN_SHARD_*}
          export TZ=UTC CGROUP_MEM_OPTS='-XX:InitialRAMPercentage=50.0 -XX:MaxRAMPercentage=50.0'
          exec "$home/bin/start.sh" -p 3307 -c "$conf"

      - path: /etc/systemd/system/bumart-dev-main-proxy.service
        content: |
          [Unit]
          Description=bumart-dev main-proxy
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/bumart-dev-main-proxy-environment
          ExecStartPre=-/usr/bin/docker rm --force main-proxy
          ExecStart=/usr/bin/docker run --rm --name main-proxy --env-file /run/cloudgen/main-proxy.env --publish 3307:3307 --log-driver none --security-opt no-new-privileges --user 10001:10001 --cap-drop ALL --read-only --tmpfs /tmp:exec --tmpfs /run/shardingsphere:uid=10001,gid=10001,mode=0700 --tmpfs /opt/shardingsphere-proxy/logs:uid=10001,gid=10001 --volume /etc/cloudgen/main-proxy:/etc/shardingsphere:ro --entrypoint /bin/bash docker.io/apache/shardingsphere-proxy:5.5.3 /etc/shardingsphere/start.sh
          ExecStop=/usr/bin/docker stop -t 50 main-proxy

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, bumart-dev-main-proxy.service]
  EOT
}

resource "azurerm_linux_virtual_machine_scale_set" "main_proxy" {
  name                            = "bumart-dev-main-proxy"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  sku                             = "Standard_D2ls_v5"
  instances                       = 1
  zones                           = ["1", "2"]
  platform_fault_domain_count     = 1
  single_placement_group          = false
  overprovision                   = false
  secure_boot_enabled             = true
  vtpm_enabled                    = true
  upgrade_mode                    = "Rolling"
  custom_data                     = base64gzip(local.main_proxy_user_data)
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
    identity_ids = [azurerm_user_assigned_identity.main_proxy.id]
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
    name                           = "main-proxy"
    primary                        = true
    accelerated_networking_enabled = true

    ip_configuration {
      name                                   = "main-proxy"
      primary                                = true
      subnet_id                              = azurerm_subnet.application.id
      application_security_group_ids         = [azurerm_application_security_group.main_proxy.id]
      load_balancer_backend_address_pool_ids = [azurerm_lb_backend_address_pool.main_proxy.id]
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

  # Azure takes 10 to 90 minutes; the proxy needs 300 seconds.
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
      protocol    = "tcp"
      port        = 3307
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
    azurerm_private_endpoint.main,
    azurerm_private_endpoint.vault,
    azurerm_private_endpoint_application_security_group_association.main_shard,
    azurerm_role_assignment.main_proxy,
    azurerm_subnet_nat_gateway_association.application,
    azurerm_subnet_network_security_group_association.application,
  ]
}

resource "azurerm_monitor_autoscale_setting" "main_proxy" {
  name                = "bumart-dev-main-proxy"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.main_proxy.id
  tags                = local.tags

  profile {
    name = "cpu"

    capacity {
      default = 1
      minimum = 1
      maximum = 1
    }

    rule {
      metric_trigger {
        metric_name        = "Percentage CPU"
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.main_proxy.id
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
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.main_proxy.id
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
