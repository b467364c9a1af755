output "kubernetes_ship" {
  description = "For kubernetes/ship/terraform.yaml: terraform output -raw kubernetes_ship."
  value       = join("---\n", [for object in flatten([local.ship_api_objects, local.ship_worker_objects]) : yamlencode(object)])
}
