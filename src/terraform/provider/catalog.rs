//! The data of all providers: an index of lines, and the lines that were asked for so far, parsed.

use super::schema::Schema;
use std::sync::OnceLock;

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
        let parse = || Schema::parse(self.json);
        self.schema.get_or_init(parse).as_ref()
    }
}

/// The data of one provider.
pub(super) struct Provider {
    /// `7.45.0`
    pub version: &'static str,
    entries: Vec<Entry>,
}

impl Provider {
    /// Reads `# hashicorp/NAME VERSION` and finds the lines below it, which are sorted.
    fn index(text: &'static str) -> Self {
        let (header, lines) = text.split_once('\n').unwrap_or((text, ""));
        let (_, version) = header.rsplit_once(' ').unwrap_or((header, ""));
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

/// The data of one provider, indexed when it is first asked for.
struct File {
    name: &'static str,
    text: &'static str,
    provider: OnceLock<Provider>,
}

impl File {
    const fn new(name: &'static str, text: &'static str) -> Self {
        let provider = OnceLock::new();
        File { name, text, provider }
    }

    fn provider(&'static self) -> &'static Provider {
        self.provider.get_or_init(|| Provider::index(self.text))
    }
}

static FILES: [File; 7] = [
    File::new("aws", include_str!("../data/aws.txt")),
    File::new("azurerm", include_str!("../data/azurerm.txt")),
    File::new("google", include_str!("../data/google.txt")),
    File::new("google-beta", include_str!("../data/google-beta.txt")),
    File::new("random", include_str!("../data/random.txt")),
    File::new("time", include_str!("../data/time.txt")),
    File::new("tls", include_str!("../data/tls.txt")),
];

/// What Terraform itself understands in a block of each kind.
static META: File = File::new("meta", include_str!("../data/meta.txt"));

/// The data of one provider.
pub(super) fn provider(name: &str) -> Option<&'static Provider> {
    let found = FILES.iter().find(|file| file.name == name);
    found.map(File::provider)
}

/// The meta-arguments of a kind of block.
pub(super) fn meta(kind: BlockKind) -> Option<&'static Schema> {
    META.provider().schema(kind, "meta")
}

#[cfg(test)]
mod tests {
    use super::{BlockKind, FILES, META, Provider};

    fn all() -> impl Iterator<Item = (&'static str, &'static Provider)> {
        FILES.iter().chain([&META]).map(|file| (file.name, file.provider()))
    }

    #[test]
    fn every_line_of_the_data_parses() {
        for (name, provider) in all() {
            assert!(!provider.entries.is_empty(), "{name}");
            assert!(provider.version.contains('.'), "{name}");
            for entry in &provider.entries {
                let sound = entry.schema().is_some_and(|schema| schema.is_sound());
                assert!(sound, "{} {}", entry.kind, entry.name);
            }
        }
    }

    #[test]
    fn lines_are_sorted_and_of_a_known_kind() {
        use BlockKind::{Data, Ephemeral, Provider, Resource};
        let kinds = [Data, Ephemeral, Provider, Resource].map(BlockKind::keyword);
        for (name, provider) in all() {
            let order = |one: &super::Entry, two: &super::Entry| (one.kind, one.name) < (two.kind, two.name);
            assert!(
                provider.entries.iter().all(|entry| kinds.contains(&entry.kind)),
                "{name}"
            );
            assert!(provider.entries.is_sorted_by(order), "{name}");
        }
    }

    #[test]
    fn files_hold_the_provider_that_they_are_named_after() {
        for file in &FILES {
            let provider = file.provider();
            let prefix = file.name.trim_end_matches("-beta");
            assert!(
                provider.schema(BlockKind::Provider, file.name).is_some(),
                "{}",
                file.name
            );
            for entry in provider.entries.iter().filter(|entry| entry.kind != "provider") {
                assert!(entry.name.starts_with(prefix), "{}", entry.name);
            }
        }
    }
}
