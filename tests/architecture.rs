//! The rules that keep the code in its shape: which way imports point, where the outside world may be touched, how long a file is.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use support::{code, files_below, project};

/// What each part of `src/` may import. A part that is missing here, or an import that is missing in its row, is a decision to be
/// taken on purpose.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("target", &[]),
    ("output", &[]),
    ("pattern", &[]),
    ("split", &[]),
    ("vocabulary", &["target"]),
    ("diagnostic", &["target"]),
    ("blueprint", &["diagnostic", "pattern", "target", "vocabulary"]),
    ("ir", &["diagnostic", "target", "vocabulary"]),
    ("catalog", &["ir", "target", "vocabulary"]),
    (
        "patterns",
        &["blueprint", "catalog", "diagnostic", "ir", "target", "vocabulary"],
    ),
    ("check", &["catalog", "diagnostic", "ir", "target", "vocabulary"]),
    ("terraform", &["diagnostic", "pattern", "split"]),
    ("kubernetes", &["diagnostic", "pattern", "split"]),
    (
        "targets",
        &[
            "catalog",
            "check",
            "diagnostic",
            "ir",
            "kubernetes",
            "output",
            "pattern",
            "split",
            "target",
            "terraform",
            "vocabulary",
        ],
    ),
    ("offline", &["diagnostic", "terraform"]),
    // The command line calls the library's own functions; of its parts it needs those that it reads and shows.
    (
        "cli",
        &[
            "blueprint",
            "check()",
            "compile()",
            "diagnostic",
            "offline",
            "output",
            "patterns",
            "target",
        ],
    ),
];

const CLOUDS: [&str; 4] = ["aws", "azure", "gcp", "kubernetes"];

/// The names of patterns, which a target must not know: it spells what was decided.
const PATTERNS: [&str; 5] = ["monolith", "read-replica", "per-domain", "sharding", "serverless"];

const LONGEST_FILE: usize = 400;

/// One Rust file.
struct File {
    /// Its path below the project.
    path: String,
    source: String,
    code: code::Code,
}

impl File {
    /// The part of `src/` that it belongs to; none for the root files.
    fn part(&self) -> Option<&str> {
        let inner = self.path.strip_prefix("src/")?;
        let part = inner.split('/').next()?.trim_end_matches(".rs");
        (part != "lib" && part != "main").then_some(part)
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

/// Every Rust file below a folder.
fn files(folder: &str) -> Vec<File> {
    files_below(&project(folder))
        .into_iter()
        .filter(|(path, _)| path.ends_with(".rs"))
        .map(|(path, bytes)| {
            let source = String::from_utf8(bytes).unwrap();
            File {
                path: format!("{folder}/{path}"),
                code: code::read(&source),
                source,
            }
        })
        .collect()
}

fn none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn imports_point_one_way() {
    let mut findings = Vec::new();
    let files = files("src");
    let macros = macros(&files);
    for file in &files {
        let Some(part) = file.part() else { continue };
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == part) else {
            findings.push(format!("{}: `{part}` is not listed in MAY_IMPORT", file.path));
            continue;
        };
        for name in imports(file) {
            let name = macros.get(&name).cloned().unwrap_or(name);
            if name != part && !allowed.contains(&name.as_str()) {
                findings.push(format!("{}: `{part}` imports `{name}`", file.path));
            }
        }
    }
    none(&findings);
}

/// An exported macro stands at the root whatever part it is written in: its name, and that part.
fn macros(files: &[File]) -> BTreeMap<String, String> {
    let defined = files.iter().flat_map(|file| {
        let names = code::named(&file.code.text, "macro_rules! ");
        names
            .into_iter()
            .map(|name| (name, file.part().unwrap_or_default().to_owned()))
    });
    defined.collect()
}

/// The parts that a file names, by `crate::` and by as many `super::` as lead to the root.
fn imports(file: &File) -> Vec<String> {
    let mut names = code::named(&file.code.text, "crate::");
    let depth = file.path.matches('/').count() - usize::from(file.path.ends_with("/mod.rs"));
    names.extend(code::named(&file.code.text, &"super::".repeat(depth)));
    // One more `super` than that leads out of an inline module at most, and a path that goes on with it has no name yet.
    names.retain(|name| name != "super");
    names
}

#[test]
fn no_cloud_knows_another() {
    let mut findings = Vec::new();
    for file in files("src/targets").into_iter().chain(files("src/catalog")) {
        let own = CLOUDS.iter().find(|cloud| {
            let inner = file.path.rsplit_once("targets/").or(file.path.rsplit_once("catalog/"));
            inner.is_some_and(|(_, inner)| inner.split(['/', '.']).next() == Some(cloud))
        });
        let Some(own) = own else { continue };
        for other in CLOUDS.iter().filter(|cloud| *cloud != own) {
            let is_path = |prefix: &str| file.code.text.contains(&format!("{prefix}{other}::"));
            if is_path("super::") || is_path("targets::") || is_path("catalog::") {
                findings.push(format!("{}: names `{other}`", file.path));
            }
        }
    }
    none(&findings);
}

#[test]
fn targets_know_no_pattern() {
    let mut findings = Vec::new();
    for file in files("src/targets").into_iter().chain(files("src/terraform")) {
        let is_pattern = |text: &&String| PATTERNS.contains(&text.as_str());
        for text in file.code.strings.iter().filter(is_pattern) {
            findings.push(format!("{}: \"{text}\"", file.path));
        }
        if file.code.text.contains("Pattern::") || file.source.to_lowercase().contains("monolith") {
            findings.push(format!("{}: names a pattern", file.path));
        }
    }
    none(&findings);
}

#[test]
fn only_the_command_line_touches_the_outside() {
    const OUTSIDE: [&str; 6] = ["env", "fs", "net", "process", "thread", "time"];
    // Providers listen on sockets in a thread of their own, and some of what they stand for are files.
    const OFFLINE: [&str; 3] = ["fs", "process", "thread"];
    const PRINTING: [&str; 4] = ["println!", "eprintln!", "print!(", "eprint!("];
    // Their order differs from run to run.
    const UNORDERED: [&str; 2] = ["HashMap", "HashSet"];
    let mut findings = Vec::new();
    for file in files("src") {
        if file.part().is_none_or(|part| part == "cli") || file.is_test() {
            continue;
        }
        let text = file.code.without_tests();
        for name in code::named(&text, "std::") {
            // What a target emits is checked while it is written; both have ended before anything is given back.
            let joins = file.path == "src/targets/mod.rs" && name == "thread";
            let is_granted = joins || file.part() == Some("offline") && OFFLINE.contains(&name.as_str());
            if OUTSIDE.contains(&name.as_str()) && !is_granted {
                findings.push(format!("{}: std::{name}", file.path));
            }
        }
        for word in PRINTING.iter().chain(&UNORDERED) {
            if text.contains(word) {
                findings.push(format!("{}: {word}", file.path));
            }
        }
    }
    none(&findings);
}

#[test]
fn nothing_that_input_reaches_can_panic_by_unwrapping() {
    let mut findings = Vec::new();
    for file in files("src").iter().filter(|file| !file.is_test()) {
        for (number, line) in file.code.without_tests().lines().enumerate() {
            if line.contains(".unwrap()") || line.contains(".expect(") {
                findings.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    none(&findings);
}

#[test]
fn files_are_short() {
    let mut findings = Vec::new();
    for file in ["src", "tests", "benches", "examples"]
        .iter()
        .flat_map(|folder| files(folder))
    {
        if file.source.starts_with("// This file is @generated") {
            continue;
        }
        let lines = file.source.lines().count();
        if lines > LONGEST_FILE {
            findings.push(format!("{}: {lines} lines", file.path));
        }
    }
    none(&findings);
}

#[test]
fn nothing_is_left_for_later() {
    // Put together, so that this file does not find itself.
    let words = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["HA", "CK"].concat(),
        ["to", "do!("].concat(),
        ["unimpl", "emented!"].concat(),
        ["db", "g!("].concat(),
    ];
    let mut texts: Vec<(PathBuf, String)> = vec![];
    for folder in ["src", "tests", "benches", "examples", "templates", "blueprints"] {
        for (path, bytes) in files_below(&project(folder)) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            texts.push((project(folder).join(path), text));
        }
    }
    let readme = project("README.md");
    let text = std::fs::read_to_string(&readme).unwrap();
    texts.push((readme, text));
    let mut findings = Vec::new();
    for (path, text) in texts {
        for (number, line) in text.lines().enumerate() {
            let found = words.iter().find(|word| has_word(line, word));
            if let Some(word) = found {
                findings.push(format!("{}:{}: {word}", path.display(), number + 1));
            }
        }
    }
    none(&findings);
}

/// True where a word stands alone in a line.
fn has_word(line: &str, word: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(in_word);
        let after = line[at + word.len()..].chars().next().is_some_and(in_word);
        let is_macro = word.ends_with(['!', '(']);
        !before && (is_macro || !after)
    })
}
