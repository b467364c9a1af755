//! 400 random changes of the good blueprints, the same ones in every run. Whatever comes of a blueprint, the program must end soon and
//! without a panic, and the folder it writes holds a whole tree: the new one, or the one before.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cloudgen::output::{self, INVENTORY_FILE, Inventory};
use cloudgen::target::Target;
use support::{examples, files_below};
use tempfile::TempDir;

const MUTATIONS: usize = 400;
/// Of one run. It takes a fraction of a second; a busy machine may need longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A small generator of numbers (SplitMix64), so that a run can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len())]
    }
}

/// What a token may become, besides the other tokens of the blueprint.
const TOKENS: [&str; 40] = [
    "",
    "0",
    "1",
    "-1",
    "3",
    "65535",
    "65536",
    "9223372036854775807",
    "-9223372036854775808",
    "0.5",
    "nan",
    "inf",
    "true",
    "[]",
    "{}",
    "[[]]",
    "{ a = 1 }",
    "\"\"",
    "\"a\"",
    "\"A\"",
    "\"${x}\"",
    "\"0.0.0.0/0\"",
    "\"10.0.0.0/8\"",
    "\"10.20.0.1/29\"",
    "\"::/0\"",
    "\"web\"",
    "\"was\"",
    "\"main\"",
    "\"serverless\"",
    "\"kubernetes\"",
    "\"oracle\"",
    "\"sqlserver\"",
    "\"19\"",
    "\"99:99\"",
    "1979-05-27",
    "\u{feff}",
    "\u{c2dc}",
    "\"\\u0000\"",
    "\"\"\"\n\"\"\"",
    "aws",
];

/// One random change of a text. Not always TOML after it, not always UTF-8.
fn mutate(text: &str, random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 => {
            let mut bytes = text.as_bytes().to_vec();
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
            bytes
        }
        1 => {
            let mut bytes = text.as_bytes().to_vec();
            let (a, b) = (random.below(bytes.len()), random.below(bytes.len()));
            bytes.drain(a.min(b)..a.max(b));
            bytes
        }
        2 => lines(text, random).into_bytes(),
        _ => tokens(text, random).into_bytes(),
    }
}

fn lines(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let (a, b) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(3) {
        0 => drop(lines.remove(a)),
        1 => lines.insert(a, lines[b]),
        _ => lines.swap(a, b),
    }
    lines.join("\n")
}

/// Replaces, removes or doubles a word, a quoted text or a sign.
fn tokens(text: &str, random: &mut Random) -> String {
    let places = places(text);
    let (start, end) = *random.pick(&places);
    let (from, to) = *random.pick(&places);
    let token = match random.below(8) {
        0 => String::new(),
        1 => format!("{0} {0}", &text[start..end]),
        2 => text[start..end].to_uppercase(),
        3 => format!("\"{}\"", "x".repeat(1 + random.below(300))),
        4 | 5 => text[from..to].to_owned(),
        _ => (*random.pick(&TOKENS)).to_owned(),
    };
    format!("{}{token}{}", &text[..start], &text[end..])
}

/// Where the tokens of a blueprint stand.
fn places(text: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if c == '"' {
            rest[1..].find('"').map_or(rest.len(), |end| end + 2)
        } else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && !"_-".contains(c));
            end.unwrap_or(rest.len()).max(c.len_utf8())
        };
        if !c.is_whitespace() {
            places.push((at, at + length));
        }
        at += length;
    }
    places
}

#[test]
fn mutations_end_well() {
    let examples = examples();
    let next = AtomicUsize::new(0);
    let rendered = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= MUTATIONS {
                        break;
                    }
                    let mut random = Random(number as u64);
                    let example = &examples[number % examples.len()];
                    let mut bytes = mutate(&example.text, &mut random);
                    // Some are changed again: mistakes rarely come alone.
                    while random.below(3) == 0 {
                        bytes = mutate(&String::from_utf8_lossy(&bytes), &mut random);
                    }
                    if try_one(number, &example.text, &bytes) {
                        rendered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let rendered = rendered.into_inner();
    assert!(
        (10..MUTATIONS - 100).contains(&rendered),
        "{rendered} of {MUTATIONS} rendered: the changes are too hard or too soft to tell anything"
    );
}

/// Renders a changed blueprint over the output of the good one; true where it was rendered.
fn try_one(number: usize, good: &str, changed: &[u8]) -> bool {
    let target = Target::ALL[number / 2 % Target::ALL.len()];
    let environment = [None, Some("dev")][number % 2];
    let temp = TempDir::new().unwrap();
    let (blueprint, out) = (temp.path().join("blueprint.toml"), temp.path().join("out"));
    // The code of functions stands beside the blueprint.
    let code = Path::new(env!("CARGO_MANIFEST_DIR")).join("blueprints/functions");
    std::os::unix::fs::symlink(code, temp.path().join("functions")).unwrap();
    fs::write(&blueprint, good).unwrap();
    let (status, said) = render(&blueprint, target, None, &out);
    assert!(status.success(), "{said}");
    let before = files_below(&out);

    fs::write(&blueprint, changed).unwrap();
    let (status, said) = render(&blueprint, target, environment, &out);
    let text = String::from_utf8_lossy(changed);
    let context = || format!("mutation {number} for {target}: {status}\n{said}\n{text}");
    let after = files_below(&out);
    match status.code() {
        Some(0) => {
            let inventory = std::str::from_utf8(&after[INVENTORY_FILE]).unwrap();
            let inventory = Inventory::parse(inventory).unwrap();
            let mut found = after;
            found.remove(INVENTORY_FILE);
            let found = found
                .into_iter()
                .map(|(path, bytes)| (path, output::digest(&bytes)))
                .collect();
            assert_eq!(inventory.files, found, "{}", context());
            true
        }
        Some(1) => {
            assert!(said.contains("error"), "no reason is given: {}", context());
            assert!(before == after, "half a tree: {}", context());
            false
        }
        _ => panic!("{}", context()),
    }
}

fn render(blueprint: &Path, target: Target, environment: Option<&str>, out: &Path) -> (ExitStatus, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloudgen"));
    command
        .arg("render")
        .arg(blueprint)
        .args(["--target", target.name()])
        .arg("--out")
        .arg(out);
    command.args(environment.iter().flat_map(|name| ["--env", name]));
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut said = String::new();
        let _ = stderr.read_to_string(&mut said);
        said
    });
    let status = wait(&mut child);
    (status, reader.join().unwrap())
}

fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
