//! Literal secrets: texts that are credentials by their form, or by the key that they are given to.
//!
//! A form is only looked for where it is unmistakable. Names of secrets, ARNs, vault URLs and references such as `$(...)` are what
//! a blueprint should hold instead, and are let through.

use super::tree::{Node, Table, Value};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::language as rules;

/// Every literal secret in a document.
pub(super) fn find(root: &Table) -> Vec<Diagnostic> {
    let mut found = vec![];
    for (key, entry) in root {
        visit(&entry.node, key, false, &mut found);
    }
    found
}

/// The tables whose keys are the author's own, so that a key's name tells what the value is.
const FREE: [&str; 2] = ["environment", "override"];

fn visit(node: &Node, place: &str, free: bool, found: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::String(text) => {
            let key = place.rsplit('.').next().unwrap_or_default();
            let named = (free && names_secret(key) && !refers(text)).then_some("a credential");
            if let Some(what) = form(text).or(named) {
                found.push(rules::literal_secret(place, node.span, what));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &format!("{place}[{index}]"), free, found);
            }
        }
        Value::Table(table) => {
            for (key, entry) in table {
                let free = free || FREE.iter().any(|name| place.rsplit('.').next() == Some(name));
                visit(&entry.node, &format!("{place}.{key}"), free, found);
            }
        }
        _ => {}
    }
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

/// The kind of credential that a text is by its form.
fn form(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    for token in &TOKENS {
        let admitted = |c: char| c.is_ascii_alphanumeric() || token.more.contains(c);
        let known =
            after_each(text, token.prefix).any(|tail| tail.chars().take_while(|c| admitted(*c)).count() >= token.tail);
        if known {
            return Some(token.what);
        }
    }
    if after_each(text, "eyJ").any(is_rest_of_jwt) {
        return Some("a JSON web token");
    }
    if has_account_key(text) {
        return Some("a storage or bus access key");
    }
    if has_url_password(text) || has_setting_password(text) {
        return Some("a connection string with a password");
    }
    None
}

/// What follows each occurrence of `prefix` that begins a word.
fn after_each<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(prefix).filter_map(move |(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        let begins = !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        begins.then(|| text.get(at + prefix.len()..)).flatten()
    })
}

/// Whether `tail` goes on as a JSON web token does: the rest of the header, a payload that is an object, a signature.
fn is_rest_of_jwt(tail: &str) -> bool {
    let base64 = |part: &str| {
        part.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c))
            .count()
    };
    let mut parts = tail.split('.');
    parts
        .next()
        .is_some_and(|header| base64(header) >= 8 && base64(header) == header.len())
        && parts.next().is_some_and(|payload| payload.starts_with("eyJ"))
        && parts.next().is_some_and(|signature| base64(signature) >= 16)
}

/// Azure's keys: `AccountKey=` or `SharedAccessKey=`, or a signature in a shared access URL.
fn has_account_key(text: &str) -> bool {
    let base64 = |tail: &str| {
        tail.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "+/%".contains(*c))
            .count()
    };
    let key = ["AccountKey=", "SharedAccessKey="]
        .iter()
        .any(|name| after_each(text, name).any(|tail| base64(tail) >= 40));
    let signature =
        (text.contains("sv=") || text.contains("se=")) && after_each(text, "sig=").any(|tail| base64(tail) >= 40);
    key || signature
}

/// `scheme://user:password@host`
fn has_url_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let rest = text.get(at + 3..).unwrap_or_default();
        let end = rest
            .find(|c: char| c.is_whitespace() || "/\"'<>|".contains(c))
            .unwrap_or(rest.len());
        let Some((user, _)) = rest.get(..end).unwrap_or_default().rsplit_once('@') else {
            return false;
        };
        user.split_once(':').is_some_and(|(_, password)| is_literal(password))
    })
}

/// `...;Password=...;` of ADO and ODBC, `?user=...&password=...` of JDBC.
fn has_setting_password(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let connects = ["server=", "data source=", "host=", "jdbc:", "://", "endpoint="];
    connects.iter().any(|word| lower.contains(word))
        && ["password=", "pwd="].iter().any(|name| {
            after_each(&lower, name).any(|tail| {
                let end = tail
                    .find(|c: char| c.is_whitespace() || ";&\"'".contains(c))
                    .unwrap_or(tail.len());
                is_literal(tail.get(..end).unwrap_or_default())
            })
        })
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
