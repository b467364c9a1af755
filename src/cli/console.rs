//! Standard output and standard error. Neither a closed pipe nor a full disk makes the program panic.

use std::io::{ErrorKind, IsTerminal, Write};

use super::{Done, Failure};

/// Writes a document to standard output. A reader that has gone away is not an error: it has seen what it wanted.
pub(super) fn document(text: &str) -> Done {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::io("cannot write to standard output", &error))
        }
        _ => Ok(()),
    }
}

/// Writes text to standard error as it is.
pub(super) fn message(text: &str) {
    // Where standard error cannot be written there is nowhere left to say so.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Says what was done, on standard error.
pub(super) fn note(text: &str) {
    message(&format!("{text}\n"));
}

/// Says what went wrong, on standard error.
pub(super) fn error(text: &str) {
    let (on, off) = if colored_stderr() {
        ("\x1b[1;31m", "\x1b[0m")
    } else {
        ("", "")
    };
    message(&format!("{on}error{off}: {text}\n"));
}

/// True where colours on standard error reach a person who wants them.
pub(super) fn colored_stderr() -> bool {
    wants_color() && std::io::stderr().is_terminal()
}

/// True where colours on standard output reach a person who wants them.
pub(super) fn colored_stdout() -> bool {
    wants_color() && std::io::stdout().is_terminal()
}

fn wants_color() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
