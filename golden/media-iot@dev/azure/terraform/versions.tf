terraform {
  required_version = ">= 1.11"

  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }

    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }

    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }

    time = {
      source  = "hashicorp/time"
      version = "~> 0.12"
    }
  }
}

provider "azurerm" {
  # Account keys are off: whatever reads or writes data signs in with Entra ID.
  storage_use_azuread = true

  resource_providers_to_register = [
    "Microsoft.ApiManagement",
    "Microsoft.App",
    "Microsoft.Compute",
    "Microsoft.DocumentDB",
    "Microsoft.EventGrid",
    "Microsoft.EventHub",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.Kusto",
    "Microsoft.Logic",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.ServiceBus",
    "Microsoft.Storage",
    "Microsoft.Web",
  ]

  features {
    application_insights {
      # Azure would add an alarm of its own, which mails people whom nobody asked.
      disable_generated_rule = true
    }

    servicebus {
      # A new subscription would take every message until its own rule is there.
      auto_delete_subscription_default_rule = true
    }

    storage {
      # The accounts are closed to the network that Terraform runs from.
      data_plane_available = false
    }

    resource_group {
      prevent_deletion_if_contains_resources = false
    }
  }
}

# The subscription of DNS zones that are not this system's own.
provider "azurerm" {
  alias           = "dns_00000000"
  subscription_id = "00000000-0000-0000-0000-000000000000"

  features {}
}

data "azurerm_client_config" "current" {}

# Part of the names that are unique in the world.
resource "random_id" "suffix" {
  byte_length = 3
}

locals {
  tags = {
    environment = "dev"
    system      = "mediaiot"
    team        = "platform"
  }
}

resource "azurerm_resource_group" "main" {
  name     = "mediaiot-dev"
  location = "koreacentral"
  tags     = local.tags
}
