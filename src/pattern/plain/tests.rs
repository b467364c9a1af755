use super::Plain;
use regex_lite::Regex;
use std::collections::BTreeSet;

const DATA: [&str; 6] = [
    include_str!("../../blueprint/language.txt"),
    include_str!("../../kubernetes/data/kinds.jsonl"),
    include_str!("../../terraform/data/aws.txt"),
    include_str!("../../terraform/data/azurerm.txt"),
    include_str!("../../terraform/data/google.txt"),
    include_str!("../../terraform/data/google-beta.txt"),
];

/// Every pattern that a schema has.
fn patterns() -> BTreeSet<String> {
    let after = |text: &'static str| {
        text.split("\"pattern\":")
            .skip(1)
            .chain(text.split("\"patternProperties\":{").skip(1))
    };
    let first = |text: &str| {
        serde_json::Deserializer::from_str(text)
            .into_iter::<String>()
            .next()?
            .ok()
    };
    DATA.into_iter().flat_map(after).filter_map(first).collect()
}

/// What texts are put together from.
const PARTS: [&str; 44] = [
    "",
    "a",
    "z9",
    "A",
    "Zed",
    "0",
    "7",
    "12",
    "123456789012",
    "-",
    "_",
    ".",
    "..",
    "/",
    "//",
    ":",
    "@",
    "*",
    "+",
    "=",
    ",",
    "%",
    " ",
    "\n",
    "web-1",
    "my_name",
    "arn:aws:iam::123456789012:role/x",
    "subnet-0123456789abcdef0",
    "alias/",
    "GET /a/{b}",
    "10.0.0.0/16",
    "a@b.example",
    "https://",
    "00000000-0000-0000-0000-0123456789ab",
    "23:59",
    "2026-11",
    "1.5s",
    "10Gi",
    "projects/p",
    "serviceAccounts",
    "*.example.com",
    "^",
    "é",
    "0 3 * * 1",
];

#[test]
fn patterns_match_what_they_do_in_a_real_engine() {
    let texts: Vec<String> = PARTS
        .iter()
        .flat_map(|one| PARTS.iter().map(move |two| format!("{one}{two}")))
        .chain(
            PARTS
                .iter()
                .flat_map(|one| [one.repeat(3), one.repeat(21), one.repeat(64)]),
        )
        .collect();
    let patterns = patterns();
    let read = |pattern: &String| Some((Plain::read(pattern)?, Regex::new(pattern).ok()?));
    for pattern in &patterns {
        let Some((plain, regex)) = read(pattern) else { continue };
        for text in &texts {
            let answer = plain.matches(text);
            assert!(
                answer.is_none_or(|answer| answer == regex.is_match(text)),
                "{pattern} {text}"
            );
        }
    }
    let understood = patterns.iter().filter(|pattern| Plain::read(pattern).is_some()).count();
    assert!(
        understood * 10 > patterns.len() * 8,
        "{understood} of {}",
        patterns.len()
    );
}

#[test]
fn what_a_real_engine_refuses_or_reads_otherwise_is_left_to_it() {
    for pattern in [
        "a{2",
        "a**",
        "a+?",
        "[z-a]",
        "[]",
        "[^]",
        "(a",
        "a)",
        "[[:alpha:]]",
        "[a&&b]",
        "(?i)a",
        r"\bx",
        r"\x{41}",
        "é",
        "{2}",
        "[a",
        r"[\w-z]",
    ] {
        assert!(Plain::read(pattern).is_none(), "{pattern}");
    }
}

#[test]
fn answers_are_those_of_the_whole_search() {
    for (pattern, text, answer) in [
        ("b", "abc", true),
        ("^b", "abc", false),
        ("^(a|ab)c$", "abc", true),
        ("^(a*)*$", "aaaa", true),
        ("^(a?){3}$", "", true),
        ("^[^:*]*$", "a:b", false),
        ("^a{2,3}$", "aaaa", false),
        ("^$|^x", "", true),
        ("", "anything", true),
    ] {
        let plain = Plain::read(pattern).and_then(|plain| plain.matches(text));
        assert_eq!(plain, Some(answer), "{pattern} {text}");
    }
}

#[test]
fn what_takes_long_is_left_to_a_real_engine() {
    let plain = Plain::read("^(a|a)*$").and_then(|plain| plain.matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
    assert_eq!(plain, None);
    let long = "a".repeat(1_000);
    assert_eq!(Plain::read("^a*$").and_then(|plain| plain.matches(&long)), None);
    assert_eq!(Plain::read(".").and_then(|plain| plain.matches("é")), None);
}
