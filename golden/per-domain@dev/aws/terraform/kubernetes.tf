# What the objects in kubernetes/ are told of this side: see the README for when it is written there.

locals {
  kubernetes_objects = [
    {
      apiVersion = "v1"
      kind       = "ServiceAccount"
      metadata = {
        annotations = {
          "eks.amazonaws.com/role-arn" = aws_iam_role.kubernetes_cluster_autoscaler.arn
        }
        labels = {
          "app.kubernetes.io/name" = "cluster-autoscaler"
        }
        name      = "cluster-autoscaler"
        namespace = "kube-system"
      }
    },
    {
      apiVersion                   = "v1"
      kind                         = "ServiceAccount"
      automountServiceAccountToken = false
      metadata = {
        annotations = {
          "eks.amazonaws.com/role-arn" = aws_iam_role.kubernetes_pod_log_collector.arn
        }
        labels = {
          "app.kubernetes.io/name" = "fluent-bit"
        }
        name      = "fluent-bit"
        namespace = "kube-system"
      }
    },
  ]
}

output "kubernetes" {
  description = "For kubernetes/terraform.yaml: terraform output -raw kubernetes."
  value       = join("---\n", [for object in local.kubernetes_objects : yamlencode(object)])
}

output "kubernetes_ship" {
  description = "For kubernetes/ship/terraform.yaml: terraform output -raw kubernetes_ship."
  value       = join("---\n", [for object in flatten([local.ship_api_objects, local.ship_worker_objects]) : yamlencode(object)])
}
