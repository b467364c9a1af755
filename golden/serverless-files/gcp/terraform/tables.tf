resource "google_firestore_database" "found" {
  name                              = "uploads-found"
  location_id                       = "asia-northeast3"
  type                              = "FIRESTORE_NATIVE"
  database_edition                  = "STANDARD"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = "DELETE_PROTECTION_ENABLED"

  # By itself Terraform would forget it and leave it there.
  deletion_policy = "DELETE"

  cmek_config {
    kms_key_name = google_kms_crypto_key.main.id
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# Items of one partition in their order, both ways: Firestore walks an index in one direction only.
resource "google_firestore_index" "found" {
  for_each = {
    "key/ascending" = {
      partition = "owner"
      sort      = "key"
      order     = "ASCENDING"
    }
    "key/descending" = {
      partition = "owner"
      sort      = "key"
      order     = "DESCENDING"
    }
  }

  database   = google_firestore_database.found.name
  collection = google_firestore_database.found.name

  fields {
    field_path = each.value.partition
    order      = "ASCENDING"
  }

  fields {
    field_path = each.value.sort
    order      = each.value.order
  }
}

# An item goes within a day after this time, if the attribute is a timestamp.
resource "google_firestore_field" "found" {
  database   = google_firestore_database.found.name
  collection = google_firestore_database.found.name
  field      = "expires"

  ttl_config {}

  # No index of times, which would have all writes at one end.
  index_config {}
}
