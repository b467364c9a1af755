//! Configurations that must be refused, and whose verdict it is: Terraform's own, or what the providers check in code.

use std::path::Path;

use tempfile::TempDir;

use crate::{cloudgen, err, folder, has_terraform};

/// A configuration with one mistake, and words of the message that must name it.
struct Mistake {
    name: &'static str,
    text: &'static str,
    said: &'static [&'static str],
}

const AWS: &[Mistake] = &[
    Mistake {
        name: "an unknown argument",
        text: "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n  colour     = \"red\"\n}\n",
        said: &["Unsupported argument", "\"colour\"", "main.tf line 3"],
    },
    Mistake {
        name: "a missing argument",
        text: "resource \"aws_s3_bucket_policy\" \"main\" {\n  bucket = \"media\"\n}\n",
        said: &["Missing required argument", "\"policy\""],
    },
    Mistake {
        name: "an unknown block",
        text: "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n  flow {}\n}\n",
        said: &["Unsupported block type", "\"flow\""],
    },
    Mistake {
        name: "a block too many",
        text: "resource \"aws_s3_bucket_versioning\" \"main\" {\n  bucket = \"media\"\n  versioning_configuration {\n    status = \
               \"Enabled\"\n  }\n  versioning_configuration {\n    status = \"Suspended\"\n  }\n}\n",
        said: &["versioning_configuration"],
    },
    Mistake {
        name: "a value for what only the provider sets",
        text: "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n  arn        = \"arn:aws:x\"\n}\n",
        said: &["arn"],
    },
    Mistake {
        name: "a reference to an attribute that is not there",
        text: "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n}\noutput \"x\" {\n  value = aws_vpc.main.colour\n}\n",
        said: &["Unsupported attribute", "\"colour\""],
    },
    Mistake {
        name: "a reference to a resource that is not there",
        text: "resource \"aws_subnet\" \"main\" {\n  vpc_id     = aws_vpc.main.id\n  cidr_block = \"10.0.0.0/24\"\n}\n",
        said: &["Reference to undeclared resource"],
    },
    Mistake {
        name: "a wrong type",
        text: "resource \"aws_vpc\" \"main\" {\n  cidr_block           = \"10.0.0.0/16\"\n  enable_dns_hostnames = \"perhaps\"\n}\n",
        said: &["Incorrect attribute value type", "enable_dns_hostnames"],
    },
    Mistake {
        name: "a cycle",
        text: "resource \"aws_security_group\" \"a\" {\n  name = aws_security_group.b.name_prefix\n}\n\
               resource \"aws_security_group\" \"b\" {\n  name = aws_security_group.a.name_prefix\n}\n",
        said: &["Cycle"],
    },
    Mistake {
        name: "keys that are known only after apply",
        text: "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n}\nresource \"aws_eip\" \"x\" {\n  for_each = \
               toset([aws_vpc.main.id])\n}\n",
        said: &["Invalid for_each argument"],
    },
    Mistake {
        name: "an unknown type",
        text: "resource \"aws_vcp\" \"main\" {}\n",
        said: &["Invalid resource type", "\"aws_vcp\""],
    },
    Mistake {
        name: "a value that is not allowed",
        text: "resource \"aws_lb\" \"main\" {\n  name               = \"main\"\n  load_balancer_type = \"classic\"\n}\n",
        said: &["load_balancer_type"],
    },
];

const AZURE: &[Mistake] = &[
    Mistake {
        name: "a value that is not allowed",
        text: "provider \"azurerm\" {\n  features {}\n}\nresource \"azurerm_storage_account\" \"main\" {\n  name                     = \
               \"media\"\n  resource_group_name      = \"main\"\n  location                 = \"koreacentral\"\n  account_tier             \
               = \"Premier\"\n  account_replication_type = \"LRS\"\n}\n",
        said: &["account_tier", "Premier"],
    },
    Mistake {
        name: "a text of the wrong form",
        text: "provider \"azurerm\" {\n  features {}\n}\nresource \"azurerm_subnet_network_security_group_association\" \"main\" {\n  \
               subnet_id                 = \"main\"\n  network_security_group_id = \"main\"\n}\n",
        said: &["subnet_id"],
    },
];

const GCP: &[Mistake] = &[
    Mistake {
        name: "arguments that exclude each other",
        text: "resource \"google_compute_firewall\" \"main\" {\n  name    = \"main\"\n  network = \"main\"\n  allow {\n    protocol = \
               \"tcp\"\n  }\n  deny {\n    protocol = \"udp\"\n  }\n}\n",
        said: &["allow", "deny"],
    },
    Mistake {
        name: "a value that is not allowed",
        text: "resource \"google_compute_firewall\" \"main\" {\n  name      = \"main\"\n  network   = \"main\"\n  direction = \
               \"UP\"\n  allow {\n    protocol = \"tcp\"\n  }\n}\n",
        said: &["direction"],
    },
];

/// Plans every one of these, and finds what was not refused as it should be.
fn check(mistakes: &[Mistake]) {
    if !has_terraform() {
        return;
    }
    let temporary = TempDir::new().unwrap();
    let mut findings = Vec::new();
    for mistake in mistakes {
        if let Err(finding) = refused(mistake, temporary.path()) {
            findings.push(format!("{}: {finding}", mistake.name));
        }
    }
    assert!(findings.is_empty(), "\n{}", findings.join("\n\n"));
}

fn refused(mistake: &Mistake, temporary: &Path) -> Result<(), String> {
    let root = folder(&[("main.tf", mistake.text)]);
    let output = cloudgen(temporary, &["plan", root.path().to_str().unwrap()])
        .output()
        .unwrap();
    // Terraform breaks lines where it likes.
    let said = err(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    if output.status.code() != Some(1) {
        return Err(format!("ended with {}\n{said}", output.status));
    }
    match mistake.said.iter().find(|word| !said.contains(**word)) {
        Some(word) => Err(format!("`{word}` is not in\n{}", err(&output))),
        None => Ok(()),
    }
}

#[test]
fn mistakes_on_aws_are_refused() {
    check(AWS);
}

#[test]
fn mistakes_on_azure_are_refused() {
    check(AZURE);
}

#[test]
fn mistakes_on_google_cloud_are_refused() {
    check(GCP);
}
