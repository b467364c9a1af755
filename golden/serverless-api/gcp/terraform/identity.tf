resource "google_service_account" "items" {
  account_id   = "catalog-items"
  display_name = "catalog items"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "reviews" {
  account_id   = "catalog-reviews"
  display_name = "catalog reviews"
  depends_on   = [google_project_service.this]
}

resource "google_project_iam_member" "items_uses_products" {
  project = data.google_project.this.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.items.member

  condition {
    title      = "catalog-products"
    expression = "resource.name == \"${google_firestore_database.products.id}\""
  }
}

resource "google_project_iam_member" "reviews_uses_opinions" {
  project = data.google_project.this.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.reviews.member

  condition {
    title      = "catalog-opinions"
    expression = "resource.name == \"${google_firestore_database.opinions.id}\""
  }
}

# Whom functions are built as. It is none of those that they run as.
resource "google_service_account" "build" {
  account_id   = "catalog-build"
  display_name = "catalog builds of functions"
  depends_on   = [google_project_service.this]
}

# Writing logs can be granted on the project only.
resource "google_project_iam_member" "build_logs" {
  project = data.google_project.this.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build_reads_sources" {
  bucket = google_storage_bucket.function_sources.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

# Cloud Functions builds from a copy, in a bucket that it makes itself with the first function of the region.
resource "google_project_iam_member" "build_reads_copies" {
  project = data.google_project.this.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title      = "sources of functions"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${data.google_project.this.number}-asia-northeast3\")"
  }
}

resource "google_artifact_registry_repository_iam_member" "build_writes_images" {
  location   = google_artifact_registry_repository.functions.location
  repository = google_artifact_registry_repository.functions.repository_id
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

# A grant takes about a minute to be known everywhere. A build that comes sooner fails.
resource "time_sleep" "build" {
  create_duration = "60s"

  depends_on = [
    google_project_iam_member.build_logs,
    google_storage_bucket_iam_member.build_reads_sources,
    google_project_iam_member.build_reads_copies,
    google_artifact_registry_repository_iam_member.build_writes_images,
  ]
}

resource "google_cloud_run_v2_service_iam_member" "items_called_by_api_public" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.items.name
  role     = "roles/run.invoker"
  member   = google_service_account.api_public.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.items.id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "reviews_called_by_api_public" {
  location = "asia-northeast3"
  name     = google_cloudfunctions2_function.reviews.name
  role     = "roles/run.invoker"
  member   = google_service_account.api_public.member

  # A function that is made anew has lost its callers.
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.reviews.id]
  }
}
