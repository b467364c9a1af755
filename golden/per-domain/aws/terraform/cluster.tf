# The Kubernetes cluster: its control plane, and the machines that pods run on.

# EKS would make it itself, without the key and the retention.
resource "aws_cloudwatch_log_group" "kubernetes_control_plane" {
  name              = "/aws/eks/bumall/cluster"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_eks_cluster" "main" {
  name     = "bumall"
  version  = "1.35"
  role_arn = aws_iam_role.kubernetes_control_plane.arn

  # Add-ons are resources of their own here.
  bootstrap_self_managed_addons = false
  deletion_protection           = true
  enabled_cluster_log_types     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

  access_config {
    authentication_mode = "API"

    # Whoever applies first may administer the cluster; others stand in cluster_admins.
    bootstrap_cluster_creator_admin_permissions = true
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = aws_kms_key.data.arn
    }
  }

  upgrade_policy {
    support_type = "STANDARD"
  }

  vpc_config {
    subnet_ids              = values(aws_subnet.nodes)[*].id
    security_group_ids      = [aws_security_group.kubernetes_control_plane.id]
    endpoint_private_access = true
    endpoint_public_access  = true
    public_access_cidrs     = ["203.0.113.0/24"]
  }

  depends_on = [
    aws_iam_role_policy_attachment.kubernetes_control_plane,
    aws_iam_role_policy.kubernetes_control_plane,
    aws_cloudwatch_log_group.kubernetes_control_plane,
  ]
}

resource "aws_eks_access_entry" "kubernetes_administrators" {
  for_each      = var.cluster_admins
  cluster_name  = aws_eks_cluster.main.name
  principal_arn = each.key
}

resource "aws_eks_access_policy_association" "kubernetes_administrators" {
  for_each      = aws_eks_access_entry.kubernetes_administrators
  cluster_name  = aws_eks_cluster.main.name
  principal_arn = each.value.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

  access_scope {
    type = "cluster"
  }
}

resource "aws_eks_addon" "vpc_cni" {
  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "vpc-cni"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  service_account_role_arn    = aws_iam_role.kubernetes_network_plugin.arn

  # A node takes few addresses before its pods need them, and pods obey network policies.
  configuration_values = jsonencode({
    enableNetworkPolicy = "true"
    env = {
      MINIMUM_IP_TARGET = "10"
      WARM_IP_TARGET    = "2"
    }
  })

  depends_on = [aws_iam_role_policy_attachment.kubernetes_network_plugin]
}

resource "aws_eks_addon" "kube_proxy" {
  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "kube-proxy"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
}

resource "aws_launch_template" "system_nodes_of_kubernetes" {
  name                   = "bumall-system-nodes-of-kubernetes"
  update_default_version = true

  # EKS chooses the image: the current Amazon Linux 2023 for the version of the cluster.
  instance_type = "c7i.xlarge"

  vpc_security_group_ids = [
    aws_security_group.kubernetes_nodes_of_all_pools.id,
    aws_security_group.system_nodes_of_kubernetes.id,
  ]

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"

    # One hop is the machine itself: pods get no answer, and none of its role.
    http_put_response_hop_limit = 1
  }

  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = 50
      encrypted             = true
      kms_key_id            = aws_kms_key.data.arn
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"

    tags = merge(local.tags, {
      Name = "bumall-system-nodes-of-kubernetes"
    })
  }

  tag_specifications {
    resource_type = "volume"

    tags = merge(local.tags, {
      Name = "bumall-system-nodes-of-kubernetes"
    })
  }
}

resource "aws_eks_node_group" "system_nodes_of_kubernetes" {
  cluster_name           = aws_eks_cluster.main.name
  node_group_name_prefix = "system-"
  node_role_arn          = aws_iam_role.system_nodes_of_kubernetes.arn
  subnet_ids             = values(aws_subnet.nodes)[*].id
  ami_type               = "AL2023_x86_64_STANDARD"
  version                = aws_eks_cluster.main.version

  labels = {
    "cloudgen/pool" = "system"
  }

  scaling_config {
    desired_size = 2
    min_size     = 2
    max_size     = 3
  }

  # New nodes come first, and pods leave the old ones within what their disruption budgets allow.
  update_config {
    max_unavailable_percentage = 33
  }

  node_repair_config {
    enabled = true
  }

  launch_template {
    id      = aws_launch_template.system_nodes_of_kubernetes.id
    version = aws_launch_template.system_nodes_of_kubernetes.latest_version
  }

  # The autoscaler decides how many there are.
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [scaling_config[0].desired_size]
  }

  depends_on = [
    aws_iam_role_policy_attachment.system_nodes_of_kubernetes,
    aws_iam_role_policy.system_nodes_of_kubernetes,
    aws_eks_addon.vpc_cni,
    aws_eks_addon.kube_proxy,
    aws_route.application_nat,
    aws_route_table_association.application,
    aws_route_table_association.nodes,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_kubernetes_control_plane_443,
    aws_vpc_security_group_ingress_rule.kubernetes_nodes_of_all_pools_to_kubernetes_control_plane_443,
    aws_vpc_security_group_egress_rule.kubernetes_control_plane_to_kubernetes_nodes_of_all_pools_10250,
    aws_vpc_security_group_ingress_rule.kubernetes_control_plane_to_kubernetes_nodes_of_all_pools_10250,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53,
    aws_vpc_security_group_ingress_rule.kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53_udp,
    aws_vpc_security_group_ingress_rule.kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53_udp,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_internet_80,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_internet_443,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_private_service_endpoints_443,
    aws_vpc_security_group_ingress_rule.kubernetes_nodes_of_all_pools_to_private_service_endpoints_443,
    aws_vpc_security_group_egress_rule.kubernetes_nodes_of_all_pools_to_object_store_443,
  ]
}

resource "aws_eks_addon" "coredns" {
  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "coredns"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  depends_on                  = [aws_eks_node_group.ship_nodes_of_kubernetes, aws_eks_node_group.system_nodes_of_kubernetes]
}

resource "aws_eks_addon" "metrics_server" {
  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "metrics-server"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  depends_on                  = [aws_eks_node_group.ship_nodes_of_kubernetes, aws_eks_node_group.system_nodes_of_kubernetes]
}

# What the cluster's own parts write, the gateway among them; services have log groups of their own.
resource "aws_cloudwatch_log_group" "kubernetes_cluster_parts" {
  name              = "/bumall/kubernetes"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}
