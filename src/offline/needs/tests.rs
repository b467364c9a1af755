//! What is read from configurations, in both syntaxes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// Reads `root` of a few files that are given as `path`, `text`.
fn read(reach: Reach, files: &[(&str, &str)]) -> Result<Needs, Vec<Problem>> {
    Needs::read(Path::new("root"), reach, &mut |folder| {
        let inside: Vec<File> = files
            .iter()
            .filter(|(path, _)| Path::new(path).parent() == Some(folder))
            .map(|(path, text)| (path.rsplit('/').next().unwrap().to_owned(), (*text).to_owned()))
            .collect();
        if inside.is_empty() {
            Err(io::ErrorKind::NotFound.into())
        } else {
            Ok(inside)
        }
    })
}

fn needs(files: &[(&str, &str)]) -> Needs {
    read(Reach::Configuration, files).unwrap()
}

fn problems(text: &str) -> Vec<String> {
    let problems = read(Reach::Configuration, &[("root/main.tf", text)]).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

fn addresses(needs: &Needs) -> Vec<&str> {
    needs.providers.keys().map(String::as_str).collect()
}

fn names(set: &BTreeSet<String>) -> Vec<&str> {
    set.iter().map(String::as_str).collect()
}

const AWS: &str = "registry.terraform.io/hashicorp/aws";

#[test]
fn types_and_their_providers_are_found() {
    let found = needs(&[(
        "root/main.tf",
        r#"
terraform {
  required_providers {
    aws   = { source = "hashicorp/aws", version = "~> 6.0" }
    cloud = { "source" = "registry.opentofu.org/Example/Cloud" }
    old   = "~> 1.0"
  }
}
provider "google" {}
resource "aws_vpc" "main" {}
resource "google_compute_network" "main" { provider = google-beta.other }
data "cloud_zone" "main" {}
ephemeral "random_password" "main" {}
resource "terraform_data" "main" {}
check "health" {
  data "http" "health" {}
}
moved {
  from = module.a["b"].aws_subnet.old[0]
  to   = aws_subnet.new
}
import {
  to = each.value
  id = "x"
}
"#,
    )]);
    assert_eq!(
        addresses(&found),
        [
            "registry.opentofu.org/example/cloud",
            AWS,
            "registry.terraform.io/hashicorp/google",
            "registry.terraform.io/hashicorp/google-beta",
            "registry.terraform.io/hashicorp/http",
            "registry.terraform.io/hashicorp/old",
            "registry.terraform.io/hashicorp/random",
        ]
    );
    assert_eq!(
        names(&found.resources),
        ["aws_subnet", "aws_vpc", "google_compute_network", "terraform_data"]
    );
    assert_eq!(names(&found.data), ["cloud_zone", "http"]);
    assert_eq!(names(&found.ephemeral), ["random_password"]);
    assert_eq!(found.providers[AWS].to_string(), "root/main.tf:4");
    assert!(!found.has_backend);
}

#[test]
fn the_json_syntax_says_the_same() {
    let found = needs(&[(
        "root/main.tf.json",
        r#"{
  "terraform": [{"required_providers": {"aws": {"source": "hashicorp/aws"}}, "backend": {"s3": {}}}],
  "resource": {"aws_vpc": {"main": {"provider": "google-beta.x"}, "other": [{}]}},
  "data": [{"aws_region": {"here": {}}}],
  "moved": [{"from": "aws_subnet.a[0]", "to": "module.b.aws_subnet.a"}],
  "module": {"part": {"source": "./part"}}
}"#,
    )]);
    assert_eq!(addresses(&found), [AWS, "registry.terraform.io/hashicorp/google-beta"]);
    assert_eq!(names(&found.resources), ["aws_subnet", "aws_vpc"]);
    assert_eq!(names(&found.data), ["aws_region"]);
    assert!(found.has_backend);
    assert_eq!(found.modules, [Path::new("root"), Path::new("root/part")]);
}

#[test]
fn local_modules_are_followed_once_with_names_of_their_own() {
    let call = |name: &str, source: &str| format!("module \"{name}\" {{\n  source = \"{source}\"\n}}\n");
    let root = call("a", "./parts/a") + &call("b", "../common/b") + &call("again", "./parts/../parts/a");
    let found = needs(&[
        ("root/main.tf", &root),
        (
            "root/parts/a/main.tf",
            "terraform {\n  required_providers {\n    net = { source = \"hashicorp/aws\" }\n  }\n  backend \"s3\" {}\n}\nresource \"net_x\" \"y\" {}\n",
        ),
        (
            "common/b/main.tf",
            &(call("root", "../../root") + "resource \"tls_private_key\" \"k\" {}\n"),
        ),
    ]);
    let folders = ["root", "root/parts/a", "common/b"].map(PathBuf::from);
    assert_eq!(found.modules, folders);
    assert_eq!(addresses(&found), [AWS, "registry.terraform.io/hashicorp/tls"]);
    assert!(!found.has_backend, "only the root's counts");
}

#[test]
fn what_would_have_to_be_fetched_is_named_with_its_place() {
    let found = problems(
        r#"module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "~> 6.0"
}

module "net" {
  source = "git::https://example.com/net.git"
}

data "terraform_remote_state" "core" {
  backend = "s3"
}

data "terraform_remote_state" "file" {
  backend = "local"
}
"#,
    );
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].starts_with("root/main.tf:1: module `vpc` comes from `terraform-aws-modules/vpc/aws`"));
    assert!(found[1].starts_with("root/main.tf:6: module `net`"));
    assert!(found[2].starts_with("root/main.tf:10: `data.terraform_remote_state.core`"));
}

#[test]
fn syntax_errors_have_their_line() {
    let found = problems("resource \"aws_vpc\" \"main\" {\n  cidr_block = = 1\n}\n");
    assert!(found[0].starts_with("root/main.tf:2: syntax error: "), "{found:?}");
    let found = read(Reach::Configuration, &[("root/a.tf.json", "{\n  nonsense\n}")]).unwrap_err();
    assert!(
        found[0].to_string().starts_with("root/a.tf.json:2: syntax error: "),
        "{found:?}"
    );
}

#[test]
fn test_files_count_where_they_are_asked_for() {
    let files = [
        ("root/main.tf", "resource \"aws_vpc\" \"main\" {}\n"),
        (
            "root/tests/main.tftest.hcl",
            "provider \"google\" {}\nrun \"setup\" {\n  module {\n    source = \"./tests/setup\"\n  }\n}\n",
        ),
        ("root/tests/setup/main.tf", "resource \"random_id\" \"x\" {}\n"),
    ];
    assert_eq!(addresses(&read(Reach::Configuration, &files).unwrap()), [AWS]);
    let tests = read(Reach::Tests, &files).unwrap();
    assert_eq!(addresses(&tests).len(), 3);
    assert_eq!(tests.modules, [Path::new("root"), Path::new("root/tests/setup")]);
}

#[test]
fn a_state_adds_what_it_holds() {
    let mut found = needs(&[("root/main.tf", "\n")]);
    let state = r#"{"version": 4, "resources": [
  {"mode": "managed", "type": "aws_vpc", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"].east"},
  {"mode": "data", "type": "tls_certificate", "provider": "module.x.provider[\"registry.terraform.io/hashicorp/tls\"]"},
  {"mode": "managed", "type": "terraform_data", "provider": "provider[\"terraform.io/builtin/terraform\"]"}
]}"#;
    found.add_state(Path::new("s.tfstate"), state).unwrap();
    assert_eq!(addresses(&found), [AWS, "registry.terraform.io/hashicorp/tls"]);
    assert_eq!(names(&found.data), ["tls_certificate"]);
    assert_eq!(found.providers[AWS].to_string(), "s.tfstate");
    assert!(found.add_state(Path::new("s.tfstate"), "[]").is_err());
}

#[test]
fn paths_are_made_plain_without_looking() {
    for (path, plain) in [
        ("a/./b/../c", "a/c"),
        ("./a", "a"),
        ("a/..", "."),
        ("../a/../b", "../b"),
        ("/../a", "/a"),
        (".", "."),
    ] {
        assert_eq!(normal(Path::new(path)), Path::new(plain), "{path}");
    }
}
