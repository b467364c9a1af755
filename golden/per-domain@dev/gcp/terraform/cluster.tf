resource "google_container_cluster" "main" {
  name                = "bumall-dev"
  location            = "asia-northeast3"
  node_locations      = ["asia-northeast3-a", "asia-northeast3-b"]
  deletion_protection = false

  # Nodes are in pools of their own. GKE makes one to begin with, which goes at once.
  remove_default_node_pool = true
  initial_node_count       = 1

  node_config {
    machine_type      = "e2-custom-4-8192"
    image_type        = "COS_CONTAINERD"
    disk_type         = "pd-balanced"
    disk_size_gb      = 100
    boot_disk_kms_key = google_kms_crypto_key.main.id
    service_account   = google_service_account.system_nodes.email

    # What it may do is said by its roles.
    oauth_scopes = ["https://www.googleapis.com/auth/cloud-platform"]

    metadata = {
      block-project-ssh-keys   = "true"
      disable-legacy-endpoints = "true"
    }

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    # Pods are whom their Kubernetes service account stands for, never the node.
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  release_channel {
    channel = "REGULAR"
  }

  maintenance_policy {
    daily_maintenance_window {
      start_time = "18:00"
    }
  }

  network         = google_compute_network.main.id
  subnetwork      = google_compute_subnetwork.nodes.id
  networking_mode = "VPC_NATIVE"

  # Network policies hold without an add-on.
  datapath_provider = "ADVANCED_DATAPATH"

  # Flow logs see what pods of one node say to each other.
  enable_intranode_visibility = true

  ip_allocation_policy {
    cluster_secondary_range_name  = "system-pods"
    services_secondary_range_name = "services"
  }

  # Names come from Cloud DNS: no pod of another pool has to be asked for them.
  dns_config {
    cluster_dns       = "CLOUD_DNS"
    cluster_dns_scope = "CLUSTER_SCOPE"
  }

  private_cluster_config {
    enable_private_nodes        = true
    enable_private_endpoint     = false
    private_endpoint_subnetwork = google_compute_subnetwork.control_plane.id
  }

  # Nodes and pods reach the API inside the network, and administrators from the ranges of the blueprint.
  master_authorized_networks_config {
    gcp_public_cidrs_access_enabled      = false
    private_endpoint_enforcement_enabled = true

    cidr_blocks {
      cidr_block   = "10.60.0.0/16"
      display_name = "the network itself"
    }

    cidr_blocks {
      cidr_block   = "100.64.0.0/17"
      display_name = "pods of the system"
    }

    cidr_blocks {
      cidr_block   = "100.96.0.0/12"
      display_name = "pods of domains"
    }

    cidr_blocks {
      cidr_block = "203.0.113.0/24"
    }
  }

  control_plane_endpoints_config {
    dns_endpoint_config {
      allow_external_traffic = false
    }

    ip_endpoints_config {
      enabled = true
    }
  }

  workload_identity_config {
    workload_pool = "${data.google_project.this.project_id}.svc.id.goog"
  }

  # Secrets of the cluster are under the system's key.
  database_encryption {
    state    = "ENCRYPTED"
    key_name = google_kms_crypto_key.main.id
  }

  # Nobody logs in with a certificate or without a name; who may do what is said by IAM and by roles of the cluster.
  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  anonymous_authentication_config {
    mode = "LIMITED"
  }

  rbac_binding_config {
    enable_insecure_binding_system_authenticated   = false
    enable_insecure_binding_system_unauthenticated = false
  }

  enable_shielded_nodes = true

  # Which images may run is the project's own policy: Google's lets every one in until its owner writes another.
  binary_authorization {
    evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"
  }

  security_posture_config {
    mode               = "BASIC"
    vulnerability_mode = "VULNERABILITY_DISABLED"
  }

  node_pool_defaults {
    node_config_defaults {
      insecure_kubelet_readonly_port_enabled = "FALSE"
    }
  }

  addons_config {
    # The load balancers are Terraform's; the cluster makes none.
    http_load_balancing {
      disabled = true
    }

    horizontal_pod_autoscaling {
      disabled = false
    }

    gce_persistent_disk_csi_driver_config {
      enabled = true
    }
  }

  logging_config {
    enable_components = ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"]
  }

  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS"]

    # Nothing here asks for Prometheus.
    managed_prometheus {
      enabled = false
    }
  }

  # The pool to begin with is gone; and newer clusters encrypt more than secrets, and say so.
  lifecycle {
    ignore_changes = [node_config, database_encryption[0].state]
  }

  depends_on = [
    google_compute_route.google_apis,
    google_compute_route.internet,
    google_compute_router_nat.main,
    google_compute_firewall.deny_ingress_of_nodes,
    google_compute_firewall.deny_egress_of_nodes,
    google_compute_firewall.to_google_apis_of_nodes,
    google_compute_firewall.deny_network_of_nodes,
    google_compute_firewall.to_internet_of_nodes,
    google_compute_firewall.to_control_plane_of_nodes,
    google_compute_firewall.system_nodes_to_pods,
    google_compute_firewall.system_nodes_to_tunnel,
    google_compute_firewall.system_nodes_from_balancer,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.artifact_registry,
    google_dns_record_set.artifact_registry_any,
    google_project_iam_member.system_nodes,
    google_kms_crypto_key_iam_member.agents,
    google_project_service.this,
  ]
}

resource "google_container_node_pool" "system_nodes" {
  # Another set of zones makes another pool, which is there before the old one goes.
  name           = "system-ab"
  cluster        = google_container_cluster.main.id
  node_locations = ["asia-northeast3-a", "asia-northeast3-b"]

  # In each zone; what they are later, the autoscaler says.
  initial_node_count = 1
  max_pods_per_node  = 64

  autoscaling {
    # Of all zones together, spread evenly.
    total_min_node_count = 2
    total_max_node_count = 3
    location_policy      = "BALANCED"
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  # A new node first, then an old one is drained: the groups behind the load balancers stay.
  upgrade_settings {
    strategy        = "SURGE"
    max_surge       = 1
    max_unavailable = 0
  }

  network_config {
    enable_private_nodes = true
    pod_range            = "system-pods"
  }

  node_config {
    machine_type      = "e2-custom-4-8192"
    image_type        = "COS_CONTAINERD"
    disk_type         = "pd-balanced"
    disk_size_gb      = 100
    boot_disk_kms_key = google_kms_crypto_key.main.id
    service_account   = google_service_account.system_nodes.email

    # What it may do is said by its roles.
    oauth_scopes = ["https://www.googleapis.com/auth/cloud-platform"]

    metadata = {
      block-project-ssh-keys   = "true"
      disable-legacy-endpoints = "true"
    }

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    # Pods are whom their Kubernetes service account stands for, never the node.
    workload_metadata_config {
      mode = "GKE_METADATA"
    }

    labels = {
      "cloudgen/pool" = "system"
    }
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [initial_node_count]
  }

  depends_on = [
    google_compute_route.google_apis,
    google_compute_route.internet,
    google_compute_router_nat.main,
    google_compute_firewall.deny_ingress_of_nodes,
    google_compute_firewall.deny_egress_of_nodes,
    google_compute_firewall.to_google_apis_of_nodes,
    google_compute_firewall.deny_network_of_nodes,
    google_compute_firewall.to_internet_of_nodes,
    google_compute_firewall.to_control_plane_of_nodes,
    google_compute_firewall.system_nodes_to_pods,
    google_compute_firewall.system_nodes_to_tunnel,
    google_compute_firewall.system_nodes_from_balancer,
    google_dns_record_set.google_apis,
    google_dns_record_set.google_apis_any,
    google_dns_record_set.artifact_registry,
    google_dns_record_set.artifact_registry_any,
    google_project_iam_member.system_nodes,
    google_kms_crypto_key_iam_member.agents,
    google_project_service.this,
  ]
}

# GKE makes a group of machines in every zone. The zones are known beforehand, the groups are not.
locals {
  gateway_groups = {
    asia-northeast3-a = one([for url in google_container_node_pool.system_nodes.managed_instance_group_urls : url if strcontains(url, "/zones/asia-northeast3-a/")])
    asia-northeast3-b = one([for url in google_container_node_pool.system_nodes.managed_instance_group_urls : url if strcontains(url, "/zones/asia-northeast3-b/")])
  }
}

# Where the gateway listens on the nodes, by a name that the load balancer knows.
resource "google_compute_instance_group_named_port" "system_nodes_internal" {
  for_each = local.gateway_groups
  group    = each.value
  zone     = each.key
  name     = "internal"
  port     = 30081

  lifecycle {
    create_before_destroy = true
  }
}

# A node without a pod of the gateway does not answer, and gets no requests.
resource "google_compute_region_health_check" "system_nodes" {
  name                = "bumall-dev-system-nodes"
  region              = "asia-northeast3"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3

  http_health_check {
    port         = 30021
    request_path = "/healthz/ready"
  }

  log_config {
    enable = true
  }

  depends_on = [google_project_service.this]
}
