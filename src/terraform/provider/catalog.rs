//! The data of all providers: sorted lines, of which those that were asked for are read.

use super::schema::Schema;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

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
    /// A line for each type, sorted: `KIND NAME JSON`.
    lines: &'static str,
    /// What was asked for so far. It is kept as long as the program runs.
    read: Mutex<BTreeMap<(BlockKind, &'static str), &'static Schema>>,
}

/// A line of the data: kind, name, JSON.
type Line = (&'static str, &'static str, &'static str);

impl Provider {
    /// Reads `# hashicorp/NAME VERSION` above the lines.
    fn new(text: &'static str) -> Self {
        let (header, lines) = text.split_once('\n').unwrap_or((text, ""));
        let (_, version) = header.rsplit_once(' ').unwrap_or((header, ""));
        Provider {
            version,
            lines,
            read: Mutex::default(),
        }
    }

    /// The schema of a type; nothing where the data has no such type.
    pub fn schema(&self, kind: BlockKind, name: &str) -> Option<&'static Schema> {
        // Two threads may ask at the same time; that one of them reads a type in vain costs less than waiting for the other.
        let read = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = read().get(&(kind, name)) {
            return Some(schema);
        }
        let (_, name, json) = self.find(kind.keyword(), name)?;
        let schema = Schema::parse(json)?;
        Some(
            read()
                .entry((kind, name))
                .or_insert_with(|| Box::leak(Box::new(schema))),
        )
    }

    /// The names of the types of a kind, sorted.
    pub fn names(&self, kind: BlockKind) -> impl Iterator<Item = &'static str> {
        let of_kind = self.entries().filter(move |(of, ..)| *of == kind.keyword());
        of_kind.map(|(_, name, _)| name)
    }

    fn entries(&self) -> impl Iterator<Item = Line> {
        self.lines.lines().filter_map(entry)
    }

    /// The line of a type: halves the text until it is found, so that most of the text is never looked at.
    fn find(&self, kind: &str, name: &str) -> Option<Line> {
        let mut rest = self.lines;
        while !rest.is_empty() {
            let bytes = rest.as_bytes();
            let (head, tail) = bytes.split_at(bytes.len() / 2);
            let start = memchr::memrchr(b'\n', head).map_or(0, |at| at + 1);
            let end = memchr::memchr(b'\n', tail).map_or(bytes.len(), |at| head.len() + at);
            let line = entry(rest.get(start..end)?)?;
            rest = match (kind, name).cmp(&(line.0, line.1)) {
                Ordering::Less => rest.get(..start)?,
                Ordering::Equal => return Some(line),
                Ordering::Greater => rest.get(end + 1..).unwrap_or_default(),
            };
        }
        None
    }
}

fn entry(line: &'static str) -> Option<Line> {
    let (kind, rest) = line.split_once(' ')?;
    let (name, json) = rest.split_once(' ')?;
    Some((kind, name, json))
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
    fn every_line_of_the_data_parses() {
        for (name, provider) in all() {
            assert_ne!(provider.entries().count(), 0, "{name}");
            assert!(provider.version.contains('.'), "{name}");
            assert_eq!(provider.entries().count(), provider.lines.lines().count(), "{name}");
            for (kind, type_name, _) in provider.entries() {
                let kind = KINDS.into_iter().find(|known| known.keyword() == kind);
                let schema = kind.and_then(|kind| provider.schema(kind, type_name));
                assert!(schema.is_some_and(|schema| schema.is_sound()), "{kind:?} {type_name}");
            }
        }
    }

    #[test]
    fn lines_are_sorted() {
        for (name, provider) in all() {
            let order = |one: &super::Line, two: &super::Line| (one.0, one.1) < (two.0, two.1);
            assert!(provider.entries().is_sorted_by(order), "{name}");
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
            for (_, name, _) in provider.entries().filter(|(kind, ..)| *kind != "provider") {
                assert!(name.starts_with(prefix), "{name}");
            }
        }
    }
}
