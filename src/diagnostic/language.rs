//! The rules of TOML and of the blueprint language: what can be said of a blueprint without knowing what it means.

use crate::diagnostic::{Diagnostic, Span, nearest};

/// The rule of [`syntax`] and [`number_too_large`].
pub const SYNTAX: &str = "toml-syntax";
/// The rule of [`missing_key`].
pub const MISSING_KEY: &str = "missing-key";
/// The rule of [`unknown_shape`].
pub const UNKNOWN_SHAPE: &str = "unknown-shape";
/// The rule of the literal-secret constructors.
pub const LITERAL_SECRET: &str = "literal-secret";

/// The text is not TOML. `problem` is the parser's sentence.
pub fn syntax(problem: &str, span: Span) -> Diagnostic {
    let fix = match problem {
        _ if problem.starts_with("string values must be quoted") => "put the value in quotes",
        _ if problem.starts_with("unclosed array") => "close it with `]`",
        _ if problem.starts_with("unclosed inline table") => "close it with `}`",
        _ if problem.starts_with("unclosed table") => "close the header with `]`",
        _ if problem.starts_with("missing assignment") || problem.starts_with("key with no value") => {
            "write `key = value`"
        }
        _ if problem.starts_with("invalid basic string") => {
            "close the text with `\"` on the same line; a backslash in it is written `\\\\`"
        }
        _ if problem.starts_with("missing value") || problem.starts_with("invalid value") => {
            "give a value: `\"text\"`, `8080`, `true`, `[\"a\", \"b\"]` or `{ key = \"value\" }`"
        }
        _ if problem.starts_with("unexpected leading zero") => {
            "write the number without leading zeros, or in quotes if it is text"
        }
        _ if problem.starts_with("invalid unquoted key") => {
            "a key has letters, digits, `-` and `_`; put any other in quotes"
        }
        _ => "TOML in one page: https://toml.io",
    };
    Diagnostic::error(SYNTAX, span, format!("this is not TOML: {problem}")).fix(fix)
}

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

/// A key that the language does not have. `known` are the keys that could stand there.
pub fn unknown_key(key: &str, place: &str, span: Span, known: &[&str]) -> Diagnostic {
    let here = if place.is_empty() {
        "at the top of a blueprint".to_owned()
    } else {
        format!("in `{place}`")
    };
    let error = Diagnostic::error("unknown-key", span, format!("unknown key `{key}` {here}"));
    match nearest(key, known) {
        _ if known.is_empty() => error.fix("take it out: nothing can be added here"),
        Some(near) => error.fix(format!("did you mean `{near}`?")),
        None => error.fix(format!("take it out; known keys: {}", known.join(", "))),
    }
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
        Some(says) => error.reason(format!("{key}: {says}")),
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
    let error = Diagnostic::error("unknown-value", span, format!("`{place}` cannot be \"{value}\""))
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
    Diagnostic::error("bad-format", span, format!("`{place}` cannot be \"{value}\""))
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

/// A text that is itself a credential. `what` names the kind.
pub fn literal_secret(place: &str, span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        LITERAL_SECRET,
        span,
        format!("`{place}` holds {what} in plain text"),
    )
    .label("a secret")
    .reason("a blueprint is committed and its text is copied into every output: a secret in it is public, and has to be revoked")
    .fix("declare `[secrets.NAME]`, link it with `reads = [\"NAME\"]`, and put the value into the vault yourself")
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
