//! Chunks of lines, unpacked when a line of them is asked for.

use miniz_oxide::inflate::decompress_to_vec_with_limit;
use std::sync::OnceLock;

/// Some consecutive lines of a provider's data.
pub struct Chunk {
    /// Kind and name of the first type.
    first: (&'static str, &'static str),
    packed: &'static [u8],
    length: usize,
    /// Kept for the life of the process, as are the schemas that borrow from it.
    text: OnceLock<&'static str>,
}

impl Chunk {
    /// The lines; none where the data is damaged.
    fn text(&self) -> &'static str {
        self.text.get_or_init(|| {
            let unpacked = decompress_to_vec_with_limit(self.packed, self.length).unwrap_or_default();
            String::from_utf8(unpacked).unwrap_or_default().leak()
        })
    }

    /// The schema of a type, as text.
    pub fn find(&self, kind: &str, name: &str) -> Option<&'static str> {
        let mut entries = self.entries();
        let entry = entries.find(|entry| (entry.0, entry.1) == (kind, name));
        entry.map(|entry| entry.2)
    }

    /// The names of all types of a kind.
    pub fn names(&self, kind: &'static str) -> impl Iterator<Item = &'static str> {
        let of_kind = self.entries().filter(move |entry| entry.0 == kind);
        of_kind.map(|entry| entry.1)
    }

    /// The types of the chunk: kind, name and schema.
    fn entries(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        let mut rest = self.text();
        let types = std::iter::from_fn(move || {
            let mut ends = rest.match_indices('\n').map(|(newline, _)| newline + 1);
            // Indented lines belong to the type above them.
            let end = ends.find(|&end| !rest.get(end..).is_some_and(|below| below.starts_with(' ')));
            let (text, below) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
            rest = below;
            (!text.is_empty()).then_some(text)
        });
        types.filter_map(|text| entry(text.trim_end()))
    }
}

/// The version and the chunks of a packed file.
pub fn packed(data: &'static [u8]) -> (&'static str, Vec<Chunk>) {
    let end = data.windows(2).position(|pair| pair == b"\n\n").unwrap_or(data.len());
    let (head, mut rest) = data.split_at(end);
    rest = rest.get(2..).unwrap_or_default();
    let head = std::str::from_utf8(head).unwrap_or_default();
    let mut chunks = vec![];
    for line in head.lines().skip(1) {
        let Some((first, packed, length)) = place(line) else {
            break;
        };
        let Some((packed, after)) = rest.split_at_checked(packed) else {
            break;
        };
        rest = after;
        let text = OnceLock::new();
        chunks.push(Chunk {
            first,
            packed,
            length,
            text,
        });
    }
    (version(head), chunks)
}

/// The version and the lines, as one chunk, of a file that is not packed.
pub fn text(text: &'static str) -> (&'static str, Chunk) {
    let lines = text.split_once('\n').map_or("", |(_, lines)| lines);
    let chunk = Chunk {
        first: ("", ""),
        packed: &[],
        length: 0,
        text: OnceLock::from(lines),
    };
    (version(text), chunk)
}

/// The schema of a type, as text.
pub fn find(chunks: &[Chunk], kind: &str, name: &str) -> Option<&'static str> {
    let after = chunks.partition_point(|chunk| chunk.first <= (kind, name));
    chunks.get(after.checked_sub(1)?)?.find(kind, name)
}

/// The version in `# hashicorp/NAME VERSION`.
fn version(text: &'static str) -> &'static str {
    let header = text.lines().next().unwrap_or_default();
    header.rsplit_once(' ').map_or("", |(_, version)| version)
}

/// The kind, name and lengths of `KIND NAME PACKED UNPACKED`.
fn place(line: &'static str) -> Option<((&'static str, &'static str), usize, usize)> {
    let mut words = line.split(' ');
    let first = (words.next()?, words.next()?);
    Some((first, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

fn entry(line: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (kind, rest) = line.split_once(' ')?;
    let (name, schema) = rest.split_once(' ')?;
    Some((kind, name, schema))
}

#[cfg(test)]
mod tests {
    use super::{find, packed, text};

    #[test]
    fn damaged_data_has_no_types() {
        let (version, chunks) = packed(b"# hashicorp/x 1.0\nresource x_a 3 90\n\nabc");
        assert_eq!((version, chunks.len()), ("1.0", 1));
        assert_eq!(find(&chunks, "resource", "x_a"), None);
        assert!(packed(b"# hashicorp/x 1.0\nresource x_a 9 90\n\nabc").1.is_empty());
        assert!(packed(b"").1.is_empty());
    }

    #[test]
    fn lines_are_found_by_kind_and_name() {
        let (_, chunk) = text("# hashicorp/x 1.0\n\ndata x_a {}\n a \"bool?\"\n b 0\n\nresource x_a {\"body\":{}}\n");
        assert_eq!(chunk.find("resource", "x_a"), Some("{\"body\":{}}"));
        assert_eq!(chunk.find("data", "x_a"), Some("{}\n a \"bool?\"\n b 0"));
        assert_eq!(chunk.find("data", "x_b"), None);
        assert_eq!(chunk.names("data").collect::<Vec<_>>(), ["x_a"]);
    }
}
