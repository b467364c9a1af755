//! The data of all providers: sorted types, of which those that were asked for are read.

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

/// The data of one provider.
pub(super) struct Provider {
    /// `7.45.0`
    pub version: &'static str,
    /// Sorted by kind and name.
    types: Vec<Known>,
}

/// A type, whose schema is read when it is first asked for.
struct Known {
    kind: &'static str,
    name: &'static str,
    text: &'static str,
    schema: OnceLock<Option<Schema>>,
}

impl Known {
    /// Reads `KIND NAME SCHEMA`.
    fn new(text: &'static str) -> Option<Self> {
        let (kind, rest) = text.split_once(' ')?;
        let (name, text) = rest.split_once(' ')?;
        let schema = OnceLock::new();
        Some(Known {
            kind,
            name,
            text,
            schema,
        })
    }

    fn schema(&'static self) -> Option<&'static Schema> {
        self.schema.get_or_init(|| Schema::parse(self.text)).as_ref()
    }
}

impl Provider {
    /// Reads `# hashicorp/NAME VERSION` above the types, and finds the empty line above each of them: what is between is not looked at.
    fn new(text: &'static str) -> Self {
        const GAP: &str = "\n\n";
        let gaps = memchr::memmem::find_iter(text.as_bytes(), GAP);
        let mut start = 0;
        let mut parts = gaps.chain([text.len()]).map(|end| {
            let part = text.get(start..end).unwrap_or_default();
            start = end + GAP.len();
            part
        });
        let header = parts.next().unwrap_or_default();
        let (_, version) = header.rsplit_once(' ').unwrap_or((header, ""));
        Provider {
            version,
            types: parts.filter_map(Known::new).collect(),
        }
    }

    /// The schema of a type; nothing where the data has no such type.
    pub fn schema(&'static self, kind: BlockKind, name: &str) -> Option<&'static Schema> {
        let wanted = (kind.keyword(), name);
        let place = self
            .types
            .binary_search_by(|known| (known.kind, known.name).cmp(&wanted));
        self.types.get(place.ok()?)?.schema()
    }

    /// The names of the types of a kind, sorted.
    pub fn names(&self, kind: BlockKind) -> impl Iterator<Item = &'static str> {
        let of_kind = self.types.iter().filter(move |known| known.kind == kind.keyword());
        of_kind.map(|known| known.name)
    }
}

/// The file of one provider.
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
        self.provider.get_or_init(|| Provider::new(self.text))
    }
}

static FILES: [File; 8] = [
    File::new("archive", include_str!("../data/archive.txt")),
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

    const KINDS: [BlockKind; 4] = [
        BlockKind::Data,
        BlockKind::Ephemeral,
        BlockKind::Provider,
        BlockKind::Resource,
    ];

    fn all() -> impl Iterator<Item = (&'static str, &'static Provider)> {
        FILES.iter().chain([&META]).map(|file| (file.name, file.provider()))
    }

    #[test]
    fn every_type_of_the_data_parses() {
        for file in FILES.iter().chain([&META]) {
            let provider = file.provider();
            let is_type = |line: &&str| !line.is_empty() && !line.starts_with([' ', '#']);
            assert_eq!(
                provider.types.len(),
                file.text.lines().filter(is_type).count(),
                "{}",
                file.name
            );
            assert_ne!(provider.types.len(), 0, "{}", file.name);
            assert!(provider.version.contains('.'), "{}", file.name);
            for known in &provider.types {
                assert!(KINDS.iter().any(|kind| kind.keyword() == known.kind), "{}", known.kind);
                let schema = known.schema();
                assert!(
                    schema.is_some_and(|schema| schema.is_sound()),
                    "{} {}",
                    known.kind,
                    known.name
                );
            }
        }
    }

    #[test]
    fn types_are_sorted() {
        for (name, provider) in all() {
            let order = |one: &super::Known, two: &super::Known| (one.kind, one.name) < (two.kind, two.name);
            assert!(provider.types.is_sorted_by(order), "{name}");
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
            for known in provider.types.iter().filter(|known| known.kind != "provider") {
                assert!(known.name.starts_with(prefix), "{}", known.name);
            }
        }
    }
}
