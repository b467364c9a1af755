//! Everything that the bundled providers have, packed, and unpacked as far as it is asked for.
//!
//! A packed file (`data/PROVIDER.bin`) starts with text: `# hashicorp/PROVIDER VERSION`, then one line for each chunk,
//! `KIND NAME PACKED UNPACKED` (its first type, and its lengths in bytes), and an empty line. The chunks follow in that order, each
//! deflated on its own. Unpacked, a chunk is lines, one a type, of the format that `src/terraform/provider/schema.rs` describes, sorted, so a type is
//! found by unpacking one chunk. google-beta has lines of its own only for what differs from google.
//!
//! The files of the small providers are written by hand and are plain text, as are the ephemeral resources of the large ones. The packed
//! files are written by
//!
//! ```text
//! cargo run --example refresh_provider_data -- SCHEMAS_DIR FACTS_DIR
//! ```

mod chunk;
mod prune;

use crate::terraform::provider::{BlockKind, Schema};
use chunk::Chunk;
use std::sync::OnceLock;

/// What a provider of the archive is known by, and where its data is.
struct Bundled {
    name: &'static str,
    packed: &'static [u8],
    text: &'static str,
    index: OnceLock<Index>,
}

/// The chunks of a provider.
struct Index {
    version: &'static str,
    chunks: Vec<Chunk>,
    /// What is not packed.
    text: Chunk,
}

impl Bundled {
    const fn packed(name: &'static str, packed: &'static [u8], ephemeral: &'static str) -> Self {
        let index = OnceLock::new();
        Bundled {
            name,
            packed,
            text: ephemeral,
            index,
        }
    }

    const fn text(name: &'static str, text: &'static str) -> Self {
        Self::packed(name, &[], text)
    }

    fn index(&'static self) -> &'static Index {
        self.index.get_or_init(|| {
            let (version, text) = chunk::text(self.text);
            match self.packed {
                [] => Index {
                    version,
                    chunks: vec![],
                    text,
                },
                packed => {
                    let (version, chunks) = chunk::packed(packed);
                    Index { version, chunks, text }
                }
            }
        })
    }

    /// The schema of a type as text.
    fn line(&'static self, kind: BlockKind, name: &str) -> Option<&'static str> {
        let Index { chunks, text, .. } = self.index();
        let keyword = kind.keyword();
        text.find(keyword, name).or_else(|| chunk::find(chunks, keyword, name))
    }

    /// The names of all types of a kind.
    fn types(&'static self, kind: BlockKind) -> impl Iterator<Item = &'static str> {
        let Index { chunks, text, .. } = self.index();
        chunks
            .iter()
            .chain([text])
            .flat_map(move |chunk| chunk.names(kind.keyword()))
    }
}

static BUNDLED: [Bundled; 12] = [
    Bundled::text("archive", include_str!("../../terraform/data/archive.txt")),
    Bundled::packed(
        "aws",
        include_bytes!("data/aws.bin"),
        include_str!("data/aws-ephemeral.txt"),
    ),
    Bundled::packed(
        "azurerm",
        include_bytes!("data/azurerm.bin"),
        include_str!("data/azurerm-ephemeral.txt"),
    ),
    Bundled::text("cloudinit", include_str!("data/cloudinit.txt")),
    Bundled::packed(
        "google",
        include_bytes!("data/google.bin"),
        include_str!("data/google-ephemeral.txt"),
    ),
    Bundled::packed("google-beta", include_bytes!("data/google-beta.bin"), ""),
    Bundled::text("http", include_str!("data/http.txt")),
    Bundled::text("local", include_str!("data/local.txt")),
    Bundled::text("null", include_str!("data/null.txt")),
    Bundled::text("random", include_str!("../../terraform/data/random.txt")),
    Bundled::text("time", include_str!("../../terraform/data/time.txt")),
    Bundled::text("tls", include_str!("../../terraform/data/tls.txt")),
];

/// A provider of the archive.
#[derive(Clone, Copy)]
pub struct Provider {
    bundled: &'static Bundled,
}

impl Provider {
    /// The provider of a name such as `google-beta`; nothing where it is not bundled.
    pub fn named(name: &str) -> Option<Self> {
        let bundled = BUNDLED.iter().find(|bundled| bundled.name == name)?;
        Some(Provider { bundled })
    }

    /// The names of all providers that are bundled, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUNDLED.iter().map(|bundled| bundled.name)
    }

    /// `google-beta`
    pub fn name(self) -> &'static str {
        self.bundled.name
    }

    /// The version that the data describes: `7.45.0`.
    pub fn version(self) -> &'static str {
        self.bundled.index().version
    }

    /// The schema of a type, parsed anew; nothing where the provider has no such type. The provider itself has its own name.
    pub fn schema(self, kind: BlockKind, name: &str) -> Option<Schema> {
        Schema::parse(self.line(kind, name)?)
    }

    /// The schema of a type without the nested blocks that `keep` does not hold for, where the type is so large that this matters.
    ///
    /// Terraform spends seconds on the types with the most nested blocks (the statements of a firewall contain each other, level below
    /// level), again in every command. What must be there, and what the provider fills in, is kept in any case.
    pub fn schema_with(self, kind: BlockKind, name: &str, keep: &dyn Fn(&str) -> bool) -> Option<Schema> {
        let line = self.line(kind, name)?;
        Schema::parse(prune::large(line, keep).unwrap_or(line))
    }

    fn line(self, kind: BlockKind, name: &str) -> Option<&'static str> {
        let own = self.bundled.line(kind, name);
        own.or_else(|| self.base(kind)?.line(kind, name))
    }

    /// The names of all types of a kind, sorted. This unpacks everything.
    pub fn types(self, kind: BlockKind) -> Vec<&'static str> {
        let base = self.base(kind).map(|base| base.types(kind));
        let mut names: Vec<&str> = self.bundled.types(kind).chain(base.into_iter().flatten()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The provider that has what this one has no line of its own for.
    fn base(self, kind: BlockKind) -> Option<Provider> {
        match self.name() {
            "google-beta" if kind != BlockKind::Provider => Provider::named("google"),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{BlockKind, Provider};

    const KINDS: [BlockKind; 4] = [
        BlockKind::Data,
        BlockKind::Ephemeral,
        BlockKind::Provider,
        BlockKind::Resource,
    ];

    #[test]
    fn every_type_of_every_provider_parses() {
        for provider in Provider::names().filter_map(Provider::named) {
            assert!(provider.version().contains('.'), "{}", provider.name());
            assert_eq!(provider.types(BlockKind::Provider).len(), 1, "{}", provider.name());
            for kind in KINDS {
                for name in provider.types(kind) {
                    assert!(provider.schema(kind, name).is_some(), "{} {name}", kind.keyword());
                }
            }
        }
    }

    #[test]
    fn the_archive_holds_all_types() {
        let count = |name: &str, kind| Provider::named(name).map_or(0, |provider| provider.types(kind).len());
        assert_eq!(count("aws", BlockKind::Resource), 1725);
        assert_eq!(count("azurerm", BlockKind::Data), 394);
        assert_eq!(count("google", BlockKind::Resource), 1344);
        assert_eq!(count("google-beta", BlockKind::Resource), 1472);
    }

    #[test]
    fn what_google_beta_has_in_common_comes_from_google() {
        let beta = Provider::named("google-beta").unwrap();
        assert!(beta.schema(BlockKind::Resource, "google_storage_bucket").is_some());
        assert!(
            beta.schema(BlockKind::Resource, "google_project_service_identity")
                .is_some()
        );
        let google = Provider::named("google").unwrap();
        assert!(
            google
                .schema(BlockKind::Resource, "google_project_service_identity")
                .is_none()
        );
        assert!(google.schema(BlockKind::Resource, "google_storage").is_none());
        assert!(Provider::named("googleworkspace").is_none());
    }
}
