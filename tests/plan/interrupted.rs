//! A run that is interrupted leaves no process and no file behind. Terraform is a script here, so that the moment is certain.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::entries;
use crate::{cloudgen, folder};

/// How long anything here may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Writes a program that can stand in for Terraform.
pub fn program(folder: &Path, name: &str, script: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn wait_for(what: &str, mut is_done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn send(signal: &str, pid: &str) -> bool {
    let mut kill = Command::new("kill");
    let sent = kill.args([signal, pid]).stderr(Stdio::null()).status();
    sent.unwrap().success()
}

/// Interrupts a run while its Terraform is at work in a process of its own, and gives the exit code.
fn interrupt(signal: &str, trap: &str) -> Option<i32> {
    let work = TempDir::new().unwrap();
    let temporary = TempDir::new().unwrap();
    let root = folder(&[("main.tf", "output \"x\" {\n  value = 1\n}\n")]);
    let noted = work.path().join("pids");
    let script = format!(
        "[ \"$1\" = version ] && {{ echo 1.11.4; exit; }}\n{trap}\nsleep 300 &\necho $$ $! > '{0}.new'\nmv '{0}.new' '{0}'\nwait\nwait\n",
        noted.display()
    );
    let terraform = program(work.path(), "terraform", &script);
    let arguments = [
        "plan",
        root.path().to_str().unwrap(),
        "--terraform",
        terraform.to_str().unwrap(),
    ];
    let mut child: Child = cloudgen(temporary.path(), &arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("Terraform to start", || noted.exists());
    assert!(!entries(temporary.path()).is_empty(), "the run has temporary files");
    assert!(send(signal, &child.id().to_string()));
    wait_for("the end", || child.try_wait().unwrap().is_some());
    for pid in fs::read_to_string(&noted).unwrap().split_whitespace() {
        wait_for("the end of Terraform", || !send("-0", pid));
    }
    assert_eq!(
        entries(temporary.path()),
        Vec::<PathBuf>::new(),
        "nothing is left behind"
    );
    child.wait().unwrap().code()
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    assert_eq!(interrupt("-INT", ""), Some(2));
}

#[test]
fn a_termination_leaves_nothing_behind() {
    assert_eq!(interrupt("-TERM", ""), Some(2));
}

#[test]
fn a_terraform_that_does_not_listen_is_killed() {
    assert_eq!(interrupt("-INT", "trap '' INT TERM"), Some(2));
}
