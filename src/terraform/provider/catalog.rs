//! The data of all providers: an index of lines, and the lines that were asked for so far, parsed.

use super::schema::Schema;
use std::sync::{LazyLock, OnceLock};

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockKind {
    /// `data`
    Data,
    /// `ephemeral`
    Ephemeral,
    /// `provider`
    Provider,
    /// `resource`
    Resource,
}

impl BlockKind {
    /// The word that starts such a block in Terraform.
    pub fn keyword(self) -> &'static str {
        match self {
            BlockKind::Data => "data",
            BlockKind::Ephemeral => "ephemeral",
            BlockKind::Provider => "provider",
            BlockKind::Resource => "resource",
        }
    }
}

/// One type of a provider.
struct Entry {
    kind: &'static str,
    name: &'static str,
    json: &'static str,
    schema: OnceLock<Option<Schema>>,
}

impl Entry {
    fn schema(&'static self) -> Option<&'static Schema> {
        let parse = || serde_json::from_str(self.json).ok();
        self.schema.get_or_init(parse).as_ref()
    }
}

/// The data of one provider.
pub(super) struct Provider {
    /// `google-beta`
    pub name: &'static str,
    /// `7.45.0`
    pub version: &'static str,
    entries: Vec<Entry>,
}

impl Provider {
    /// Reads `# hashicorp/NAME VERSION` and finds the lines below it, which are sorted.
    fn index(text: &'static str) -> Self {
        let (header, lines) = text.split_once('\n').unwrap_or((text, ""));
        let (name, version) = header.rsplit_once(' ').unwrap_or((header, ""));
        let entry = |line: &'static str| {
            let mut words = line.splitn(3, ' ');
            Some(Entry {
                kind: words.next()?,
                name: words.next()?,
                json: words.next()?,
                schema: OnceLock::new(),
            })
        };
        Provider {
            name: name.rsplit('/').next().unwrap_or(name),
            version,
            entries: lines.lines().filter_map(entry).collect(),
        }
    }

    /// The schema of a type; nothing where the data has no such type.
    pub fn schema(&'static self, kind: BlockKind, name: &str) -> Option<&'static Schema> {
        let key = (kind.keyword(), name);
        let found = self
            .entries
            .binary_search_by_key(&key, |entry| (entry.kind, entry.name));
        self.entries[found.ok()?].schema()
    }

    /// The names of the types of a kind, sorted.
    pub fn names(&'static self, kind: BlockKind) -> impl Iterator<Item = &'static str> {
        let of_kind = self.entries.iter().filter(move |entry| entry.kind == kind.keyword());
        of_kind.map(|entry| entry.name)
    }
}

static PROVIDERS: [LazyLock<Provider>; 6] = [
    LazyLock::new(|| Provider::index(include_str!("../data/aws.txt"))),
    LazyLock::new(|| Provider::index(include_str!("../data/azurerm.txt"))),
    LazyLock::new(|| Provider::index(include_str!("../data/google.txt"))),
    LazyLock::new(|| Provider::index(include_str!("../data/google-beta.txt"))),
    LazyLock::new(|| Provider::index(include_str!("../data/random.txt"))),
    LazyLock::new(|| Provider::index(include_str!("../data/tls.txt"))),
];

/// Meta-arguments: what Terraform itself understands in a block of each kind.
static META: LazyLock<Provider> = LazyLock::new(|| Provider::index(include_str!("../data/meta.txt")));

/// The data of one provider.
pub(super) fn provider(name: &str) -> Option<&'static Provider> {
    let place = match name {
        "aws" => 0,
        "azurerm" => 1,
        "google" => 2,
        "google-beta" => 3,
        "random" => 4,
        "tls" => 5,
        _ => return None,
    };
    Some(&PROVIDERS[place])
}

/// The meta-arguments of a kind of block.
pub(super) fn meta(kind: BlockKind) -> Option<&'static Schema> {
    META.schema(kind, "meta")
}

#[cfg(test)]
mod tests {
    use super::{BlockKind, META, PROVIDERS, Provider, provider};

    fn all() -> impl Iterator<Item = &'static Provider> {
        PROVIDERS.iter().map(|provider| &**provider).chain([&*META])
    }

    #[test]
    fn every_line_of_the_data_parses() {
        for provider in all() {
            assert!(!provider.entries.is_empty(), "{}", provider.name);
            for entry in &provider.entries {
                let schema: Result<super::Schema, _> = serde_json::from_str(entry.json);
                assert!(
                    schema.is_ok_and(|schema| schema.is_sound()),
                    "{} {}",
                    entry.kind,
                    entry.name
                );
            }
        }
    }

    #[test]
    fn lines_are_sorted_and_of_a_known_kind() {
        let kinds = ["data", "ephemeral", "provider", "resource"];
        for provider in all() {
            assert!(provider.entries.iter().all(|entry| kinds.contains(&entry.kind)));
            assert!(
                provider
                    .entries
                    .is_sorted_by(|one, two| (one.kind, one.name) < (two.kind, two.name))
            );
        }
    }

    #[test]
    fn files_are_found_under_their_own_name() {
        for wanted in ["aws", "azurerm", "google", "google-beta", "random", "tls"] {
            let found = provider(wanted).map(|provider| provider.name);
            assert_eq!(found, Some(wanted));
        }
        assert!(
            provider("aws")
                .and_then(|aws| aws.schema(BlockKind::Provider, "aws"))
                .is_some()
        );
    }
}
