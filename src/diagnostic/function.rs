//! Rules about functions and what starts them. One constructor per rule.

use super::{Diagnostic, Span};
use crate::target::Target;

/// `function-without-code`
pub fn no_code(at: Option<Span>, function: &str) -> Diagnostic {
    Diagnostic::error(
        "function-without-code",
        at,
        format!("function `{function}` has neither `source` nor `image`"),
    )
    .fix("name the folder with its code, `source = \"functions/NAME\"`, and its `runtime`, or an `image`")
}

/// `function-two-codes`
pub fn two_codes(at: Option<Span>, function: &str) -> Diagnostic {
    Diagnostic::error(
        "function-two-codes",
        at,
        format!("function `{function}` has both `source` and `image`"),
    )
    .fix("remove one of the two")
}

/// `function-language-missing`
pub fn language_missing(at: Option<Span>, function: &str, known: &[String]) -> Diagnostic {
    Diagnostic::error(
        "function-language-missing",
        at,
        format!("function `{function}` has a `source` and no `runtime`"),
    )
    .fix(format!("add the language that it is written in: {}", list(known)))
}

/// `function-language-of-image`
pub fn language_of_image(at: Option<Span>, function: &str) -> Diagnostic {
    Diagnostic::error(
        "function-language-of-image",
        at,
        format!("`runtime` is the language of a `source`, and function `{function}` has an `image`"),
    )
    .fix("remove `runtime`")
}

/// `function-language-retired`
pub fn language_retired(at: Option<Span>, name: &str, successor: &str) -> Diagnostic {
    Diagnostic::error("function-language-retired", at, format!("`{name}` was retired"))
        .reason("clouds make no new functions with it, or will not for long")
        .fix(format!("use {}", quoted(successor)))
}

/// `function-language-unknown`
pub fn language_unknown(at: Option<Span>, name: &str, known: &[String]) -> Diagnostic {
    Diagnostic::error("function-language-unknown", at, format!("there is no runtime `{name}`"))
        .fix(format!("use one of {}, or an image", list(known)))
}

/// `function-language-not-there`
pub fn language_not_there(at: Option<Span>, name: &str, target: Target, offered: &[&str]) -> Diagnostic {
    let message = format!("{} has no runtime `{name}` for functions", target.title());
    let offered: Vec<String> = offered.iter().map(|name| (*name).to_owned()).collect();
    let error = Diagnostic::error("function-language-not-there", at, message);
    match offered.is_empty() {
        true => error.fix("give the function an `image`"),
        false => error.fix(format!("use one of {}", list(&offered))),
    }
}

/// `function-source`
pub fn source(at: Option<Span>, folder: &str, what: &str) -> Diagnostic {
    Diagnostic::error("function-source", at, format!("`{folder}` is no source: {what}"))
        .fix("name a folder with the code alone, as a path from the blueprint's; what is built belongs into an `image`")
}

/// `function-handler`
pub fn handler(at: Option<Span>, handler: &str, file: &str) -> Diagnostic {
    Diagnostic::error(
        "function-handler",
        at,
        format!("the handler `{handler}` is in `{file}`, which the source does not have"),
    )
    .fix("name a file of the source and a function in it, such as `main.handle`")
}

/// `trigger-unclear`
pub fn trigger_unclear(at: Option<Span>, said: &[&str]) -> Diagnostic {
    let message = match said {
        [] => "this trigger does not say what starts the function".to_owned(),
        _ => {
            let said: Vec<String> = said.iter().map(|word| (*word).to_owned()).collect();
            format!("this trigger says {} at once", list(&said))
        }
    };
    Diagnostic::error("trigger-unclear", at, message)
        .fix("say one of `http`, `queue`, `topic`, `stream`, `bucket`, `table` and `schedule`")
}

/// `trigger-key`
pub fn trigger_key(at: Option<Span>, key: &str, of: &str) -> Diagnostic {
    Diagnostic::error("trigger-key", at, format!("`{key}` goes with {of}")).fix(format!("remove `{key}`"))
}

/// `trigger-own-address`
pub fn own_address(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "trigger-own-address",
        at,
        "without `api`, a function has an address of its own, which takes every request",
    )
    .fix("say `http = \"ANY /*\"`, or name the API gateway that knows routes: `api = \"NAME\"`")
}

/// `trigger-wrong-kind`
pub fn wrong_kind(at: Option<Span>, key: &str, name: &str, kind: &str) -> Diagnostic {
    Diagnostic::error(
        "trigger-wrong-kind",
        at,
        format!("`{name}` is a {kind}, which is no `{key}` to start a function"),
    )
    .fix(format!("name a {key}"))
}

/// `trigger-batch`
pub fn batch(at: Option<Span>, batch: u32, most: u32, of: &str) -> Diagnostic {
    Diagnostic::error(
        "trigger-batch",
        at,
        format!("one call cannot get {batch} messages of a {of}"),
    )
    .fix(format!("lower `batch` to {most} or less"))
}

/// `visible-too-soon`
pub fn visible_too_soon(at: Option<Span>, seconds: u32, function: &str, timeout: u32) -> Diagnostic {
    Diagnostic::error(
        "visible-too-soon",
        at,
        format!("messages are hidden for {seconds} seconds, and `{function}` may work on one for {timeout}"),
    )
    .reason("a message that comes back while a call still works on it is worked on twice")
    .fix(format!("raise `visibility_seconds` to {} or leave it out", timeout * 6))
}

/// `schedule-wrong`
pub fn schedule(at: Option<Span>, what: &str) -> Diagnostic {
    Diagnostic::error("schedule-wrong", at, what)
        .fix("write five fields of cron: minute, hour, day of the month, month, day of the week, such as `0 2 * * *`")
}

/// `timezone-unknown`
pub fn timezone(at: Option<Span>, name: &str, known: impl IntoIterator<Item = &'static str>) -> Diagnostic {
    Diagnostic::error("timezone-unknown", at, format!("no time zone is called `{name}`"))
        .reason("it is one of the IANA database's names, such as `Asia/Seoul` or `UTC`")
        .suggest(name, known)
}

/// `schedule-not-there`
pub fn schedule_not_there(at: Option<Span>, target: Target, what: &str, fix: &str) -> Diagnostic {
    Diagnostic::error("schedule-not-there", at, format!("{} {what}", target.title())).fix(fix)
}

/// `function-needs-network`
pub fn needs_network(at: Option<Span>, function: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        "function-needs-network",
        at,
        format!("function `{function}` is outside the private network, where `{name}` cannot be reached"),
    )
    .fix("remove `private = false`")
}

/// `prefix-of-nobody`
pub fn prefix_of_nobody(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "prefix-of-nobody",
        at,
        format!("`{name}` is no bucket that the function writes"),
    )
    .fix("name it in `writes`, or remove the prefix")
}

/// `function-idle`
pub fn idle(at: Option<Span>, function: &str) -> Diagnostic {
    Diagnostic::warning("function-idle", at, format!("nothing starts function `{function}`"))
        .fix("give it a `trigger`, or name it in `calls` of who calls it")
}

/// `function-loop`
pub fn endless(at: Option<Span>, path: &[String]) -> Diagnostic {
    Diagnostic::error(
        "function-loop",
        at,
        format!("these start each other without end: {}", path.join(" -> ")),
    )
    .reason("what a function writes starts it again, and every round is paid for")
    .fix("write to another bucket or table, or part the keys: `prefix` in the trigger, and `prefixes = { BUCKET = \"...\" }` for what is written")
}

/// `function-circle`
pub fn circle(at: Option<Span>, path: &[String]) -> Diagnostic {
    Diagnostic::warning(
        "function-circle",
        at,
        format!("these can start each other again and again: {}", path.join(" -> ")),
    )
    .fix("make sure that the code ends it, or send to another queue, topic or stream")
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn quoted(name: &str) -> String {
    match name.contains(' ') {
        true => name.to_owned(),
        false => format!("`{name}`"),
    }
}
