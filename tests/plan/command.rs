//! The commands as a user runs them: streams, exit codes, what is refused, and that a folder stays as it was.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::interrupted::program;
use crate::support::{entries, files_below, project};
use crate::{cloudgen, err, folder, has_terraform, out};

const MONOLITH: &str = "blueprints/monolith.toml";

const VPC: &str = "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n";

/// Runs the program; nothing may be left of its temporary files.
fn run(arguments: &[&str]) -> Output {
    let temporary = TempDir::new().unwrap();
    let output = cloudgen(temporary.path(), arguments).output().unwrap();
    assert!(entries(temporary.path()).is_empty(), "{arguments:?} left files behind");
    output
}

#[track_caller]
fn ends_with(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}\n{}", out(output), err(output));
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_blueprint_is_planned_and_summed_up() {
    if !has_terraform() {
        return;
    }
    let output = run(&["plan", MONOLITH, "--target", "gcp", "--env", "dev"]);
    ends_with(&output, 0);
    let said = out(&output);
    for words in [
        "# google_compute_network.main will be created",
        "Plan: ",
        "Summary: ",
        "service was",
        "database main",
        "shared: network",
        "google_sql_database_instance",
    ] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
    assert!(!said.contains("Saved the plan"), "{said}");
    assert!(err(&output).contains("offline"), "{}", err(&output));
    assert!(err(&output).contains("not against an account"), "{}", err(&output));
}

#[test]
fn json_is_the_plan_of_terraform_and_nothing_else() {
    if !has_terraform() {
        return;
    }
    let root = folder(&[("main.tf", VPC)]);
    let output = run(&["plan", text(root.path()), "--json"]);
    ends_with(&output, 0);
    let plan: Value = serde_json::from_str(out(&output)).unwrap();
    assert_eq!(plan["resource_changes"][0]["address"], "aws_vpc.main");
    assert_eq!(plan["resource_changes"][0]["change"]["actions"][0], "create");
}

/// A configuration in a repository, with a state kept far away, a module beside it and a file further up.
fn repository() -> TempDir {
    let root = "terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n    key    = \"main\"\n    region = \"eu-west-1\"\n  }\n}\n\
                variable \"cidr\" {\n  type = string\n}\nmodule \"net\" {\n  source = \"../../modules/net\"\n  cidr   = var.cidr\n}\n\
                output \"note\" {\n  value = file(\"../../note.txt\")\n}\n";
    let module =
        "variable \"cidr\" {\n  type = string\n}\nresource \"aws_vpc\" \"main\" {\n  cidr_block = var.cidr\n}\n";
    folder(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("note.txt", "hello\n"),
        ("modules/net/main.tf", module),
        ("live/prod/main.tf", root),
        ("live/prod/.terraform.lock.hcl", "# kept\n"),
        ("live/prod/terraform.tfstate", "not read\n"),
        ("live/prod/prod.tfvars", "cidr = \"10.1.0.0/16\"\n"),
    ])
}

#[test]
fn a_folder_is_planned_with_its_modules_and_stays_as_it_was() {
    if !has_terraform() {
        return;
    }
    let repository = repository();
    let before = files_below(repository.path());
    let root = repository.path().join("live/prod");
    let missing = run(&["plan", text(&root)]);
    ends_with(&missing, 1);
    assert!(
        err(&missing).contains("No value for required variable"),
        "{}",
        err(&missing)
    );
    let output = run(&["plan", text(&root), "--", "-var-file=prod.tfvars"]);
    ends_with(&output, 0);
    assert!(
        out(&output).contains("# module.net.aws_vpc.main will be created"),
        "{}",
        out(&output)
    );
    assert!(out(&output).contains("hello"), "{}", out(&output));
    let validated = run(&["terraform", "--dir", text(&root), "--", "validate", "-no-color"]);
    ends_with(&validated, 0);
    assert!(
        out(&validated).contains("The configuration is valid"),
        "{}",
        out(&validated)
    );
    assert_eq!(files_below(repository.path()), before);
}

#[test]
fn a_state_is_planned_against_where_one_is_given() {
    if !has_terraform() {
        return;
    }
    let root = folder(&[("main.tf", VPC)]);
    let dir = text(root.path());
    ends_with(&run(&["terraform", "--in-place", "--dir", dir, "--", "init"]), 0);
    let applied = run(&[
        "terraform",
        "--in-place",
        "--dir",
        dir,
        "--",
        "apply",
        "-auto-approve",
        "-no-color",
    ]);
    ends_with(&applied, 0);
    let state = root.path().join("terraform.tfstate");
    let same = run(&["plan", dir, "--state", text(&state), "--", "-detailed-exitcode"]);
    ends_with(&same, 0);
    assert!(out(&same).contains("Summary: nothing to change"), "{}", out(&same));

    fs::write(root.path().join("main.tf"), VPC.replace("10.0.", "10.9.")).unwrap();
    let replaced = run(&["plan", dir, "--state", text(&state), "--", "-detailed-exitcode"]);
    ends_with(&replaced, 1);
    assert!(out(&replaced).contains("Summary: 1 to replace"), "{}", out(&replaced));

    let moved = format!(
        "{}moved {{\n  from = aws_vpc.main\n  to   = aws_vpc.core\n}}\n",
        VPC.replace("main", "core")
    );
    fs::write(root.path().join("main.tf"), moved).unwrap();
    let moved = run(&["plan", dir, "--state", text(&state)]);
    ends_with(&moved, 0);
    assert!(
        out(&moved).contains("aws_vpc.main has moved to aws_vpc.core"),
        "{}",
        out(&moved)
    );
    assert!(out(&moved).contains("Summary: nothing to change"), "{}", out(&moved));

    fs::write(root.path().join("main.tf"), "output \"x\" {\n  value = 1\n}\n").unwrap();
    let destroyed = run(&["plan", dir, "--state", text(&state)]);
    ends_with(&destroyed, 0);
    assert!(out(&destroyed).contains("Summary: 1 to destroy"), "{}", out(&destroyed));
}

#[test]
fn an_import_is_planned_and_counted() {
    if !has_terraform() {
        return;
    }
    let import = "import {\n  to = aws_vpc.main\n  id = \"vpc-0123456789abcdef0\"\n}\n";
    let root = folder(&[("main.tf", &format!("{VPC}{import}"))]);
    let output = run(&["plan", text(root.path())]);
    ends_with(&output, 0);
    assert!(
        out(&output).contains("1 to import, 0 to add, 1 to change"),
        "{}",
        out(&output)
    );
    // Nobody was asked what the network looks like, so that what is configured of it counts as a change, and never as a replacement.
    assert!(
        out(&output).contains("Summary: 1 to import, 1 to update"),
        "{}",
        out(&output)
    );
}

#[test]
fn tests_of_a_configuration_run_offline() {
    if !has_terraform() {
        return;
    }
    let test = "run \"range\" {\n  command = plan\n  assert {\n    condition     = aws_vpc.main.cidr_block == \"10.0.0.0/16\"\n    \
                error_message = \"another range\"\n  }\n}\n";
    let root = folder(&[("main.tf", VPC), ("tests/main.tftest.hcl", test)]);
    let output = run(&["terraform", "--dir", text(root.path()), "--", "test", "-no-color"]);
    ends_with(&output, 0);
    assert!(out(&output).contains("1 passed, 0 failed"), "{}", out(&output));
}

#[test]
fn what_cannot_be_had_offline_is_named() {
    if !has_terraform() {
        return;
    }
    let cases = [
        (
            "module \"vpc\" {\n  source  = \"terraform-aws-modules/vpc/aws\"\n  version = \"~> 6.0\"\n}\n",
            ["main.tf:1", "module `vpc`", "terraform-aws-modules/vpc/aws"],
        ),
        (
            "resource \"kubernetes_namespace\" \"main\" {}\n",
            ["main.tf:1", "hashicorp/kubernetes", "not bundled"],
        ),
        (
            "terraform {\n  required_providers {\n    dog = {\n      source = \"DataDog/datadog\"\n    }\n  }\n}\n",
            ["main.tf:3", "datadog/datadog", "not bundled"],
        ),
    ];
    for (main, words) in cases {
        let root = folder(&[("main.tf", main)]);
        let output = run(&["plan", text(root.path())]);
        ends_with(&output, 2);
        for word in words {
            assert!(err(&output).contains(word), "`{word}` is not in\n{}", err(&output));
        }
    }
}

#[test]
fn a_terraform_that_is_missing_or_too_old_is_said() {
    let work = TempDir::new().unwrap();
    let root = folder(&[("main.tf", VPC)]);
    let temporary = TempDir::new().unwrap();
    let mut nowhere = cloudgen(temporary.path(), &["plan", text(root.path())]);
    let nowhere = nowhere.env("PATH", work.path()).output().unwrap();
    ends_with(&nowhere, 2);
    assert!(
        err(&nowhere).contains("neither `terraform` nor `tofu` is on PATH"),
        "{}",
        err(&nowhere)
    );

    let old = program(work.path(), "terraform", "echo 'Terraform v1.5.7'\n");
    for (arguments, variable) in [
        (vec!["plan", text(root.path()), "--terraform", text(&old)], None),
        (vec!["plan", text(root.path())], Some(&old)),
        (
            vec![
                "terraform",
                "--dir",
                text(root.path()),
                "--terraform",
                text(&old),
                "--",
                "validate",
            ],
            None,
        ),
    ] {
        let mut command = cloudgen(temporary.path(), &arguments);
        if let Some(program) = variable {
            command.env("CLOUDGEN_TERRAFORM", program);
        }
        let output = command.output().unwrap();
        ends_with(&output, 2);
        assert!(
            err(&output).contains("Terraform 1.5") && err(&output).contains("1.11"),
            "{}",
            err(&output)
        );
    }
    assert!(entries(temporary.path()).is_empty());

    let none = run(&["plan", text(root.path()), "--terraform", "no/such/program"]);
    ends_with(&none, 2);
    assert!(err(&none).contains("no/such/program"), "{}", err(&none));
}

#[test]
fn a_terraform_that_fails_is_an_error() {
    let work = TempDir::new().unwrap();
    let root = folder(&[("main.tf", "output \"x\" {\n  value = 1\n}\n")]);
    let version = "[ \"$1\" = version ] && { echo 1.11.4; exit; }\n";
    let failing = program(
        work.path(),
        "terraform",
        &format!("{version}echo 'out of luck' >&2\nexit 7\n"),
    );
    let output = run(&["plan", text(root.path()), "--terraform", text(&failing)]);
    ends_with(&output, 1);
    assert!(err(&output).contains("out of luck"), "{}", err(&output));
    let killed = program(work.path(), "terraform", &format!("{version}kill -KILL $$\n"));
    let output = run(&["plan", text(root.path()), "--terraform", text(&killed)]);
    ends_with(&output, 2);
    assert!(err(&output).contains("killed"), "{}", err(&output));
}

#[test]
fn opentofu_finds_the_providers_in_its_own_registry() {
    let work = TempDir::new().unwrap();
    let root = folder(&[("main.tf", VPC)]);
    let script = "[ \"$1\" = version ] && { echo 1.11.0; exit; }\necho \"$TF_REATTACH_PROVIDERS\" >&2\nexit 1\n";
    for (name, address) in [
        ("tofu", "\"registry.opentofu.org/hashicorp/aws\""),
        ("terraform", "\"registry.terraform.io/hashicorp/aws\""),
    ] {
        let tool = program(work.path(), name, script);
        let output = run(&["plan", text(root.path()), "--terraform", text(&tool)]);
        ends_with(&output, 1);
        assert!(err(&output).contains(address), "{}", err(&output));
    }
}

#[test]
fn what_an_offline_run_is_not_for_is_refused() {
    let root = folder(&[("main.tf", VPC)]);
    let dir = text(root.path());
    for (arguments, word) in [
        (&["terraform", "--dir", dir, "--", "apply"][..], "apply"),
        (
            &["terraform", "--dir", dir, "--", "destroy", "-auto-approve"],
            "destroy",
        ),
        (&["terraform", "--", "-chdir=x", "plan"], "--dir"),
        (&["plan", dir, "--", "-out=plan"], "-out"),
        (&["plan", dir, "--", "-json"], "--json"),
        (&["plan", dir, "--target", "aws"], "--target"),
        (&["plan", MONOLITH], "--target"),
        (&["plan", MONOLITH, "--target", "kubernetes"], "kubernetes"),
        (&["plan", "no/such/file.toml", "--target", "aws"], "no/such/file.toml"),
        (
            &["terraform", "--dir", "no/such/folder", "--", "validate"],
            "no/such/folder",
        ),
        (&["terraform"], "COMMAND"),
    ] {
        let output = run(arguments);
        ends_with(&output, 2);
        assert_eq!(out(&output), "", "{arguments:?}");
        assert!(err(&output).contains(word), "`{word}` is not in\n{}", err(&output));
    }
    assert_eq!(files_below(root.path()).len(), 1);
}

#[test]
fn a_wrong_blueprint_is_shown_before_anything_is_planned() {
    let blueprint = folder(&[("x.toml", "nmae = \"x\"\n")]);
    let output = run(&["plan", text(&blueprint.path().join("x.toml")), "--target", "aws"]);
    ends_with(&output, 1);
    assert!(err(&output).contains("nmae"), "{}", err(&output));
}

/// The example in the README is copied by people who trust it.
#[test]
fn the_workflow_in_the_readme_needs_no_secrets() {
    let readme = fs::read_to_string(project("README.md")).unwrap();
    let (_, rest) = readme.split_once("```yaml\n").unwrap();
    let (text, _) = rest.split_once("\n```\n").unwrap();
    let workflow: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
    assert!(
        !text.contains("secrets.") && !text.contains("pull_request_target"),
        "{text}"
    );
    assert_eq!(workflow["permissions"]["contents"], "read");
    let steps = workflow["jobs"]["plan"]["steps"].as_sequence().unwrap();
    for action in steps.iter().filter_map(|step| step.get("uses")) {
        let (_, version) = action.as_str().unwrap().split_once('@').unwrap();
        assert!(version.starts_with('v') && version.len() > 1, "{action:?}");
    }
    let commands = steps.iter().filter_map(|step| step.get("run")?.as_str());
    assert!(commands.clone().any(|command| command.starts_with("cloudgen plan ")));
}
