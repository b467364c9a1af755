terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.37"
    }

    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }
  }
}

locals {
  tags = {
    system = "catalog"
    team   = "shop"
  }
}

provider "aws" {
  region = "ap-northeast-2"

  default_tags {
    tags = local.tags
  }
}

data "aws_caller_identity" "current" {}
