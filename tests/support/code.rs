//! Rust text without its comments and without what stands in its strings: enough to ask what a file names.

/// The code of a file, and its string literals.
pub struct Code {
    /// The text with comments left out and every string literal empty. Lines keep their numbers.
    pub text: String,
    /// What stood in the string literals, escapes as they were written.
    pub strings: Vec<String>,
}

/// Takes a file apart.
pub fn read(source: &str) -> Code {
    let mut code = Code {
        text: String::with_capacity(source.len()),
        strings: Vec::new(),
    };
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some((literal, length)) = string(rest, code.text.chars().next_back()) {
            code.text.push_str("\"\"");
            code.text.extend(literal.matches('\n'));
            code.strings.push(literal.to_owned());
            rest = &rest[length..];
            continue;
        } else {
            let length = character(rest).unwrap_or(first.len_utf8());
            code.text.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        };
        code.text.extend(rest[..taken].matches('\n'));
        rest = &rest[taken..];
    }
    code
}

/// The string literal at the beginning of `rest`, and how long it is with its quotes.
fn string(rest: &str, before: Option<char>) -> Option<(&str, usize)> {
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if !in_word && (rest.starts_with("r\"") || rest.starts_with("r#")) {
        let hashes = rest[1..].chars().take_while(|&c| c == '#').count();
        let start = 1 + hashes;
        let body = rest[start..].strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = body.find(&close)?;
        return Some((&body[..end], start + 1 + end + close.len()));
    }
    let body = rest.strip_prefix('"')?;
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((&body[..at], at + 2)),
            _ => {}
        }
    }
    None
}

/// The length of the character literal at the beginning of `rest`; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    if body.starts_with('\\') {
        return body[2..].find('\'').map(|end| end + 4);
    }
    let c = body.chars().next()?;
    body[c.len_utf8()..].starts_with('\'').then(|| c.len_utf8() + 2)
}

impl Code {
    /// The code without its `#[cfg(test)]` modules.
    pub fn without_tests(&self) -> String {
        let mut text = self.text.clone();
        while let Some(start) = text.find("#[cfg(test)]") {
            let open = text[start..].find(['{', ';']).map_or(text.len(), |at| start + at);
            let mut depth = 0;
            let mut end = text.len();
            for (at, c) in text[open..].char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    end = open + at + 1;
                    break;
                }
            }
            let lines: String = text[start..end].matches('\n').collect();
            text.replace_range(start..end, &lines);
        }
        text
    }
}

/// What follows each `prefix` (`crate::`, `std::`) in some code: the first name of each path, those in braces taken apart.
pub fn named(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_names(group)),
            None => names.push(with_call(rest)),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The first names of the paths in a group, up to its closing brace.
fn group_names(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = Vec::new();
    let mut current = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut current)),
            _ if depth == 0 => current.push(c),
            _ => {}
        }
    }
    names.push(current);
    names.iter().map(|name| word(name.trim()).to_owned()).collect()
}

/// A name, with `()` behind it where it is called: a function may have the name of a module.
fn with_call(rest: &str) -> String {
    let name = word(rest);
    let call = if rest[name.len()..].starts_with('(') { "()" } else { "" };
    format!("{name}{call}")
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}
