terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.37"
    }

    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
  }
}

# Auto Scaling and launch templates do not inherit the provider's default tags: they repeat these.
locals {
  tags = {
    environment = "dev"
    system      = "bushop"
    team        = "shop"
  }
}

provider "aws" {
  region = "ap-northeast-2"

  default_tags {
    tags = local.tags
  }
}

data "aws_caller_identity" "current" {}

# Names that are global to AWS carry this suffix.
resource "random_id" "suffix" {
  byte_length = 3
}
