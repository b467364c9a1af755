//! What one server offers, the same on all its connections.

use crate::diagnostic::nearest;
use crate::offline::apply::Taken;
use crate::offline::archive::Provider;
use crate::offline::needs::Needs;
use crate::terraform::provider::{BlockKind, Schema};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The types of a provider that a configuration uses.
#[derive(Clone)]
pub struct Offer {
    /// The provider.
    pub provider: Provider,
    /// The ids that are in use.
    pub taken: Arc<Taken>,
    /// The folder that terraform runs in.
    pub root: Arc<Path>,
    schemas: Arc<BTreeMap<(BlockKind, String), &'static Schema>>,
}

impl Offer {
    /// The types of a provider that a configuration uses, as far as the provider has them.
    pub fn new(provider: Provider, needs: &Needs, words: &Words) -> Self {
        let own = BTreeSet::from([provider.name().to_owned()]);
        let resources = needs.resources.union(&words.in_state).cloned().collect();
        let mut schemas = BTreeMap::new();
        for (kind, names) in [
            (BlockKind::Provider, &own),
            (BlockKind::Data, &needs.data),
            (BlockKind::Ephemeral, &needs.ephemeral),
            (BlockKind::Resource, &resources),
        ] {
            for name in names {
                let keep = |block: &str| words.all.contains(block);
                let found = provider
                    .schema_with(kind, name, &keep)
                    .map(|schema| (kind, name.clone(), schema));
                if let Some((kind, name, schema)) = found.or_else(|| likely(provider, kind, name)) {
                    // Kept for the life of the process, which plans once.
                    let schema: &'static Schema = Box::leak(Box::new(schema));
                    schemas.insert((kind, name), schema);
                }
            }
        }
        Offer {
            provider,
            taken: Arc::default(),
            root: needs.root.as_path().into(),
            schemas: Arc::new(schemas),
        }
    }

    /// The types of a kind.
    pub fn types(&self, kind: BlockKind) -> impl Iterator<Item = (&str, &'static Schema)> {
        let of_kind = self.schemas.iter().filter(move |((known, _), _)| *known == kind);
        of_kind.map(|((_, name), schema)| (name.as_str(), *schema))
    }

    /// The schema of a type that is offered.
    pub fn schema(&self, kind: BlockKind, name: &str) -> Option<&'static Schema> {
        self.schemas.get(&(kind, name.to_owned())).copied()
    }
}

/// What was likely meant by the name of a type that the provider does not have: Terraform itself asks whether it was, if it is offered.
fn likely(provider: Provider, kind: BlockKind, name: &str) -> Option<(BlockKind, String, Schema)> {
    let cloud = provider.name().split('-').next()?;
    name.strip_prefix(cloud).filter(|rest| rest.starts_with('_'))?;
    let other = match kind {
        BlockKind::Resource => BlockKind::Data,
        _ => BlockKind::Resource,
    };
    if let Some(schema) = provider.schema(other, name) {
        return Some((other, name.to_owned(), schema));
    }
    let near = nearest(name, &provider.types(kind))?;
    Some((kind, near.to_owned(), provider.schema(kind, near)?))
}

/// The words of a configuration and of the state beside it.
#[derive(Default)]
pub struct Words {
    /// A block whose name is not among them cannot be meant by anything there.
    all: BTreeSet<String>,
    /// The types of the resources that the state holds.
    in_state: BTreeSet<String>,
}

impl Words {
    /// Reads the words of every file that a configuration may consist of. A file that cannot be read is for terraform to complain of.
    pub fn read(folders: &[PathBuf]) -> Self {
        const ENDINGS: [&str; 5] = [".tf", ".tf.json", ".tofu", ".tfstate", ".hcl"];
        let mut words = Words::default();
        for folder in folders.iter().flat_map(|folder| [folder.clone(), folder.join("tests")]) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
                    let text = fs::read_to_string(entry.path()).unwrap_or_default();
                    words.add(&text);
                    if name.ends_with(".tfstate") {
                        words.add_state(&text);
                    }
                }
            }
        }
        words
    }

    fn add(&mut self, text: &str) {
        let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words = text.split(|c| !in_word(c)).filter(|word| !word.is_empty());
        for word in words {
            if !self.all.contains(word) {
                self.all.insert(word.to_owned());
            }
        }
    }

    fn add_state(&mut self, text: &str) {
        let state: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let resources = state["resources"].as_array().into_iter().flatten();
        let managed = resources.filter(|resource| resource["mode"] == "managed");
        let types = managed.filter_map(|resource| resource["type"].as_str());
        self.in_state.extend(types.map(str::to_owned));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{BlockKind, Provider, Words, likely};

    #[test]
    fn a_state_has_types_too() {
        let mut words = Words::default();
        words.add_state(r#"{"resources":[{"mode":"managed","type":"aws_vpc"},{"mode":"data","type":"aws_region"}]}"#);
        words.add_state("not a state");
        assert_eq!(words.in_state, ["aws_vpc".to_owned()].into());
    }

    #[test]
    fn what_was_likely_meant_is_offered() {
        let aws = Provider::named("aws").unwrap();
        let meant = |name: &str| likely(aws, BlockKind::Resource, name).map(|(kind, name, _)| (kind, name));
        assert_eq!(meant("aws_vpcs"), Some((BlockKind::Data, "aws_vpcs".to_owned())));
        assert_eq!(
            meant("aws_subnett"),
            Some((BlockKind::Resource, "aws_subnet".to_owned()))
        );
        assert_eq!(meant("google_subnett"), None);
    }
}
