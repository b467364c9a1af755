//! External programs that some tests need. Where one is missing the test says that it was skipped, and fails if
//! `CLOUDGEN_REQUIRE_TOOLS` is set.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The most characters of what a failed program said that are shown: some print the whole file for one mistake.
const LONGEST: usize = 4000;

/// True where a program runs and succeeds with these arguments.
pub fn is_there(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    if command.status().is_ok_and(|status| status.success()) {
        return true;
    }
    missing(&format!("`{program} {}` does not run", arguments.join(" ")));
    false
}

/// The folder that a variable names, which must hold something.
pub fn folder(variable: &str, what: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let filled = named.filter(|folder| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()));
    if filled.is_none() {
        missing(&format!("{variable} names no folder with {what}"));
    }
    filled
}

/// Says why a test is skipped, or fails it.
fn missing(message: &str) {
    let is_required = std::env::var_os("CLOUDGEN_REQUIRE_TOOLS").is_some_and(|value| !value.is_empty());
    assert!(!is_required, "{message}, and CLOUDGEN_REQUIRE_TOOLS is set");
    // Straight to standard error: the test harness hides what a passing test prints.
    let _ = writeln!(std::io::stderr(), "skipped: {message}");
}

/// The Python that has the packages the tests import.
pub fn python() -> String {
    std::env::var("CLOUDGEN_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Runs a program with something on its standard input; its standard output, or everything it said where it fails.
pub fn run(command: &mut Command, input: &[u8]) -> Result<Vec<u8>, String> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program may end before it has read everything; its exit code tells.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    writer.join().expect("the writer only writes");
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = [output.stdout, output.stderr].concat();
    let said: String = String::from_utf8_lossy(&said).chars().take(LONGEST).collect();
    Err(format!("{}\n{said}", output.status))
}
