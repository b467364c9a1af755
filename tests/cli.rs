//! The program as a user runs it: what goes to which stream, exit codes, and what happens to folders.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::{files_below, project};
use tempfile::TempDir;

const MONOLITH: &str = "blueprints/monolith.toml";

fn cloudgen(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloudgen"));
    command.args(arguments).current_dir(project(""));
    command
}

fn run(arguments: &[&str]) -> Output {
    cloudgen(arguments).output().unwrap()
}

/// Runs the program with something on its standard input.
fn feed(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = cloudgen(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn ends_with(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}\n{}", out(output), err(output));
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn standard_output_carries_the_document_only() {
    for target in ["aws", "azure", "gcp"] {
        let output = run(&["render", MONOLITH, "--target", target]);
        ends_with(&output, 0);
        assert!(hcl::parse(out(&output)).is_ok(), "{target}");
    }
    let output = run(&["render", MONOLITH, "--target", "kubernetes"]);
    ends_with(&output, 0);
    assert!(out(&output).contains("apiVersion: "));
}

#[test]
fn kinds_of_output_can_be_chosen() {
    let terraform = run(&["render", MONOLITH, "-t", "aws", "--emit", "terraform"]);
    assert_eq!(terraform.stdout, run(&["render", MONOLITH, "-t", "aws"]).stdout);
    assert_eq!(
        terraform.stdout,
        run(&["render", MONOLITH, "-t", "aws", "--emit", "all"]).stdout
    );
    let nothing = run(&["render", MONOLITH, "-t", "kubernetes", "--emit", "terraform"]);
    ends_with(&nothing, 2);
    assert!(err(&nothing).contains("no Terraform"), "{}", err(&nothing));

    let temp = TempDir::new().unwrap();
    let root = text(temp.path());
    let output = run(&["render", MONOLITH, "-t", "all", "--emit", "kubernetes", "--out", root]);
    ends_with(&output, 0);
    assert!(err(&output).contains("note: "), "{}", err(&output));
    assert!(temp.path().join("kubernetes/kubernetes/kustomization.yaml").is_file());
    assert!(!temp.path().join("aws").exists());
}

#[test]
fn the_blueprint_may_come_from_standard_input() {
    let blueprint = fs::read(project(MONOLITH)).unwrap();
    let piped = feed(&["render", "-", "-t", "gcp"], &blueprint);
    ends_with(&piped, 0);
    assert_eq!(piped.stdout, run(&["render", MONOLITH, "-t", "gcp"]).stdout);
    let wrong = feed(&["check", "-"], b"name = 1\n");
    ends_with(&wrong, 1);
    assert!(out(&wrong).contains("<stdin>:1"), "{}", out(&wrong));
}

#[test]
fn wrong_blueprints_end_with_1_and_usage_errors_with_2() {
    let wrong = feed(&["render", "-", "-t", "aws"], b"nmae = \"x\"\n");
    ends_with(&wrong, 1);
    assert_eq!(out(&wrong), "");
    assert!(err(&wrong).contains("nmae"));
    ends_with(&feed(&["render", "-", "-t", "aws"], b"\xff\xfe"), 1);
    ends_with(&run(&["render", MONOLITH, "-t", "aws", "--env", "nowhere"]), 1);
    for usage in [
        &["render", MONOLITH][..],
        &["render", MONOLITH, "-t", "oracle"],
        &["render", MONOLITH, "-t", "all"],
        &["render", MONOLITH, "-t", "aws", "-t", "gcp"],
        &["render", MONOLITH, "-t", "aws", "--force"],
        &["render", "no/such/file.toml", "-t", "aws"],
        &["render", "/dev/zero", "-t", "aws"],
        &["render", MONOLITH, "-t", "aws", "--out", "Cargo.toml"],
        &["diff", MONOLITH, "-t", "aws", "--against", "no/such/folder"],
        &["nonsense"],
        &[],
    ] {
        let output = run(usage);
        ends_with(&output, 2);
        assert_eq!(out(&output), "", "{usage:?}");
        assert!(!err(&output).is_empty(), "{usage:?}");
    }
    for fine in [&["--help"][..], &["--version"], &["render", "--help"]] {
        let output = run(fine);
        ends_with(&output, 0);
        assert_eq!(err(&output), "", "{fine:?}");
    }
}

#[test]
fn a_folder_holds_what_the_goldens_hold() {
    let temp = TempDir::new().unwrap();
    let one = temp.path().join("one/infra");
    ends_with(&run(&["render", MONOLITH, "-t", "azure", "--out", text(&one)]), 0);
    let mut files = files_below(&one);
    let inventory = files.remove(".cloudgen.json").unwrap();
    assert_eq!(files, files_below(&project("golden/monolith/azure")));
    let inventory: serde_json::Value = serde_json::from_slice(&inventory).unwrap();
    assert_eq!(inventory["target"], "azure");
    assert_eq!(inventory["files"].as_object().unwrap().len(), files.len());

    let all = temp.path().join("all");
    let output = run(&["render", MONOLITH, "-t", "all", "--env", "dev", "--out", text(&all)]);
    ends_with(&output, 0);
    assert_eq!(out(&output), "");
    for target in ["aws", "azure", "gcp", "kubernetes"] {
        let mut files = files_below(&all.join(target));
        assert!(files.remove(".cloudgen.json").is_some());
        assert_eq!(
            files,
            files_below(&project("golden/monolith@dev").join(target)),
            "{target}"
        );
    }
}

#[test]
fn a_second_render_keeps_what_is_not_its_own() {
    let temp = TempDir::new().unwrap();
    let root = temp.path();
    let render = ["render", MONOLITH, "-t", "aws", "--out", text(root)];
    ends_with(&run(&render), 0);
    let first = files_below(root);
    ends_with(&run(&render), 0);
    assert_eq!(files_below(root), first);

    fs::write(root.join("terraform/mine.tf"), "# mine\n").unwrap();
    fs::write(root.join("terraform/terraform.tfstate"), "{}\n").unwrap();
    ends_with(&run(&render), 0);
    assert!(root.join("terraform/mine.tf").is_file());

    let edited = root.join("README.md");
    fs::write(&edited, "edited\n").unwrap();
    let before = files_below(root);
    let refused = run(&["render", MONOLITH, "-t", "aws", "--env", "dev", "--out", text(root)]);
    ends_with(&refused, 2);
    assert!(
        err(&refused).contains("README.md") && err(&refused).contains("--force"),
        "{}",
        err(&refused)
    );
    assert_eq!(files_below(root), before, "nothing was written");

    let kubernetes = ["render", MONOLITH, "-t", "kubernetes", "--out", text(root), "--force"];
    ends_with(&run(&kubernetes), 0);
    let names: Vec<String> = files_below(root).into_keys().collect();
    let terraform: Vec<&String> = names.iter().filter(|name| name.starts_with("terraform/")).collect();
    assert_eq!(terraform, ["terraform/mine.tf", "terraform/terraform.tfstate"]);
}

#[test]
fn diff_shows_what_a_render_would_change() {
    let same = run(&["diff", MONOLITH, "-t", "aws", "--against", "golden/monolith/aws"]);
    ends_with(&same, 0);
    assert_eq!(out(&same), "");

    let temp = TempDir::new().unwrap();
    let root = temp.path();
    ends_with(&run(&["render", MONOLITH, "-t", "aws", "--out", text(root)]), 0);
    let diff = ["diff", MONOLITH, "-t", "aws", "--against", text(root)];
    ends_with(&run(&diff), 0);
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    fs::write(root.join("README.md"), format!("mine\n{readme}")).unwrap();
    let changed = run(&diff);
    ends_with(&changed, 1);
    assert!(
        out(&changed).starts_with("--- a/README.md\n+++ b/README.md\n@@ -1,4 +1,3 @@\n-mine\n"),
        "{}",
        out(&changed)
    );
    // Another target: every Terraform file is stale, and the objects are new.
    let other = run(&["diff", MONOLITH, "-t", "kubernetes", "--against", text(root)]);
    ends_with(&other, 1);
    assert!(out(&other).contains("+++ /dev/null\n") && out(&other).contains("--- /dev/null\n"));
    ends_with(&run(&["diff", "no/such.toml", "-t", "aws", "--against", text(root)]), 2);
    ends_with(
        &feed(&["diff", "-", "-t", "aws", "--against", text(root)], b"x = 1\n"),
        2,
    );
}

#[test]
fn check_reports_in_every_format() {
    let fine = run(&["check", MONOLITH, "-t", "aws"]);
    ends_with(&fine, 0);
    let wrong = b"nmae = \"x\"\npattern = \"monolith\"\n";
    for format in ["json", "sarif"] {
        let output = run(&["check", MONOLITH, "--format", format]);
        ends_with(&output, 0);
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
        let output = feed(&["check", "-", "--format", format], wrong);
        ends_with(&output, 1);
        assert!(out(&output).contains("nmae"), "{format}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
    }
    let output = feed(&["check", "-"], wrong);
    ends_with(&output, 1);
    assert!(!out(&output).contains('\x1b'), "colours belong on a terminal");
}

#[test]
fn warnings_can_be_denied() {
    let plain = "name = \"shop\"\npattern = \"monolith\"\nregion = \"seoul\"\n\
                 [services.web]\nimage = \"nginx:1.29\"\nport = 8080\npublic = true\n";
    let warned = feed(&["render", "-", "-t", "aws"], plain.as_bytes());
    ends_with(&warned, 0);
    assert!(err(&warned).contains("warning"), "{}", err(&warned));
    let denied = feed(&["render", "-", "-t", "aws", "--deny-warnings"], plain.as_bytes());
    ends_with(&denied, 1);
    assert_eq!(out(&denied), "");
    ends_with(&feed(&["check", "-", "-t", "aws"], plain.as_bytes()), 0);
    ends_with(
        &feed(&["check", "-", "-t", "aws", "--deny-warnings"], plain.as_bytes()),
        1,
    );
}

#[test]
fn every_starter_renders_everywhere() {
    let listed = run(&["patterns"]);
    ends_with(&listed, 0);
    let temp = TempDir::new().unwrap();
    for pattern in out(&listed).lines().map(|line| line.split(' ').next().unwrap()) {
        let starter = temp.path().join(format!("{pattern}.toml"));
        ends_with(&run(&["init", "--pattern", pattern, "--out", text(&starter)]), 0);
        assert_eq!(
            fs::read(&starter).unwrap(),
            run(&["init", "--pattern", pattern]).stdout,
            "the file is what standard output gets"
        );
        let again = run(&["init", "--pattern", pattern, "--out", text(&starter)]);
        ends_with(&again, 2);
        assert!(err(&again).contains("exists already"));
        ends_with(&run(&["check", text(&starter)]), 0);
    }
    let unknown = run(&["init", "--pattern", "monolit"]);
    ends_with(&unknown, 2);
    assert!(err(&unknown).contains("did you mean `monolith`?"), "{}", err(&unknown));
}

#[test]
fn schema_and_completions_are_documents() {
    let schema = run(&["schema"]);
    ends_with(&schema, 0);
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert!(schema["properties"]["services"].is_object());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]);
        ends_with(&script, 0);
        assert!(out(&script).contains("cloudgen"), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_panic_and_a_full_disk_is_an_error() {
    for command in [
        "render blueprints/monolith.toml -t aws",
        "schema",
        "completions bash",
        "--help",
    ] {
        let script = format!(
            "{} {command} | true; exit \"${{PIPESTATUS[0]}}\"",
            env!("CARGO_BIN_EXE_cloudgen")
        );
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(project(""))
            .output()
            .unwrap();
        ends_with(&output, 0);
        assert_eq!(err(&output), "", "{command}");
    }
    if let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") {
        let output = cloudgen(&["schema"]).stdout(full).output().unwrap();
        ends_with(&output, 2);
    }
}
