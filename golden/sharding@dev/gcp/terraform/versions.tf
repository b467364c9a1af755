terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45"
    }

    google-beta = {
      source  = "hashicorp/google-beta"
      version = "~> 7.45"
    }

    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
  }
}

provider "google" {
  project = "bumart-dev"
  region  = "asia-northeast3"

  default_labels = {
    environment = "dev"
    system      = "bumart"
    team        = "market"
  }
}

# Service identities are in this provider only.
provider "google-beta" {
  project = "bumart-dev"
  region  = "asia-northeast3"

  default_labels = {
    environment = "dev"
    system      = "bumart"
    team        = "market"
  }
}

data "google_project" "this" {}

# For names that are shared with the world, and for those that are not given back after a destroy.
resource "random_id" "suffix" {
  byte_length = 3
}
