# Objects of the cluster with values that only Terraform knows. An output has those of each part, for its terraform.yaml beside the
# other manifests.

output "kubernetes_ship" {
  description = "For kubernetes/ship/terraform.yaml: terraform output -raw kubernetes_ship."
  value       = join("---\n", [for object in flatten([local.ship_api_objects, local.ship_worker_objects]) : yamlencode(object)])
}
