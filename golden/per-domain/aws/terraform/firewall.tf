# Who may open a connection to whom, on both ends of each; what is not listed is closed.

resource "aws_security_group" "internet_load_balancer" {
  name        = "bumall-internet-load-balancer"
  description = "Public load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-internet-load-balancer"
  }
}

resource "aws_security_group" "internal_load_balancer" {
  name        = "bumall-internal-load-balancer"
  description = "Internal load balancer"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-internal-load-balancer"
  }
}

resource "aws_security_group" "public" {
  name        = "bumall-public"
  description = "API public"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-public"
  }
}

resource "aws_security_group" "session" {
  name        = "bumall-session"
  description = "Cache session"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-session"
  }
}

resource "aws_security_group" "private_service_endpoints" {
  name        = "bumall-private-service-endpoints"
  description = "Private endpoints of AWS services"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-private-service-endpoints"
  }
}

resource "aws_security_group" "kubernetes_control_plane" {
  name        = "bumall-kubernetes-control-plane"
  description = "Kubernetes control plane"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-kubernetes-control-plane"
  }
}

resource "aws_security_group" "kubernetes_nodes_of_all_pools" {
  name        = "bumall-kubernetes-nodes-of-all-pools"
  description = "All Kubernetes nodes"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-kubernetes-nodes-of-all-pools"
  }
}

resource "aws_security_group" "system_nodes_of_kubernetes" {
  name        = "bumall-system-nodes-of-kubernetes"
  description = "Kubernetes nodes of the pool system"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "bumall-system-nodes-of-kubernetes"
  }
}

resource "aws_vpc_security_group_ingress_rule" "internet_to_internet_load_balancer_80" {
  security_group_id = aws_security_group.internet_load_balancer.id
  description       = "internet to internet load balancer"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "internet_to_internet_load_balancer_443" {
  security_group_id = aws_security_group.internet_load_balancer.id
  description       = "internet to internet load balancer"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "public_to_internal_load_balancer_8082" {
  security_group_id            = aws_security_group.public.id
  description                  = "public to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8082
  to_port                      = 8082
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "public_to_internal_load_balancer_8082" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "public to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8082
  to_port                      = 8082
  referenced_security_group_id = aws_security_group.public.id
}

resource "aws_vpc_security_group_egress_rule" "public_to_internal_load_balancer_8081" {
  security_group_id            = aws_security_group.public.id
  description                  = "public to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8081
  to_port                      = 8081
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_ingress_rule" "public_to_internal_load_balancer_8081" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "public to internal load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8081
  to_port                      = 8081
  referenced_security_group_id = aws_security_group.public.id
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_nodes_of_all_pools_to_kubernetes_control_plane_443" {
  security_group_id            = aws_security_group.kubernetes_nodes_of_all_pools.id
  description                  = "kubernetes nodes of all pools to kubernetes control plane"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.kubernetes_control_plane.id
}

resource "aws_vpc_security_group_ingress_rule" "kubernetes_nodes_of_all_pools_to_kubernetes_control_plane_443" {
  security_group_id            = aws_security_group.kubernetes_control_plane.id
  description                  = "kubernetes nodes of all pools to kubernetes control plane"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.kubernetes_nodes_of_all_pools.id
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_control_plane_to_kubernetes_nodes_of_all_pools_10250" {
  security_group_id            = aws_security_group.kubernetes_control_plane.id
  description                  = "kubernetes control plane to kubernetes nodes of all pools"
  ip_protocol                  = "tcp"
  from_port                    = 10250
  to_port                      = 10250
  referenced_security_group_id = aws_security_group.kubernetes_nodes_of_all_pools.id
}

resource "aws_vpc_security_group_ingress_rule" "kubernetes_control_plane_to_kubernetes_nodes_of_all_pools_10250" {
  security_group_id            = aws_security_group.kubernetes_nodes_of_all_pools.id
  description                  = "kubernetes control plane to kubernetes nodes of all pools"
  ip_protocol                  = "tcp"
  from_port                    = 10250
  to_port                      = 10250
  referenced_security_group_id = aws_security_group.kubernetes_control_plane.id
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53" {
  security_group_id            = aws_security_group.kubernetes_nodes_of_all_pools.id
  description                  = "kubernetes nodes of all pools to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 53
  to_port                      = 53
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_ingress_rule" "kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "kubernetes nodes of all pools to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 53
  to_port                      = 53
  referenced_security_group_id = aws_security_group.kubernetes_nodes_of_all_pools.id
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53_udp" {
  security_group_id            = aws_security_group.kubernetes_nodes_of_all_pools.id
  description                  = "kubernetes nodes of all pools to system nodes of kubernetes"
  ip_protocol                  = "udp"
  from_port                    = 53
  to_port                      = 53
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_ingress_rule" "kubernetes_nodes_of_all_pools_to_system_nodes_of_kubernetes_53_udp" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "kubernetes nodes of all pools to system nodes of kubernetes"
  ip_protocol                  = "udp"
  from_port                    = 53
  to_port                      = 53
  referenced_security_group_id = aws_security_group.kubernetes_nodes_of_all_pools.id
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_nodes_of_all_pools_to_internet_80" {
  security_group_id = aws_security_group.kubernetes_nodes_of_all_pools.id
  description       = "Kubernetes nodes and their pods to the internet"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_nodes_of_all_pools_to_internet_443" {
  security_group_id = aws_security_group.kubernetes_nodes_of_all_pools.id
  description       = "Kubernetes nodes and their pods to the internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_nodes_of_all_pools_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.kubernetes_nodes_of_all_pools.id
  description                  = "kubernetes nodes of all pools to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.private_service_endpoints.id
}

resource "aws_vpc_security_group_ingress_rule" "kubernetes_nodes_of_all_pools_to_private_service_endpoints_443" {
  security_group_id            = aws_security_group.private_service_endpoints.id
  description                  = "kubernetes nodes of all pools to private service endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.kubernetes_nodes_of_all_pools.id
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_nodes_of_all_pools_to_object_store_443" {
  security_group_id = aws_security_group.kubernetes_nodes_of_all_pools.id
  description       = "Kubernetes nodes and their pods to the object store over its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "system_nodes_of_kubernetes_to_kubernetes_nodes_of_all_pools_10250" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "system nodes of kubernetes to kubernetes nodes of all pools"
  ip_protocol                  = "tcp"
  from_port                    = 10250
  to_port                      = 10250
  referenced_security_group_id = aws_security_group.kubernetes_nodes_of_all_pools.id
}

resource "aws_vpc_security_group_ingress_rule" "system_nodes_of_kubernetes_to_kubernetes_nodes_of_all_pools_10250" {
  security_group_id            = aws_security_group.kubernetes_nodes_of_all_pools.id
  description                  = "system nodes of kubernetes to kubernetes nodes of all pools"
  ip_protocol                  = "tcp"
  from_port                    = 10250
  to_port                      = 10250
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_control_plane_to_system_nodes_of_kubernetes_6443" {
  security_group_id            = aws_security_group.kubernetes_control_plane.id
  description                  = "kubernetes control plane to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 6443
  to_port                      = 6443
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_ingress_rule" "kubernetes_control_plane_to_system_nodes_of_kubernetes_6443" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "kubernetes control plane to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 6443
  to_port                      = 6443
  referenced_security_group_id = aws_security_group.kubernetes_control_plane.id
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_control_plane_to_system_nodes_of_kubernetes_9443" {
  security_group_id            = aws_security_group.kubernetes_control_plane.id
  description                  = "kubernetes control plane to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 9443
  to_port                      = 9443
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_ingress_rule" "kubernetes_control_plane_to_system_nodes_of_kubernetes_9443" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "kubernetes control plane to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 9443
  to_port                      = 9443
  referenced_security_group_id = aws_security_group.kubernetes_control_plane.id
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_control_plane_to_system_nodes_of_kubernetes_10251" {
  security_group_id            = aws_security_group.kubernetes_control_plane.id
  description                  = "kubernetes control plane to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 10251
  to_port                      = 10251
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_ingress_rule" "kubernetes_control_plane_to_system_nodes_of_kubernetes_10251" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "kubernetes control plane to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 10251
  to_port                      = 10251
  referenced_security_group_id = aws_security_group.kubernetes_control_plane.id
}

resource "aws_vpc_security_group_egress_rule" "kubernetes_control_plane_to_system_nodes_of_kubernetes_15017" {
  security_group_id            = aws_security_group.kubernetes_control_plane.id
  description                  = "kubernetes control plane to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 15017
  to_port                      = 15017
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_ingress_rule" "kubernetes_control_plane_to_system_nodes_of_kubernetes_15017" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "kubernetes control plane to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 15017
  to_port                      = 15017
  referenced_security_group_id = aws_security_group.kubernetes_control_plane.id
}

resource "aws_vpc_security_group_egress_rule" "system_nodes_of_kubernetes_to_system_nodes_of_kubernetes_9666" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "system nodes of kubernetes to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 9666
  to_port                      = 9666
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_ingress_rule" "system_nodes_of_kubernetes_to_system_nodes_of_kubernetes_9666" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "system nodes of kubernetes to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 9666
  to_port                      = 9666
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_egress_rule" "system_nodes_of_kubernetes_to_system_nodes_of_kubernetes_15012" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "system nodes of kubernetes to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 15012
  to_port                      = 15012
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_ingress_rule" "system_nodes_of_kubernetes_to_system_nodes_of_kubernetes_15012" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "system nodes of kubernetes to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 15012
  to_port                      = 15012
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_egress_rule" "internal_load_balancer_to_system_nodes_of_kubernetes_30081" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "internal load balancer to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 30081
  to_port                      = 30081
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_ingress_rule" "internal_load_balancer_to_system_nodes_of_kubernetes_30081" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "internal load balancer to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 30081
  to_port                      = 30081
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "internal_load_balancer_to_system_nodes_of_kubernetes_30021" {
  security_group_id            = aws_security_group.internal_load_balancer.id
  description                  = "internal load balancer to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 30021
  to_port                      = 30021
  referenced_security_group_id = aws_security_group.system_nodes_of_kubernetes.id
}

resource "aws_vpc_security_group_ingress_rule" "internal_load_balancer_to_system_nodes_of_kubernetes_30021" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "internal load balancer to system nodes of kubernetes"
  ip_protocol                  = "tcp"
  from_port                    = 30021
  to_port                      = 30021
  referenced_security_group_id = aws_security_group.internal_load_balancer.id
}

resource "aws_vpc_security_group_egress_rule" "system_nodes_of_kubernetes_to_kubernetes_nodes_of_all_pools_8082" {
  security_group_id            = aws_security_group.system_nodes_of_kubernetes.id
  description                  = "system nodes of kubernetes to kubernetes nodes of all pools"
  ip_protocol                  = "tcp"
  from_port                    = 8082
  to_port                      = 8082
  referenced_security_group_id = aws_security_group.kubernetes_nodes_of_all_pools.id
}
