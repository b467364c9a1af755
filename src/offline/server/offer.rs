//! What one server offers, the same on all its connections.

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
        let mut schemas = BTreeMap::new();
        let own = BTreeSet::from([provider.name().to_owned()]);
        for (kind, names) in [
            (BlockKind::Provider, &own),
            (BlockKind::Data, &needs.data),
            (BlockKind::Ephemeral, &needs.ephemeral),
            (BlockKind::Resource, &needs.resources),
        ] {
            for name in names {
                if let Some(mut schema) = provider.schema(kind, name) {
                    words.prune(&mut schema);
                    // Kept for the life of the process, which plans once.
                    let schema: &'static Schema = Box::leak(Box::new(schema));
                    schemas.insert((kind, name.clone()), schema);
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

/// The words of a configuration and of the state beside it.
///
/// Terraform spends seconds on the types with the most nested blocks (the statements of a firewall contain each other, level below
/// level), again in every command. A block whose name is nowhere in the configuration cannot be meant by anything in it.
#[derive(Default)]
pub struct Words {
    words: BTreeSet<String>,
}

/// Types with fewer members than this are offered as they are.
const LARGE: usize = 4_000;

impl Words {
    /// Reads the words of every file that a configuration may consist of. A file that cannot be read is for terraform to complain of.
    pub fn read(folders: &[PathBuf]) -> Self {
        const ENDINGS: [&str; 5] = [".tf", ".tf.json", ".tofu", ".tfstate", ".hcl"];
        let mut words = Words::default();
        for folder in folders.iter().flat_map(|folder| [folder.clone(), folder.join("tests")]) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
                    words.add(&fs::read_to_string(entry.path()).unwrap_or_default());
                }
            }
        }
        words
    }

    fn add(&mut self, text: &str) {
        let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words = text.split(|c| !in_word(c)).filter(|word| !word.is_empty());
        for word in words {
            if !self.words.contains(word) {
                self.words.insert(word.to_owned());
            }
        }
    }

    /// Leaves out of a large type what the words cannot mean.
    fn prune(&self, schema: &mut Schema) {
        if schema.size() > LARGE {
            schema.retain_blocks(&|name| self.words.contains(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BlockKind, LARGE, Provider, Words};

    #[test]
    fn large_types_keep_the_blocks_that_are_named() {
        let mut words = Words::default();
        words.add("statement { and_statement { statement { geo_match_statement {} } } }");
        let aws = Provider::named("aws").unwrap();
        let mut schema = aws.schema(BlockKind::Resource, "aws_wafv2_web_acl").unwrap();
        assert!(schema.size() > LARGE);
        words.prune(&mut schema);
        let schema: &'static _ = Box::leak(Box::new(schema));
        assert!(schema.size() < LARGE);
        let has = |name: &str| schema.member(&schema.body, name).is_some();
        // Neither of them is named, but only the first must be there.
        assert!(has("visibility_config") && !has("custom_response_body"));
    }
}
