# Who the nodes are; the pods on them are somebody else, each for itself.
resource "google_service_account" "system_nodes" {
  account_id   = "bumall-system-nodes"
  display_name = "bumall nodes of system"
  depends_on   = [google_project_service.this]
}

# Logs and metrics, and nothing else.
resource "google_project_iam_member" "system_nodes" {
  project = data.google_project.this.project_id
  role    = "roles/container.defaultNodeServiceAccount"
  member  = google_service_account.system_nodes.member
}

# KEDA counts the messages that wait.
resource "google_service_account" "keda" {
  account_id   = "bumall-keda"
  display_name = "bumall keda"
  depends_on   = [google_project_service.this]
}

# Reading metrics can be granted on the project only.
resource "google_project_iam_member" "keda" {
  project = data.google_project.this.project_id
  role    = "roles/monitoring.viewer"
  member  = google_service_account.keda.member
}

resource "google_service_account_iam_member" "keda_pods" {
  service_account_id = "projects/${data.google_project.this.project_id}/serviceAccounts/${google_service_account.keda.email}"
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${google_container_cluster.main.workload_identity_config[0].workload_pool}[keda/keda-operator]"
}
