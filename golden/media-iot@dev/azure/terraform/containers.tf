resource "azurerm_container_app_environment" "containers" {
  name                               = "mediaiot-dev-containers"
  location                           = azurerm_resource_group.main.location
  resource_group_name                = azurerm_resource_group.main.name
  infrastructure_subnet_id           = azurerm_subnet.containers.id
  infrastructure_resource_group_name = "mediaiot-dev-containers-infrastructure"

  # Its address is one of the subnet's.
  internal_load_balancer_enabled = true
  public_network_access          = "Disabled"
  zone_redundancy_enabled        = true

  # By the diagnostic setting: the workspace has no keys.
  logs_destination = "azure-monitor"
  tags             = local.tags

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }

  depends_on = [azurerm_subnet_network_security_group_association.containers]
}

# Until the grants have reached the vault: Azure reads the secrets when it makes a revision.
resource "time_sleep" "intake" {
  create_duration = "90s"

  triggers = {
    intake = join(",", values(azurerm_role_assignment.intake)[*].id)
  }
}

resource "azurerm_container_app" "intake" {
  name                         = "mediaiot-dev-intake"
  resource_group_name          = azurerm_resource_group.main.name
  container_app_environment_id = azurerm_container_app_environment.containers.id
  workload_profile_name        = "Consumption"

  # A new revision gets requests when it is ready, and the old one ends then: one that never is changes nothing.
  revision_mode          = "Single"
  max_inactive_revisions = 10
  tags                   = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.intake.id]
  }

  ingress {
    # Outside is the virtual network: the environment has no public address.
    external_enabled           = true
    target_port                = 8080
    transport                  = "http"
    allow_insecure_connections = false

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    min_replicas                     = 1
    max_replicas                     = 2
    termination_grace_period_seconds = 60

    container {
      name   = "intake"
      image  = "ghcr.io/example/intake:1.4.0"
      cpu    = 2
      memory = "4Gi"

      env {
        name  = "AZURE_CLIENT_ID"
        value = azurerm_user_assigned_identity.intake.client_id
      }

      env {
        name  = "CLOUDGEN_ROLLOUT"
        value = "rollout ${var.rollout}"
      }

      env {
        name  = "PORT"
        value = "8080"
      }

      env {
        name  = "READINGS_ENDPOINT"
        value = local.event_hubs
      }

      env {
        name  = "READINGS_PROTOCOL"
        value = "eventhubs"
      }

      env {
        name  = "READINGS_STREAM"
        value = "readings"
      }

      # The others begin when this one has passed.
      startup_probe {
        transport               = "HTTP"
        path                    = "/healthz"
        port                    = 8080
        interval_seconds        = 5
        timeout                 = 5
        failure_count_threshold = 60
      }

      liveness_probe {
        transport               = "HTTP"
        path                    = "/healthz"
        port                    = 8080
        interval_seconds        = 10
        timeout                 = 5
        failure_count_threshold = 6
      }

      readiness_probe {
        transport               = "HTTP"
        path                    = "/healthz"
        port                    = 8080
        interval_seconds        = 5
        timeout                 = 5
        failure_count_threshold = 3
        success_count_threshold = 1
      }
    }

    custom_scale_rule {
      name             = "cpu"
      custom_rule_type = "cpu"

      metadata = {
        type  = "Utilization"
        value = "60"
      }
    }
  }

  # What the first start needs: whatever the service reads, and the right to read it.
  depends_on = [
    azurerm_private_dns_zone_virtual_network_link.privatelink,
    azurerm_private_endpoint_application_security_group_association.event_hubs,
    azurerm_role_assignment.intake,
    time_sleep.intake,
  ]
}
