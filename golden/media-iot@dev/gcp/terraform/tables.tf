resource "google_firestore_database" "means" {
  name                              = "mediaiot-dev-means"
  location_id                       = "asia-northeast3"
  type                              = "FIRESTORE_NATIVE"
  database_edition                  = "STANDARD"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = "DELETE_PROTECTION_DISABLED"

  # By itself Terraform would forget it and leave it there.
  deletion_policy = "DELETE"

  cmek_config {
    kms_key_name = google_kms_crypto_key.main.id
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# Items of one partition in their order, both ways: Firestore walks an index in one direction only.
resource "google_firestore_index" "means" {
  for_each = {
    "key/ascending" = {
      partition = "device"
      sort      = "minute"
      order     = "ASCENDING"
    }
    "key/descending" = {
      partition = "device"
      sort      = "minute"
      order     = "DESCENDING"
    }
    "by-day/ascending" = {
      partition = "day"
      sort      = "minute"
      order     = "ASCENDING"
    }
    "by-day/descending" = {
      partition = "day"
      sort      = "minute"
      order     = "DESCENDING"
    }
  }

  database   = google_firestore_database.means.name
  collection = google_firestore_database.means.name

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
resource "google_firestore_field" "means" {
  database   = google_firestore_database.means.name
  collection = google_firestore_database.means.name
  field      = "expires"

  ttl_config {}

  # No index of times, which would have all writes at one end.
  index_config {}
}

resource "google_firestore_database" "pictures" {
  name                              = "mediaiot-dev-pictures"
  location_id                       = "asia-northeast3"
  type                              = "FIRESTORE_NATIVE"
  database_edition                  = "STANDARD"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = "DELETE_PROTECTION_DISABLED"

  # By itself Terraform would forget it and leave it there.
  deletion_policy = "DELETE"

  cmek_config {
    kms_key_name = google_kms_crypto_key.main.id
  }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}

# Items of one partition in their order, both ways: Firestore walks an index in one direction only.
resource "google_firestore_index" "pictures" {
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
    "by-day/ascending" = {
      partition = "day"
      sort      = "key"
      order     = "ASCENDING"
    }
    "by-day/descending" = {
      partition = "day"
      sort      = "key"
      order     = "DESCENDING"
    }
  }

  database   = google_firestore_database.pictures.name
  collection = google_firestore_database.pictures.name

  fields {
    field_path = each.value.partition
    order      = "ASCENDING"
  }

  fields {
    field_path = each.value.sort
    order      = each.value.order
  }
}
