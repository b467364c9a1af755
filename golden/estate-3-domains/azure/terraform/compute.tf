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
  report_user_data = <<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of main ${var.main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/report.env
        permissions: "0600"
        content: |
          AZURE_CLIENT_ID=${azurerm_user_assigned_identity.report.client_id}
          MAIN_READ_HOST=main-read.buestate.internal
          MAIN_READ_NAME=main
          MAIN_READ_PORT=3306
          MAIN_READ_SECRET=${azurerm_key_vault_secret.main.versionless_id}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          PORT=8001

      - path: /usr/local/bin/buestate-report-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/report.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/report.env "$target.new"

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
          secret MAIN_READ_PASSWORD '${azurerm_key_vault_secret.main.versionless_id}'
          mv "$target.new" "$target"

      - path: /etc/systemd/system/buestate-report.service
        content: |
          [Unit]
          Description=buestate report
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/buestate-report-environment
          ExecStartPre=-/usr/bin/docker rm --force report
          ExecStart=/usr/bin/docker run --rm --name report --env-file /run/cloudgen/report.env --publish 8001:8001 --log-driver none registry.example.com/buestate/report:5.3.0
          ExecStop=/usr/bin/docker stop -t 50 report

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, buestate-report.service]
  EOT
}

resource "azurerm_linux_virtual_machine_scale_set" "report" {
  name                            = "buestate-report"
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
  custom_data                     = base64encode(local.report_user_data)
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
    identity_ids = [azurerm_user_assigned_identity.report.id]
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
    name                           = "report"
    primary                        = true
    accelerated_networking_enabled = true

    ip_configuration {
      name                                         = "report"
      primary                                      = true
      subnet_id                                    = azurerm_subnet.application.id
      application_security_group_ids               = [azurerm_application_security_group.report.id]
      application_gateway_backend_address_pool_ids = ["${azurerm_application_gateway.internal.id}/backendAddressPools/report"]
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
      port        = 8001
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
    azurerm_private_dns_a_record.main_read,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.report,
    azurerm_subnet_nat_gateway_association.application,
    azurerm_subnet_network_security_group_association.application,
  ]
}

resource "azurerm_monitor_autoscale_setting" "report" {
  name                = "buestate-report"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.report.id
  tags                = local.tags

  profile {
    name = "cpu"

    capacity {
      default = 1
      minimum = 1
      maximum = 4
    }

    rule {
      metric_trigger {
        metric_name        = "Percentage CPU"
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.report.id
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
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.report.id
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
  was_user_data = <<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    # password of main ${var.main_password_version}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/was.env
        permissions: "0600"
        content: |
          AZURE_CLIENT_ID=${azurerm_user_assigned_identity.was.client_id}
          CATALOG_API_HOST=catalog-api.buestate.internal
          CATALOG_API_PORT=8010
          CATALOG_API_URL=http://catalog-api.buestate.internal:8010
          DOCUMENTS_BUCKET=${azurerm_storage_container.documents.name}
          DOCUMENTS_ENDPOINT=${trimsuffix(azurerm_storage_account.documents.primary_blob_endpoint, "/")}
          DOCUMENTS_REGION=koreacentral
          MAIN_HOST=${azurerm_mysql_flexible_server.main.fqdn}
          MAIN_NAME=main
          MAIN_PORT=3306
          MAIN_READ_HOST=main-read.buestate.internal
          MAIN_READ_NAME=main
          MAIN_READ_PORT=3306
          MAIN_READ_SECRET=${azurerm_key_vault_secret.main.versionless_id}
          MAIN_READ_TLS=require
          MAIN_READ_USER=app_owner
          MAIN_SECRET=${azurerm_key_vault_secret.main.versionless_id}
          MAIN_TLS=require
          MAIN_USER=app_owner
          PORT=8000

      - path: /usr/local/bin/buestate-was-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/was.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/was.env "$target.new"

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
          secret MAIN_READ_PASSWORD '${azurerm_key_vault_secret.main.versionless_id}'
          mv "$target.new" "$target"

      - path: /etc/systemd/system/buestate-was.service
        content: |
          [Unit]
          Description=buestate was
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/buestate-was-environment
          ExecStartPre=-/usr/bin/docker rm --force was
          ExecStart=/usr/bin/docker run --rm --name was --env-file /run/cloudgen/was.env --publish 8000:8000 --log-driver none registry.example.com/buestate/was:6.0.0
          ExecStop=/usr/bin/docker stop -t 50 was

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, buestate-was.service]
  EOT
}

resource "azurerm_linux_virtual_machine_scale_set" "was" {
  name                            = "buestate-was"
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
  custom_data                     = base64encode(local.was_user_data)
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
    identity_ids = [azurerm_user_assigned_identity.was.id]
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
    name                           = "was"
    primary                        = true
    accelerated_networking_enabled = true

    ip_configuration {
      name                                         = "was"
      primary                                      = true
      subnet_id                                    = azurerm_subnet.application.id
      application_security_group_ids               = [azurerm_application_security_group.was.id]
      application_gateway_backend_address_pool_ids = ["${azurerm_application_gateway.internal.id}/backendAddressPools/was"]
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
      port        = 8000
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
    azurerm_private_dns_a_record.main_read,
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint.documents,
    azurerm_private_endpoint.main,
    azurerm_private_endpoint.vault,
    azurerm_role_assignment.was,
    azurerm_subnet_nat_gateway_association.application,
    azurerm_subnet_network_security_group_association.application,
  ]
}

resource "azurerm_monitor_autoscale_setting" "was" {
  name                = "buestate-was"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.was.id
  tags                = local.tags

  profile {
    name = "cpu"

    capacity {
      default = 2
      minimum = 2
      maximum = 4
    }

    rule {
      metric_trigger {
        metric_name        = "Percentage CPU"
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.was.id
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
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.was.id
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
  web_user_data = <<-EOT
    #cloud-config
    # A change of these numbers replaces the machines, one after the other:
    # rollout ${var.rollout}
    package_update: true
    packages: [curl, docker.io, jq]

    write_files:
      - path: /etc/cloudgen/web.env
        permissions: "0600"
        content: |
          AZURE_CLIENT_ID=${azurerm_user_assigned_identity.web.client_id}
          CATALOG_API_HOST=catalog-api.buestate.internal
          CATALOG_API_PORT=8010
          CATALOG_API_URL=http://catalog-api.buestate.internal:8010
          ORDER_API_HOST=order-api.buestate.internal
          ORDER_API_PORT=8020
          ORDER_API_URL=http://order-api.buestate.internal:8020
          PORT=8080
          REPORT_HOST=report.buestate.internal
          REPORT_PORT=8001
          REPORT_URL=http://report.buestate.internal:8001
          WAS_HOST=was.buestate.internal
          WAS_PORT=8000
          WAS_URL=http://was.buestate.internal:8000

      - path: /usr/local/bin/buestate-web-environment
        permissions: "0755"
        content: |
          #!/bin/bash
          # Writes the service's environment, with its secrets, to /run, which is memory.
          set -euo pipefail
          umask 077
          target=/run/cloudgen/web.env
          install -d -m 0700 /run/cloudgen
          cp /etc/cloudgen/web.env "$target.new"
          mv "$target.new" "$target"

      - path: /etc/systemd/system/buestate-web.service
        content: |
          [Unit]
          Description=buestate web
          Wants=network-online.target
          After=network-online.target docker.service
          Wants=docker.service
          StartLimitIntervalSec=0

          [Service]
          Restart=always
          RestartSec=10
          TimeoutStartSec=600
          TimeoutStopSec=60
          ExecStartPre=/usr/local/bin/buestate-web-environment
          ExecStartPre=-/usr/bin/docker rm --force web
          ExecStart=/usr/bin/docker run --rm --name web --env-file /run/cloudgen/web.env --publish 8080:8080 --log-driver none registry.example.com/buestate/web:6.0.0
          ExecStop=/usr/bin/docker stop -t 50 web

          [Install]
          WantedBy=multi-user.target

    runcmd:
      - [systemctl, daemon-reload]
      - [systemctl, enable, --now, --no-block, buestate-web.service]
  EOT
}

resource "azurerm_linux_virtual_machine_scale_set" "web" {
  name                            = "buestate-web"
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
  custom_data                     = base64encode(local.web_user_data)
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
    identity_ids = [azurerm_user_assigned_identity.web.id]
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
    name                           = "web"
    primary                        = true
    accelerated_networking_enabled = true

    ip_configuration {
      name                                         = "web"
      primary                                      = true
      subnet_id                                    = azurerm_subnet.application.id
      application_security_group_ids               = [azurerm_application_security_group.web.id]
      application_gateway_backend_address_pool_ids = ["${azurerm_application_gateway.public.id}/backendAddressPools/web"]
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
    azurerm_subnet_nat_gateway_association.application,
    azurerm_subnet_network_security_group_association.application,
  ]
}

resource "azurerm_monitor_autoscale_setting" "web" {
  name                = "buestate-web"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.web.id
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
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.web.id
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
        metric_resource_id = azurerm_linux_virtual_machine_scale_set.web.id
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
