//! The archives of everything that the providers have. The format is described in `src/offline/archive/mod.rs`, which reads it.

use crate::Result;
use std::fmt::Write;

/// How much text is packed together: more packs tighter, less is read faster.
const CHUNK: usize = 64 * 1024;

/// The strongest level that the packer has.
const LEVEL: u8 = 10;

/// Packs sorted lines.
pub fn pack(provider: &str, version: &str, lines: &[String]) -> Result<Vec<u8>> {
    let mut head = format!("# hashicorp/{provider} {version}\n");
    let mut packed = vec![];
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let mut length = 0;
        let fits = |line: &&String| {
            let open = length < CHUNK;
            length += line.len();
            open
        };
        let (chunk, after) = rest.split_at(rest.iter().take_while(fits).count());
        rest = after;
        let text = chunk.join("\n");
        let data = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), LEVEL);
        let key = first.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
        writeln!(head, "{key} {} {}", data.len(), text.len())?;
        packed.extend(data);
    }
    head.push('\n');
    let mut out = head.into_bytes();
    out.extend(packed);
    Ok(out)
}
