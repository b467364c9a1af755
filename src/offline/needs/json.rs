//! Terraform's JSON syntax, and states.

use serde_json::Value;

use super::hcl::kind_of;
use super::{Entry, Found, REGISTRY, Section};

/// What a `.tf.json` file says, in order; or the line and the words of a syntax error. Entries have no lines.
pub(super) fn configuration(text: &str) -> Result<Vec<Entry>, (Option<usize>, String)> {
    let file: Value = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
        .map_err(|error| (Some(error.line()), format!("syntax error: {error}")))?;
    let mut found = Vec::new();
    blocks(&file, &mut found);
    Ok(found.into_iter().map(|found| Entry { line: None, found }).collect())
}

fn blocks(file: &Value, found: &mut Vec<Found>) {
    for (word, value) in members(file) {
        match word {
            "terraform" => settings(value, found),
            "provider" => found.extend(members(value).map(|(name, _)| Found::Configures { name: name.to_owned() })),
            "module" => {
                for (name, module) in members(value) {
                    if let Some(source) = text(module, "source") {
                        let name = name.to_owned();
                        found.push(Found::Calls { name, source });
                    }
                }
            }
            "check" => members(value).for_each(|(_, check)| blocks(check, found)),
            "import" | "moved" | "removed" => {
                let addresses = members(value).filter(|(key, _)| matches!(*key, "to" | "from"));
                let kinds = addresses.filter_map(|(_, address)| {
                    let words = address.as_str()?.split('.');
                    kind_of(words.map(|word| word.split('[').next().unwrap_or(word)))
                });
                found.extend(kinds.map(|kind| Found::Names { kind }));
            }
            word => {
                if let Some(section) = Section::named(word) {
                    used(section, value, found);
                }
            }
        }
    }
}

fn settings(value: &Value, found: &mut Vec<Found>) {
    for (word, value) in members(value) {
        match word {
            "backend" | "cloud" => found.push(Found::Backend),
            "required_providers" => found.extend(members(value).map(|(name, entry)| Found::Requires {
                name: name.to_owned(),
                source: text(entry, "source"),
            })),
            _ => {}
        }
    }
}

fn used(section: Section, value: &Value, found: &mut Vec<Found>) {
    for (kind, named) in members(value) {
        for (name, body) in members(named) {
            if section == Section::Data && kind == "terraform_remote_state" {
                let (name, backend) = (name.to_owned(), text(body, "backend"));
                found.push(Found::RemoteState { name, backend });
            }
            let provider = text(body, "provider").map(|provider| {
                let bare = provider.trim_start_matches("${").trim_end_matches('}');
                bare.split('.').next().unwrap_or(bare).to_owned()
            });
            let kind = kind.to_owned();
            found.push(Found::Uses {
                section,
                kind,
                provider,
            });
        }
    }
}

/// The members of an object, or of every object of a list: in JSON one block and several are both allowed.
fn members(value: &Value) -> Box<dyn Iterator<Item = (&str, &Value)> + '_> {
    match value {
        Value::Object(object) => Box::new(object.iter().map(|(key, value)| (key.as_str(), value))),
        Value::Array(values) => Box::new(values.iter().flat_map(members)),
        _ => Box::new(std::iter::empty()),
    }
}

/// A member that is a text.
fn text(value: &Value, name: &str) -> Option<String> {
    let (_, value) = members(value).find(|(key, _)| *key == name)?;
    value.as_str().map(str::to_owned)
}

/// The resources and data sources of a state: section, type and provider of each.
pub(super) fn state(text: &str) -> Result<Vec<(Section, String, String)>, String> {
    let state: Value = serde_json::from_str(text).map_err(|error| format!("this is no Terraform state: {error}"))?;
    if state.get("version").and_then(Value::as_u64) != Some(4) {
        return Err("this is no Terraform state of version 4, as `terraform state pull` prints it".to_owned());
    }
    let resources = state.get("resources").and_then(Value::as_array);
    let found = resources.into_iter().flatten().filter_map(|resource| {
        let word = |name| resource.get(name).and_then(Value::as_str);
        let section = match word("mode")? {
            "data" => Section::Data,
            _ => Section::Resource,
        };
        let provider = provider_of(word("provider")?)?;
        Some((section, word("type")?.to_owned(), provider))
    });
    Ok(found.collect())
}

/// The address in `module.a.provider["registry.terraform.io/hashicorp/aws"].alias`; in states from before Terraform 0.13 it is
/// `provider.aws`.
fn provider_of(text: &str) -> Option<String> {
    match text.split_once("provider[\"") {
        Some((_, rest)) => rest.split('"').next().map(str::to_owned),
        None => {
            let name = text.split_once("provider.")?.1.split('.').next()?;
            Some(format!("{REGISTRY}/hashicorp/{name}"))
        }
    }
}
