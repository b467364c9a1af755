resource "google_firestore_database" "opinions" {
  name                              = "catalog-opinions"
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
resource "google_firestore_index" "opinions" {
  for_each = {
    "key/ascending" = {
      partition = "product"
      sort      = "written"
      order     = "ASCENDING"
    }
    "key/descending" = {
      partition = "product"
      sort      = "written"
      order     = "DESCENDING"
    }
  }

  database   = google_firestore_database.opinions.name
  collection = google_firestore_database.opinions.name

  fields {
    field_path = each.value.partition
    order      = "ASCENDING"
  }

  fields {
    field_path = each.value.sort
    order      = each.value.order
  }
}

resource "google_firestore_database" "products" {
  name                              = "catalog-products"
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
resource "google_firestore_index" "products" {
  for_each = {
    "by-kind/ascending" = {
      partition = "kind"
      sort      = "name"
      order     = "ASCENDING"
    }
    "by-kind/descending" = {
      partition = "kind"
      sort      = "name"
      order     = "DESCENDING"
    }
  }

  database   = google_firestore_database.products.name
  collection = google_firestore_database.products.name

  fields {
    field_path = each.value.partition
    order      = "ASCENDING"
  }

  fields {
    field_path = each.value.sort
    order      = each.value.order
  }
}
