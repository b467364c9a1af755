//! The full schemas and facts of one provider, parsed type by type.

use crate::Result;
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::Path;

/// The full schemas and facts of one provider.
pub struct Source {
    /// The provider's version.
    pub version: String,
    /// (kind, type name, JSON text of its schema)
    types: Vec<(&'static str, String, String)>,
    facts: HashMap<String, String>,
    ids: Value,
    limits: Value,
    computed: Value,
}

impl Source {
    /// Reads the packed files of one provider.
    pub fn open(schemas: &Path, facts: &Path, provider: &str) -> Result<Self> {
        let file = format!("{provider}.json.zst");
        let address = format!("registry.terraform.io/hashicorp/{provider}");
        let of_provider = |folder: &Path, name: &str| -> Result<Value> {
            let all: Value = serde_json::from_str(&fs::read_to_string(folder.join(name))?)?;
            Ok(all[&address].clone())
        };
        Ok(Source {
            version: version(&fs::read_to_string(schemas.join("README.md"))?, provider)?,
            types: split_schemas(&unpack(&schemas.join(&file))?, provider),
            facts: split_facts(&unpack(&facts.join(&file))?),
            ids: serde_json::from_str(&fs::read_to_string(facts.join("ids.json"))?)?,
            limits: of_provider(schemas, "block-limits.json")?,
            computed: of_provider(schemas, "computed-blocks.json")?,
        })
    }

    /// Every type: (`data`, `provider` or `resource`; name; JSON text of the schema).
    pub fn types(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        self.types
            .iter()
            .map(|(kind, name, schema)| (*kind, name.as_str(), schema.as_str()))
    }

    /// The names of the types of a kind.
    pub fn names(&self, kind: &str) -> impl Iterator<Item = &str> {
        let of_kind = self.types().filter(move |(known, ..)| *known == kind);
        of_kind.map(|(_, name, _)| name)
    }

    /// The facts of a resource type: argument path -> facts.
    pub fn facts(&self, name: &str) -> Result<Value> {
        match self.facts.get(name) {
            Some(text) => Ok(serde_json::from_str(text)?),
            None => Ok(Value::Null),
        }
    }

    /// The documented form of the id of a resource type.
    pub fn id_form(&self, name: &str) -> Option<&str> {
        self.ids[name].as_str()
    }

    /// The least and greatest number of a resource's blocks at a path, 0 where there is no limit.
    pub fn limits(&self, name: &str, path: &str) -> (u64, u64) {
        let limits = &self.limits[name][path];
        (limits[0].as_u64().unwrap_or(0), limits[1].as_u64().unwrap_or(0))
    }

    /// Whether the provider fills in a block that the configuration leaves out.
    pub fn is_computed_block(&self, name: &str, path: &str) -> bool {
        let paths = self.computed[name].as_array();
        paths.is_some_and(|paths| paths.iter().any(|known| known == path))
    }
}

fn unpack(file: &Path) -> Result<String> {
    let packed = fs::File::open(file)?;
    let mut text = String::new();
    ruzstd::decoding::StreamingDecoder::new(packed)?.read_to_string(&mut text)?;
    Ok(text)
}

/// The version that the README's table gives for a provider (`| `file` | hashicorp/aws 6.66.0 | ...`).
fn version(readme: &str, provider: &str) -> Result<String> {
    let name = format!("| hashicorp/{provider} ");
    let after = readme.split_once(&name).map(|(_, after)| after);
    let version = after.and_then(|after| after.split_whitespace().next());
    Ok(version.ok_or("the README names no version of the provider")?.to_owned())
}

fn split_schemas(text: &str, provider: &str) -> Vec<(&'static str, String, String)> {
    let mut kind = "provider";
    let mut types = vec![];
    for line in text.lines() {
        let line = line.trim_matches(',');
        match line {
            r#""resource_schemas":{"# => kind = "resource",
            r#""data_source_schemas":{"# => kind = "data",
            _ => {
                if let Some((name, schema)) = entry(line) {
                    let name = if kind == "provider" { provider } else { name };
                    types.push((kind, name.to_owned(), schema.to_owned()));
                }
            }
        }
    }
    types
}

fn split_facts(text: &str) -> HashMap<String, String> {
    text.lines()
        .filter_map(|line| entry(line.trim_matches(',')))
        .map(|(name, facts)| (name.to_owned(), facts.to_owned()))
        .collect()
}

/// The name and the JSON object of `"name":{...}`.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (name, object) = line.strip_prefix('"')?.split_once("\":")?;
    (object.starts_with('{') && object.ends_with('}')).then_some((name, object))
}
