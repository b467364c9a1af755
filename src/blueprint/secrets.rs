//! Literal secrets: texts that are credentials by their form, or by the key that they are given to.
//!
//! A form is only looked for where it is unmistakable. Names of secrets, ARNs, vault URLs and references such as `$(...)` are what
//! a blueprint should hold instead, and are let through.

use super::tree::{Node, Table, Value};
use crate::diagnostic::language as rules;
use crate::diagnostic::{Diagnostic, Span};

/// Every literal secret in a document that was read from `text`.
pub(super) fn find(root: &Table, text: &str) -> Vec<Diagnostic> {
    let mut search = Search {
        text,
        place: String::new(),
        found: vec![],
    };
    for (key, entry) in root {
        search.place.clone_from(key);
        search.visit(&entry.node, key, FREE.contains(&key.as_str()));
    }
    search.found
}

/// The tables whose keys are the author's own, or a provider's, so that a key's name tells what the value is.
const FREE: [&str; 2] = ["environment", "override"];

struct Search<'a> {
    text: &'a str,
    /// Where the search is.
    place: String,
    found: Vec<Diagnostic>,
}

impl Search<'_> {
    /// Looks at a value under `key`; `free` says whether the key's name counts.
    fn visit(&mut self, node: &Node, key: &str, free: bool) {
        let length = self.place.len();
        match &node.value {
            Value::String(text) => self.text(node, text, key, free),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.place.push_str(&format!("[{index}]"));
                    self.visit(item, key, free);
                    self.place.truncate(length);
                }
            }
            Value::Table(table) => {
                for (key, entry) in table {
                    let free = free || FREE.contains(&key.as_str());
                    self.place.push('.');
                    self.place.push_str(key);
                    self.visit(&entry.node, key, free);
                    self.place.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, node: &Node, text: &str, key: &str, free: bool) {
        let named = free && names_secret(key);
        let name = if named { vault_name(key) } else { "NAME".to_owned() };
        let formed = forms(text);
        if formed.is_empty() && named && !refers(text) {
            let error = rules::literal_secret(&self.place, node.span, "a credential", &name);
            self.found.push(error);
        }
        for (what, secret) in formed {
            let span = self.within(node.span, secret);
            self.found.push(rules::literal_secret(&self.place, span, what, &name));
        }
    }

    /// Where a part of a text value stands; the whole value where escapes hide it.
    fn within(&self, value: Span, part: &str) -> Span {
        let raw = self.text.get(value.start..value.end).unwrap_or_default();
        match raw.find(part) {
            Some(at) => Span {
                start: value.start + at,
                end: value.start + at + part.len(),
            },
            None => value,
        }
    }
}

/// What a secret could be called that is now the value of `key`: its words as a name of the language.
fn vault_name(key: &str) -> String {
    let name: String = key.to_ascii_lowercase().replace('_', "-").chars().take(20).collect();
    name.trim_matches(|c: char| c == '-' || c.is_ascii_digit()).to_owned()
}

/// A token with a prefix that its issuer chose to be recognisable.
struct Token {
    prefix: &'static str,
    /// Fewest characters after the prefix.
    tail: usize,
    /// Further characters of the tail besides letters and digits.
    more: &'static str,
    what: &'static str,
}

const fn token(prefix: &'static str, tail: usize, more: &'static str, what: &'static str) -> Token {
    Token {
        prefix,
        tail,
        more,
        what,
    }
}

const TOKENS: [Token; 26] = [
    token("AKIA", 16, "", "an AWS access key id"),
    token("ASIA", 16, "", "an AWS access key id"),
    token("ghp_", 30, "", "a GitHub token"),
    token("gho_", 30, "", "a GitHub token"),
    token("ghu_", 30, "", "a GitHub token"),
    token("ghs_", 30, "", "a GitHub token"),
    token("ghr_", 30, "", "a GitHub token"),
    token("github_pat_", 22, "_", "a GitHub token"),
    token("glpat-", 20, "_-", "a GitLab token"),
    token("xoxb-", 20, "-", "a Slack token"),
    token("xoxp-", 20, "-", "a Slack token"),
    token("xoxa-", 20, "-", "a Slack token"),
    token("xapp-", 20, "-", "a Slack token"),
    token("sk_live_", 16, "", "a Stripe key"),
    token("rk_live_", 16, "", "a Stripe key"),
    token("sk-ant-", 20, "_-", "an Anthropic key"),
    token("sk-proj-", 20, "_-", "an OpenAI key"),
    token("AIza", 35, "_-", "a Google API key"),
    token("GOCSPX-", 24, "_-", "a Google client secret"),
    token("ya29.", 20, "_-", "a Google access token"),
    token("npm_", 36, "", "an npm token"),
    token("pypi-AgEI", 40, "_-", "a PyPI token"),
    token("dop_v1_", 64, "", "a DigitalOcean token"),
    token("hvs.", 24, "_-", "a Vault token"),
    token("SG.", 40, "_-.", "a SendGrid key"),
    token("shpat_", 32, "", "a Shopify token"),
];

/// The least number of bytes in any of [`TOKENS`], and in whatever else [`forms`] knows besides passwords.
const SHORTEST: usize = 20;

/// The credentials that a text is or holds, by their form, each with its kind.
fn forms(text: &str) -> Vec<(&'static str, &str)> {
    let mut found = vec![];
    // Most texts are too short to be more than a password.
    if text.len() >= SHORTEST {
        found.extend(keys(text));
    }
    found.extend(passwords(text).into_iter().map(|password| (CONNECTION, password)));
    found
}

/// The keys and tokens in a text.
fn keys(text: &str) -> Vec<(&'static str, &str)> {
    let mut found = vec![];
    if let Some(at) = text.find("-----BEGIN ")
        && text.contains("PRIVATE KEY")
    {
        let key = text.get(at..).unwrap_or_default();
        let end = key.rfind("-----").map_or(key.len(), |end| end + 5);
        found.push(("a private key", head(key, end)));
    }
    for word in beginnings(text) {
        let fits = |token: &&Token| word.len() >= token.prefix.len() + token.tail && word.starts_with(token.prefix);
        for token in TOKENS.iter().filter(fits) {
            let tail = run(word.get(token.prefix.len()..).unwrap_or_default(), token.more);
            if tail.len() >= token.tail {
                found.push((token.what, head(word, token.prefix.len() + tail.len())));
            }
        }
    }
    for word in words(text, "eyJ") {
        let token = run(word, "_-.");
        if is_jwt(token) {
            found.push(("a JSON web token", token));
        }
    }
    for name in ["AccountKey=", "SharedAccessKey=", "sig="] {
        for word in words(text, name) {
            let key = run(word.get(name.len()..).unwrap_or_default(), "+/%=");
            // `sig` alone may be anything; beside the other parts of a shared access signature it is Azure's.
            if key.len() >= 40 && (name != "sig=" || text.contains("sv=") || text.contains("se=")) {
                found.push(("an Azure access key", key));
            }
        }
    }
    found
}

const CONNECTION: &str = "the password of a connection string";

/// Each word, with all that follows it.
fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.char_indices().filter_map(move |(at, c)| {
        let begins = !inside;
        inside = c.is_ascii_alphanumeric() || c == '_';
        (begins && inside).then(|| text.get(at..)).flatten()
    })
}

/// Each occurrence of `prefix` that begins a word, with all that follows it.
fn words<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(prefix).filter_map(move |(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        let begins = !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        begins.then(|| text.get(at..)).flatten()
    })
}

/// The longest beginning of letters, digits and the characters in `more`.
fn run<'a>(text: &'a str, more: &str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !more.contains(c));
    head(text, end.unwrap_or(text.len()))
}

fn head(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

/// Whether a text is a JSON web token: a header, a payload that is an object, a signature.
fn is_jwt(text: &str) -> bool {
    match text.split('.').collect::<Vec<_>>().as_slice() {
        [header, payload, signature, ..] => header.len() >= 10 && payload.starts_with("eyJ") && signature.len() >= 16,
        _ => false,
    }
}

/// The passwords written out in connection strings: `scheme://user:password@host`, `...;Password=...;` of ADO and ODBC,
/// `?user=...&password=...` of JDBC.
fn passwords(text: &str) -> Vec<&str> {
    const CONNECTS: [&str; 5] = ["server=", "data source=", "host=", "endpoint=", "://"];
    let mut found = vec![];
    if !text.contains(['=', ':']) {
        return found;
    }
    for (at, _) in text.match_indices("://") {
        let rest = text.get(at + 3..).unwrap_or_default();
        let end = rest.find(|c: char| c.is_whitespace() || "/\"'<>|".contains(c));
        let authority = head(rest, end.unwrap_or(rest.len()));
        found.extend(
            authority
                .rsplit_once('@')
                .and_then(|(user, _)| user.split_once(':'))
                .map(|(_, password)| password),
        );
    }
    // Only ASCII changes, so that places stay the same.
    let lower = text.to_ascii_lowercase();
    if CONNECTS.iter().any(|word| lower.contains(word)) {
        for name in ["password=", "pwd="] {
            for word in words(&lower, name) {
                let at = lower.len() - word.len() + name.len();
                let rest = text.get(at..).unwrap_or_default();
                let end = rest.find(|c: char| c.is_whitespace() || ";&\"'".contains(c));
                found.push(head(rest, end.unwrap_or(rest.len())));
            }
        }
    }
    found.retain(|password| is_literal(password));
    found
}

/// Whether a password is written out, rather than left to be filled in.
fn is_literal(password: &str) -> bool {
    !password.is_empty() && !password.starts_with(['$', '{', '<', '%', '*']) && !password.starts_with("...")
}

/// Whether the name of a setting says that its value is a secret. It has to end so: `PASSWORD_FILE` or `TOKEN_URL` is none.
fn names_secret(key: &str) -> bool {
    const ENDS: [&str; 16] = [
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "secret_key",
        "secret_key_base",
        "token",
        "api_key",
        "apikey",
        "access_key",
        "account_key",
        "private_key",
        "signing_key",
        "encryption_key",
        "credentials",
    ];
    let key = key.to_ascii_lowercase().replace('-', "_");
    let key = key.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    // `PWD` alone is the working directory.
    key != "pwd"
        && ENDS.iter().any(|end| {
            key.strip_suffix(end)
                .is_some_and(|before| before.is_empty() || before.ends_with('_'))
        })
}

/// Whether a text says where a secret is, or is too plain to be one.
fn refers(text: &str) -> bool {
    const PLACES: [&str; 11] = [
        "$",
        "{",
        "<",
        "/",
        "arn:",
        "projects/",
        "https://",
        "@Microsoft.KeyVault(",
        "vault:",
        "sm://",
        "ref+",
    ];
    text.is_empty() || matches!(text, "true" | "false" | "none") || PLACES.iter().any(|place| text.starts_with(place))
}

#[cfg(test)]
mod tests;
