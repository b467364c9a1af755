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

    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }

    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }
}

provider "google" {
  region = "asia-northeast3"

  default_labels = {
    system = "notes"
  }
}

# Service identities are in this provider only.
provider "google-beta" {
  region = "asia-northeast3"

  default_labels = {
    system = "notes"
  }
}

# The project is the provider's own: GOOGLE_PROJECT in its environment.
data "google_project" "this" {}

# For names that are shared with the world, and for those that are not given back after a destroy.
resource "random_id" "suffix" {
  byte_length = 3
}
