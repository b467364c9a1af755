//! The rules of TOML and of the blueprint language: what can be said of a blueprint without knowing what it means.

use crate::diagnostic::{Diagnostic, Span, nearest};

/// The rule of [`syntax`] and [`number_too_large`].
pub const SYNTAX: &str = "toml-syntax";
/// The rule of [`missing_key`].
pub const MISSING_KEY: &str = "missing-key";
/// The rule of [`unknown_shape`].
pub const UNKNOWN_SHAPE: &str = "unknown-shape";
/// The rule of [`unknown_value`].
pub const UNKNOWN_VALUE: &str = "unknown-value";
/// The rule of [`bad_format`].
pub const BAD_FORMAT: &str = "bad-format";
/// The rule of [`literal_secret`].
pub const LITERAL_SECRET: &str = "literal-secret";

/// The text is not TOML. `problem` is the parser's sentence: what is wrong, and often what it expected instead.
pub fn syntax(problem: &str, span: Span) -> Diagnostic {
    let (wrong, expected) = problem.split_once(", expected ").unwrap_or((problem, ""));
    let fix = SYNTAX_FIXES
        .iter()
        .find(|(start, _)| wrong.starts_with(start))
        .map_or("TOML on one page: https://toml.io", |(_, fix)| fix);
    let error = Diagnostic::error(SYNTAX, span, format!("this is not TOML: {wrong}")).fix(fix);
    match expected {
        "" | "nothing" | "literal string" => error,
        _ => error.label(format!("expected {expected}")),
    }
}

/// How the parser's sentences begin, and what to do about it.
const SYNTAX_FIXES: [(&str, &str); 16] = [
    ("string values must be quoted", "put the value in quotes"),
    ("unclosed array", "close it with `]`"),
    ("unclosed inline table", "close it with `}`"),
    ("unclosed table", "close the header with `]`"),
    (
        "missing comma between array",
        "put a comma between the items, or close the array with `]` before this",
    ),
    (
        "missing comma between key-value",
        "put a comma between the entries, or close the table with `}` before this",
    ),
    ("missing assignment", "write `key = value`"),
    ("key with no value", "write `key = value`"),
    ("missing value", VALUES),
    ("invalid value", VALUES),
    (
        "invalid basic string",
        "close the text with `\"` on the same line, or use `\"\"\"` for text of several lines",
    ),
    (
        "invalid literal string",
        "close the text with `'` on the same line, or use `'''` for text of several lines",
    ),
    (
        "missing escaped value",
        "write a backslash as `\\\\`, or put the text in single quotes",
    ),
    (
        "unexpected leading zero",
        "write the number without leading zeros, or in quotes if it is text",
    ),
    (
        "invalid unquoted key",
        "a key has letters, digits, `-` and `_`; put any other in quotes",
    ),
    (
        "carriage return",
        "end lines with a newline, alone or after a carriage return",
    ),
];
const VALUES: &str = "give a value: `\"text\"`, `8080`, `true`, `[\"a\", \"b\"]` or `{ key = \"value\" }`";

/// A number that no 64-bit integer or finite float holds.
pub fn number_too_large(span: Span) -> Diagnostic {
    Diagnostic::error(SYNTAX, span, "this number cannot be represented")
        .reason("numbers are 64-bit integers or finite floats")
        .fix("write a smaller number, or put it in quotes if it is text")
}

/// A key or table that is defined twice. `name` is the key as written.
pub fn duplicate_key(name: &str, span: Span, first: Option<Span>) -> Diagnostic {
    Diagnostic::error("duplicate-key", span, format!("`{name}` is defined twice"))
        .label("again here")
        .also(first, "first here")
        .reason("TOML takes no key or table twice, so that no value is lost in silence")
        .fix("merge the two, or give one of them another name")
}

/// A key that the language does not have. `meant` is the key that it is a slip of, `known` what could be added there.
pub fn unknown_key(key: &str, place: &str, span: Span, meant: Option<&str>, known: &[&str]) -> Diagnostic {
    let here = if place.is_empty() {
        "at the top of a blueprint".to_owned()
    } else {
        format!("in `{place}`")
    };
    Diagnostic::error("unknown-key", span, format!("unknown key `{key}` {here}")).fix(match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "take it out: nothing can be added here".to_owned(),
        None => format!("take it out; known keys: {}", known.join(", ")),
    })
}

/// The key that a wrong one was most likely meant to be: one that is spelt alike, or that it is a part of, or the reverse.
pub fn meant<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let alike = |word: &&str| {
        key.len() >= 3 && word.split('_').any(|part| part == key)
            || word.len() >= 3 && key.split(['_', '-']).any(|part| part == *word)
            || word.len() >= 3 && key.starts_with(*word)
    };
    nearest(key, known).or_else(|| known.iter().copied().find(alike))
}

/// A key that must be there is not. `example` is what to write.
pub fn missing_key(key: &str, place: &str, span: Option<Span>, says: Option<&str>, example: &str) -> Diagnostic {
    let owner = if place.is_empty() {
        "the blueprint".to_owned()
    } else {
        format!("`{place}`")
    };
    let error =
        Diagnostic::error(MISSING_KEY, span, format!("{owner} needs the key `{key}`")).fix(format!("add `{example}`"));
    match says {
        Some(says) => error.reason(format!("`{key}`: {says}")),
        None => error,
    }
}

/// A value of the wrong type.
pub fn wrong_type(place: &str, span: Span, expected: &str, found: &str, fix: String) -> Diagnostic {
    Diagnostic::error("wrong-type", span, format!("`{place}` must be {expected}, not {found}"))
        .label(format!("this is {found}"))
        .fix(fix)
}

/// A word outside a fixed set.
pub fn unknown_value(place: &str, span: Span, value: &str, known: &[&str]) -> Diagnostic {
    let list = known
        .iter()
        .map(|word| format!("`\"{word}\"`"))
        .collect::<Vec<_>>()
        .join(", ");
    let error = Diagnostic::error(UNKNOWN_VALUE, span, format!("`{place}` cannot be \"{value}\""))
        .reason(format!("it is one of {list}"));
    match nearest(&value.to_lowercase(), known) {
        Some(near) => error.fix(format!("did you mean `\"{near}\"`?")),
        None => error.fix("choose one of them"),
    }
}

/// A table that is none of the shapes that could stand there. Each shape is the list of its keys.
pub fn unknown_shape(place: &str, span: Span, shapes: &[String]) -> Diagnostic {
    Diagnostic::error(
        UNKNOWN_SHAPE,
        span,
        format!("`{place}` has none of the forms that it can take"),
    )
    .fix(format!("give one of: {}", shapes.join("; or ")))
}

/// A text that does not follow its pattern. `says` puts the pattern in words; `better` is a near text that follows it.
pub fn bad_format(place: &str, span: Span, value: &str, says: &str, better: Option<String>) -> Diagnostic {
    Diagnostic::error(BAD_FORMAT, span, format!("`{place}` cannot be \"{value}\""))
        .reason(says)
        .fix(better.map_or_else(
            || "write it in that form".to_owned(),
            |better| format!("for example `\"{better}\"`"),
        ))
}

/// A name (a key that the author chose) that does not follow its pattern.
pub fn bad_name(name: &str, place: &str, span: Span, says: &str, better: Option<String>) -> Diagnostic {
    Diagnostic::error("bad-name", span, format!("`{name}` cannot be a name in `{place}`"))
        .reason(says)
        .fix(better.map_or_else(
            || "choose another name".to_owned(),
            |better| format!("for example `{better}`"),
        ))
}

/// A number outside its range. `range` is the range in words.
pub fn out_of_range(place: &str, span: Span, value: &str, range: &str) -> Diagnostic {
    Diagnostic::error("out-of-range", span, format!("`{place}` cannot be {value}"))
        .label(format!("must be {range}"))
        .fix(format!("give a number {range}"))
}

/// A text, list or table with too much or too little in it. `size` and `range` say what there is and what there may be.
pub fn wrong_length(place: &str, span: Span, size: &str, range: &str) -> Diagnostic {
    Diagnostic::error(
        "wrong-length",
        span,
        format!("`{place}` has {size}, and must have {range}"),
    )
    .fix(format!("give it {range}"))
}

/// The same item twice in a list that is a set.
pub fn repeated_item(place: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error("repeated-item", span, format!("`{place}` has the same item twice"))
        .label("again here")
        .also(first, "first here")
        .fix("take one of them out")
}

/// `--env` names an environment that the blueprint does not have.
pub fn unknown_environment(name: &str, span: Option<Span>, known: &[&str]) -> Diagnostic {
    let error = Diagnostic::error(
        "unknown-environment",
        span,
        format!("the blueprint has no environment `{name}`"),
    );
    match nearest(name, known) {
        _ if known.is_empty() => error
            .reason("it has no `[environments.NAME]` table at all")
            .fix(format!("leave `--env` out, or add `[environments.{name}]`")),
        Some(near) => error
            .reason(format!("it has: {}", known.join(", ")))
            .fix(format!("did you mean `--env {near}`?")),
        None => error
            .reason(format!("it has: {}", known.join(", ")))
            .fix(format!("name one of them, or add `[environments.{name}]`")),
    }
}

/// A text that is itself a credential. `what` names the kind, `name` is what to call it in the vault.
pub fn literal_secret(place: &str, span: Span, what: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        LITERAL_SECRET,
        span,
        format!("`{place}` holds {what} in plain text"),
    )
    .label("a secret")
    .reason("a blueprint is committed and its text is copied into every output: a secret in it is public, and has to be revoked")
    .fix(format!(
        "take it out, declare `[secrets.{name}]`, link it with `reads = [\"{name}\"]`, and put the value into the vault"
    ))
}

/// The types refuse what the schema let through: a mistake of cloudgen, not of the author.
pub fn model_mismatch(problem: &str) -> Diagnostic {
    Diagnostic::error(
        "internal-mismatch",
        None,
        format!("the blueprint could not be read: {problem}"),
    )
    .reason("the checks let it through and the types do not: this is a mistake in cloudgen")
    .fix("report it, with the blueprint")
}
