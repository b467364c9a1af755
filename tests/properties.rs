//! What must hold for every blueprint: the same bytes every time, text stays text, and what is added changes nothing that was there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::process::Command;
use std::sync::LazyLock;

use cloudgen::output::Rendered;
use cloudgen::target::Target;
use proptest::prelude::*;
use support::leaves::Leaves;
use support::{Example, addresses, example, examples};

/// Stands in a blueprint where a test's text goes.
const MARKER: &str = "marker";

#[test]
fn the_same_blueprint_gives_the_same_bytes() {
    for example in examples() {
        for (first, second) in example.cases().iter().zip(example.cases()) {
            assert!(first.rendered == second.rendered, "{}/{}", first.folder, first.target);
        }
        // In processes with nothing in common but the blueprint.
        let render = |folder: &str, zone: &str, language: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_cloudgen"));
            command.arg("render").arg(&example.path).args(["--target", "azure"]);
            command
                .current_dir(folder)
                .env_clear()
                .env("TZ", zone)
                .env("LANG", language);
            command.output().unwrap().stdout
        };
        let here = render("/", "Asia/Seoul", "ko_KR.UTF-8");
        assert!(!here.is_empty());
        assert!(
            here == render(env!("CARGO_MANIFEST_DIR"), "UTC", "C"),
            "{}",
            example.name
        );
    }
}

/// A blueprint with free text wherever the language takes any.
fn with_text(text: &str) -> Example {
    let text = toml::Value::String(text.to_owned());
    example(format!(
        r#"name = "shop"
pattern = "monolith"
region = "seoul"
[services.web]
image = "nginx:1.29"
port = 8080
public = true
arguments = ["--greeting", {text}]
environment = {{ GREETING = {text}, MODE = "plain" }}
reads = ["key"]
[secrets.key]
description = {text}
"#
    ))
}

/// The renders with the text `marker`.
static PLAIN: LazyLock<Vec<(Target, Rendered)>> = LazyLock::new(|| {
    let example = with_text(MARKER);
    let blueprint = example.load(None);
    Target::ALL
        .map(|target| (target, example.render(&blueprint, target)))
        .into()
});

fn fragment() -> impl Strategy<Value = String> {
    let hostile = [
        "${",
        "}",
        "${var.x}",
        "$${",
        "%{",
        "%{ if true }",
        "%{ endif }",
        "%%{",
        "\"",
        "'",
        "\\",
        "\\n",
        "\\\"",
        "{{ name }}",
        "{% raw %}",
        "{#",
        "#",
        " # x",
        ": ",
        "a: b",
        "- ",
        "&a",
        "*a",
        "!!str",
        "|",
        ">",
        "---",
        "...",
        "<<EOT",
        "EOT",
        "EOF",
        "$(id)",
        "$(PORT)",
        "$$(PORT)",
        "`id`",
        "$HOME",
        "%h",
        "%%",
        "[",
        "]",
        "{",
        ",",
        "~",
        "null",
        "true",
        "0x1f",
        "1e3",
        "=",
        "\u{e9}",
        "\u{c2dc}\u{c7a5}",
        "\u{2028}",
        "@",
        "  ",
    ];
    prop_oneof![
        4 => prop::sample::select(hostile.to_vec()).prop_map(str::to_owned),
        1 => "[a-z ]{1,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_stays_text(fragments in prop::collection::vec(fragment(), 1..6)) {
        let text = fragments.concat();
        let example = with_text(&text);
        let Ok(blueprint) = cloudgen::blueprint::load(&example.text, None) else {
            // Refused, which is as good.
            return Ok(());
        };
        for (target, plain) in PLAIN.iter() {
            let Some(rendered) = cloudgen::compile(&blueprint, *target).value else { continue };
            compare(plain, &rendered, &text);
        }
    }
}

#[test]
fn text_stays_text_in_known_cases() {
    for text in [
        "${var.x} %{ if true }x%{ endif }",
        "a\"b'c\\d: #e",
        "{{ x }}{% y %}",
        " $(PORT) `id` %h $HOME ",
    ] {
        let example = with_text(text);
        let blueprint = example.load(None);
        for (target, plain) in PLAIN.iter() {
            compare(plain, &example.render(&blueprint, *target), text);
        }
    }
}

/// Compares a render with the text `marker` to one with another text in its place.
fn compare(plain: &Rendered, hostile: &Rendered, text: &str) {
    let paths = |rendered: &Rendered| {
        rendered
            .files
            .iter()
            .map(|(path, _)| path.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(paths(plain), paths(hostile));
    same(
        &Leaves::of_terraform(&plain.terraform()),
        &Leaves::of_terraform(&hostile.terraform()),
        text,
    );
    same(
        &Leaves::of_yaml(&plain.kubernetes),
        &Leaves::of_yaml(&hostile.kubernetes),
        text,
    );
}

fn same(plain: &Leaves, hostile: &Leaves, text: &str) {
    assert_eq!(plain.structure, hostile.structure, "{text:?}");
    for (plain, hostile) in plain.texts.iter().zip(&hostile.texts) {
        if plain.starts_with("#cloud-config") {
            same_machine(plain, hostile, text);
        } else if plain == MARKER {
            let is_same = hostile == text || container_text(hostile).as_deref() == Some(text);
            assert!(is_same, "{text:?} became {hostile:?}");
        } else {
            assert!(
                *hostile == plain.replace(MARKER, text) || hostile == plain,
                "{plain:?} became {hostile:?} with {text:?}"
            );
        }
    }
}

/// What Kubernetes makes of a setting or an argument of a container: `$$` is a dollar; none where a variable would be put in.
fn container_text(written: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = written.chars().peekable();
    while let Some(c) = rest.next() {
        text.push(c);
        match rest.peek() {
            Some('$') if c == '$' => drop(rest.next()),
            Some('(') if c == '$' => return None,
            _ => {}
        }
    }
    Some(text)
}

/// The start-up configuration of a machine: YAML that holds files for systemd and docker.
fn same_machine(plain: &str, hostile: &str, text: &str) {
    let (plain, hostile) = (Leaves::of_yaml(plain), Leaves::of_yaml(hostile));
    assert_eq!(plain.structure, hostile.structure, "{text:?}");
    for (plain, hostile) in plain.texts.iter().zip(&hostile.texts) {
        assert_eq!(plain.lines().count(), hostile.lines().count(), "{text:?} in {hostile}");
        for (plain, hostile) in plain.lines().zip(hostile.lines()) {
            if let Some((start, end)) = plain.split_once(MARKER) {
                let became = hostile.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
                let became = became.unwrap_or_else(|| panic!("{plain:?} became {hostile:?}"));
                let is_command = plain.starts_with("ExecStart=");
                let read = if is_command {
                    systemd_word(became)
                } else {
                    became.to_owned()
                };
                assert_eq!(read, text, "in {hostile:?}");
            } else {
                assert_eq!(plain, hostile);
            }
        }
    }
}

/// What systemd makes of one word of a command line.
fn systemd_word(word: &str) -> String {
    let Some(quoted) = word.strip_prefix('"') else {
        assert!(
            !word.contains([' ', '"', '\'', '\\', '$', '%', ';']),
            "{word:?} is several words"
        );
        return word.to_owned();
    };
    let mut text = String::new();
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => {
                assert_eq!(rest.next(), None, "{word:?} ends too early");
                return text;
            }
            '\\' | '$' | '%' => {
                let next = rest.next();
                assert!(next == Some(c) || (c == '\\' && next == Some('"')), "{word:?}");
                text.extend(next);
            }
            other => text.push(other),
        }
    }
    panic!("{word:?} does not end")
}

/// Components that are added, at the front and at the end of the alphabet.
const ADDED: [&str; 8] = [
    "[services.aa]\nimage = \"nginx:1.29\"\nport = 9000\n",
    "[services.zz]\nimage = \"nginx:1.29\"\nport = 8000\npublic = true\nroutes = [\"/zz\"]\n",
    "[databases.aa]\nengine = \"postgres\"\nversion = \"17\"\n",
    "[databases.zz]\nengine = \"mysql\"\n",
    "[buckets.aa]\n",
    "[buckets.zz]\nlifecycle = { delete_after_days = 30 }\n",
    "[secrets.aa]\n",
    "[secrets.zz]\n",
];

#[test]
fn adding_a_component_changes_no_other_address() {
    for example in examples() {
        let before = example.load(None);
        for added in ADDED {
            // In front of a table, so that the file's order changes too.
            let text = example.text.replacen("\n[", &format!("\n{added}\n["), 1);
            let longer = support::example(text);
            let after = longer.load(None);
            for target in Target::ALL {
                let before = example.render(&before, target);
                let Some(after) = cloudgen::compile(&after, target).value else {
                    continue;
                };
                assert!(after != before, "{target}: {added} adds nothing");
                let (before, after) = (addresses::of(&before), addresses::of(&after));
                let lost: Vec<&String> = before.difference(&after).collect();
                assert!(lost.is_empty(), "{}, {target}: {added} loses {lost:?}", example.name);
            }
        }
    }
}
