//! Cloud-init of a virtual machine: installs a container engine, writes the service's environment, runs it under systemd.
//!
//! Secret values never stand in it: a script fetches them with the machine's own identity whenever the service starts and keeps
//! them in memory only.

use hcl::Expression;
use tera::{Context, Tera};

use crate::ir::{Launch, Service};
use crate::terraform::expr::{self, Part};

const TEMPLATE: &str = include_str!("../../../templates/startup/cloud-init.yaml.tera");

/// Marks the place of a reference while the text is put together. No blueprint has control characters in its text.
const MARK: char = '\u{1}';

/// What differs per cloud.
#[derive(Debug, Clone)]
pub struct Platform<'a> {
    /// Bash: defines `fetch_secret IDENTIFIER`, which prints the value of a vault entry or fails.
    pub fetch: &'a str,
    /// Options of `docker run`: how the port is published, where logs go.
    pub docker_options: String,
}

/// A setting whose value is known to Terraform.
#[derive(Debug, Clone)]
pub struct Plain {
    /// Environment variable.
    pub name: String,
    /// Its value: text or a reference.
    pub value: Expression,
}

/// A setting whose value is fetched at the start of the service.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Environment variable.
    pub name: String,
    /// The vault's identifier.
    pub identifier: Expression,
    /// The service does not start without it. Entries that the owner fills later are not required.
    pub required: bool,
}

/// The user data of one service's machines, as a heredoc. `prepare` is bash for before each start, where a command that fails holds
/// the start back; it may be empty.
pub fn prepared_user_data(
    system: &str,
    service: &Service,
    plain: &[Plain],
    fetched: &[Fetched],
    platform: &Platform<'_>,
    prepare: &str,
) -> Expression {
    rendered(system, service, (plain, fetched), platform, prepare, true)
}

/// The same for machines that reach no package archive: their image holds curl, docker and jq already.
pub fn closed_user_data(
    system: &str,
    service: &Service,
    plain: &[Plain],
    fetched: &[Fetched],
    platform: &Platform<'_>,
    prepare: &str,
) -> Expression {
    rendered(system, service, (plain, fetched), platform, prepare, false)
}

fn rendered(
    system: &str,
    service: &Service,
    (plain, fetched): (&[Plain], &[Fetched]),
    platform: &Platform<'_>,
    prepare: &str,
    install: bool,
) -> Expression {
    let mut references = References::default();
    let mut context = Context::new();
    context.insert("install", &install);
    context.insert("system", system);
    context.insert("service", &service.name);
    context.insert(
        "settings",
        &plain
            .iter()
            .map(|setting| references.pair(&setting.name, &setting.value))
            .collect::<Vec<_>>(),
    );
    let secrets: Vec<serde_json::Value> = fetched
        .iter()
        .map(|secret| {
            let identifier = references.text(&secret.identifier);
            serde_json::json!({ "variable": secret.name, "identifier": identifier, "required": secret.required })
        })
        .collect();
    context.insert("secrets", &secrets);
    context.insert("fetch", &indented(platform.fetch.trim_end(), 6));
    context.insert("prepare", &indented(prepare.trim_end(), 6));
    context.insert("docker_options", &platform.docker_options);
    match &service.launch {
        Launch::Container { image, arguments } => {
            let command: Vec<String> = std::iter::once(image)
                .chain(arguments)
                .map(|word| systemd_quoted(word))
                .collect();
            context.insert("command", &command.join(" "));
        }
        Launch::Script(script) => context.insert("script", &indented(script.trim_end(), 6)),
    }
    let text =
        Tera::one_off(TEMPLATE, &context, false).unwrap_or_else(|error| unreachable!("the start-up template: {error}"));
    expr::heredoc(references.parts(&text))
}

/// Indents every line that is not empty.
fn indented(text: &str, width: usize) -> String {
    let margin = " ".repeat(width);
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("{margin}{line}")
            }
        })
        .collect();
    lines.join("\n")
}

/// A word of a systemd command line: quoted, with `%` and `$` doubled so that systemd leaves them alone.
fn systemd_quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let escaped = word
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    format!("\"{escaped}\"")
}

/// References on their way through the template.
#[derive(Debug, Default)]
struct References {
    values: Vec<Expression>,
}

impl References {
    fn pair(&mut self, name: &str, value: &Expression) -> serde_json::Value {
        serde_json::json!({ "name": name, "value": self.text(value) })
    }

    /// Text as it is, or the mark of a reference.
    fn text(&mut self, value: &Expression) -> String {
        match value {
            Expression::String(text) => text.clone(),
            other => {
                self.values.push(other.clone());
                format!("{MARK}{}{MARK}", self.values.len() - 1)
            }
        }
    }

    fn parts(self, text: &str) -> Vec<Part> {
        text.split(MARK)
            .enumerate()
            .map(|(index, piece)| match piece.parse::<usize>() {
                Ok(number) if index % 2 == 1 => match self.values.get(number) {
                    Some(value) => Part::from(value.clone()),
                    None => Part::from(piece),
                },
                _ => Part::from(piece),
            })
            .collect()
    }
}
