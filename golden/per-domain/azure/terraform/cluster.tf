# The cluster's own: it places nodes and the gateway's load balancer in their subnets, and nowhere else.
resource "azurerm_user_assigned_identity" "cluster" {
  name                = "bumall-cluster"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

# The nodes pull images as this one.
resource "azurerm_user_assigned_identity" "nodes" {
  name                = "bumall-nodes"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "cluster_subnets" {
  for_each = {
    system-nodes = azurerm_subnet.system_nodes.id
    ship-nodes   = azurerm_subnet.ship_nodes.id
  }

  scope                = each.value
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "cluster_nodes" {
  scope                = azurerm_user_assigned_identity.nodes.id
  role_definition_name = "Managed Identity Operator"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "cluster_disks" {
  scope                = azurerm_disk_encryption_set.main.id
  role_definition_name = "Reader"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
  principal_type       = "ServicePrincipal"
}

# Azure makes no cluster before its identity has its rights.
resource "time_sleep" "cluster" {
  create_duration = "90s"

  triggers = {
    subnets = join(",", values(azurerm_role_assignment.cluster_subnets)[*].id)
    nodes   = azurerm_role_assignment.cluster_nodes.id
    disks   = azurerm_role_assignment.cluster_disks.id
  }
}

resource "azurerm_role_assignment" "nodes" {
  scope                = azurerm_container_registry.main.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_user_assigned_identity.nodes.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "bumall"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "bumall"
  node_resource_group = "bumall-nodes"
  sku_tier            = "Standard"

  # New minor versions, too.
  automatic_upgrade_channel = "stable"
  node_os_upgrade_channel   = "NodeImage"

  # People sign in with Entra ID, and Azure's roles say what they may do.
  local_account_disabled            = true
  role_based_access_control_enabled = true

  # Pods sign in to Azure as their service.
  oidc_issuer_enabled       = true
  workload_identity_enabled = true
  azure_policy_enabled      = true
  disk_encryption_set_id    = azurerm_disk_encryption_set.main.id
  tags                      = local.tags

  api_server_access_profile {
    # The last is that of the nodes, which come over the internet.
    authorized_ip_ranges = ["203.0.113.0/24", "${azurerm_public_ip.nodes.ip_address}/32"]
  }

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled = true
    tenant_id          = data.azurerm_client_config.current.tenant_id
  }

  default_node_pool {
    name                 = "system"
    vm_size              = "Standard_D4ls_v5"
    zones                = ["1", "2", "3"]
    auto_scaling_enabled = true
    min_count            = 2
    max_count            = 3
    max_pods             = 110
    os_sku               = "Ubuntu"
    os_disk_type         = "Managed"
    os_disk_size_gb      = 128
    vnet_subnet_id       = azurerm_subnet.system_nodes.id

    node_labels = {
      "cloudgen/pool" = "system"
    }

    tags = local.tags

    # While a change makes the nodes anew, others stand in for them.
    temporary_name_for_rotation = "tmp19d49c"

    upgrade_settings {
      max_surge = "33%"
    }
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }

  kubelet_identity {
    client_id                 = azurerm_user_assigned_identity.nodes.client_id
    object_id                 = azurerm_user_assigned_identity.nodes.principal_id
    user_assigned_identity_id = azurerm_user_assigned_identity.nodes.id
  }

  maintenance_window_auto_upgrade {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = "Sunday"
    start_time  = "00:00"
    utc_offset  = "+00:00"
    duration    = 4
  }

  maintenance_window_node_os {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = "Saturday"
    start_time  = "00:00"
    utc_offset  = "+00:00"
    duration    = 4
  }

  network_profile {
    network_plugin = "azure"

    # Pods have addresses of their own, which only the cluster knows; Cilium enforces the network policies.
    network_plugin_mode = "overlay"
    network_data_plane  = "cilium"
    network_policy      = "cilium"
    pod_cidr            = "10.244.0.0/16"
    service_cidr        = "10.245.0.0/16"
    dns_service_ip      = "10.245.0.10"
    load_balancer_sku   = "standard"
    outbound_type       = "userAssignedNATGateway"
  }

  # Nodes are of the pools here, and of no others.
  node_provisioning_profile {
    mode = "Manual"
  }

  oms_agent {
    log_analytics_workspace_id      = azurerm_log_analytics_workspace.main.id
    msi_auth_for_monitoring_enabled = true
  }

  workload_autoscaler_profile {
    keda_enabled = true
  }

  # The identity's rights on subnets, keys and the nodes' identity, and the way out that nodes start with.
  depends_on = [
    azurerm_nat_gateway_public_ip_association.nodes,
    azurerm_role_assignment.nodes,
    azurerm_subnet_nat_gateway_association.system_nodes,
    azurerm_subnet_network_security_group_association.system_nodes,
    time_sleep.cluster,
  ]
}

output "cluster" {
  description = "Name of the Kubernetes cluster."
  value       = azurerm_kubernetes_cluster.main.name
}

# Whoever runs Terraform installs what the cluster needs, and grants others their part of it.
resource "azurerm_role_assignment" "operator_cluster" {
  for_each             = local.operators
  scope                = azurerm_kubernetes_cluster.main.id
  role_definition_name = "Azure Kubernetes Service RBAC Cluster Admin"
  principal_id         = each.key == "caller" ? data.azurerm_client_config.current.object_id : each.key
}

# What pods print, and what Kubernetes says of them, once a minute.
resource "azurerm_monitor_data_collection_rule" "cluster" {
  name                = "bumall-cluster"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  kind                = "Linux"
  tags                = local.tags

  data_sources {
    extension {
      name           = "pods"
      extension_name = "ContainerInsights"

      extension_json = jsonencode({
        dataCollectionSettings = {
          interval               = "1m"
          namespaceFilteringMode = "Exclude"
          namespaces             = ["kube-system", "gatekeeper-system"]
          enableContainerLogV2   = true
        }
      })

      streams = ["Microsoft-ContainerLogV2", "Microsoft-KubeEvents", "Microsoft-KubePodInventory"]
    }
  }

  destinations {
    log_analytics {
      name                  = "workspace"
      workspace_resource_id = azurerm_log_analytics_workspace.main.id
    }
  }

  data_flow {
    streams      = ["Microsoft-ContainerLogV2", "Microsoft-KubeEvents", "Microsoft-KubePodInventory"]
    destinations = ["workspace"]
  }
}

resource "azurerm_monitor_data_collection_rule_association" "cluster" {
  # Azure prescribes the name.
  name                    = "ContainerInsightsExtension"
  target_resource_id      = azurerm_kubernetes_cluster.main.id
  data_collection_rule_id = azurerm_monitor_data_collection_rule.cluster.id
}

# KEDA asks Azure Monitor for the messages that wait: a role on the queues themselves would let it take them, too.
resource "azurerm_user_assigned_identity" "keda" {
  name                = "bumall-keda"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "keda" {
  scope                = azurerm_servicebus_namespace.main.id
  role_definition_name = "Monitoring Reader"
  principal_id         = azurerm_user_assigned_identity.keda.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_federated_identity_credential" "keda" {
  name                      = "keda"
  user_assigned_identity_id = azurerm_user_assigned_identity.keda.id
  issuer                    = azurerm_kubernetes_cluster.main.oidc_issuer_url
  audience                  = ["api://AzureADTokenExchange"]
  subject                   = "system:serviceaccount:kube-system:keda-operator"
}
