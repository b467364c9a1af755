resource "google_memorystore_instance" "session" {
  instance_id    = "bumall-dev-session"
  location       = "asia-northeast3"
  engine_version = "VALKEY_8_0"

  # One node holds all, so that every client can talk to it.
  mode          = "CLUSTER_DISABLED"
  shard_count   = 1
  node_type     = "CUSTOM_PICO"
  replica_count = 0

  engine_configs = {
    maxmemory-policy = "allkeys-lru"
  }

  authorization_mode      = "IAM_AUTH"
  transit_encryption_mode = "SERVER_AUTHENTICATION"
  server_ca_mode          = "GOOGLE_MANAGED_PER_INSTANCE_CA"
  kms_key                 = google_kms_crypto_key.main.id

  # A cache is no data: nothing of it is kept, and it may go.
  deletion_protection_enabled = false

  persistence_config {
    mode = "DISABLED"
  }

  zone_distribution_config {
    mode = "MULTI_ZONE"
  }

  desired_auto_created_endpoints {
    network    = google_compute_network.main.id
    project_id = data.google_project.this.project_id
  }

  depends_on = [
    google_kms_crypto_key_iam_member.agents,
    google_network_connectivity_service_connection_policy.memorystore,
  ]
}

# The address that is read and written: another one may lead to copies, for reading only.
locals {
  session_address = one([for connection in google_memorystore_instance.session.endpoints[0].connections : connection.psc_auto_connection[0].ip_address if connection.psc_auto_connection[0].connection_type != "CONNECTION_TYPE_READER"])
}

locals {
  session_authority = join("\n", flatten(google_memorystore_instance.session.managed_server_ca[0].ca_certs[*].certificates))
}
