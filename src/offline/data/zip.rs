//! Zip archives and gzip, the same bytes for the same content: without times.

use miniz_oxide::deflate::compress_to_vec;

/// The packer's usual level.
const LEVEL: u8 = 6;
/// Readers of this version (2.0) understand deflated files.
const VERSION: u16 = 20;
const DEFLATED: u16 = 8;
/// 2049-01-01, which the archive provider writes for every file.
const DATE: u16 = (2049 - 1980) << 9 | 1 << 5 | 1;
/// A regular file that everybody may read, in the upper half as on Unix.
const MODE: u32 = 0o100_644 << 16;

/// An archive that is being written.
#[derive(Default)]
pub struct Zip {
    data: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    /// Adds a file.
    pub fn add(&mut self, name: &str, content: &[u8]) {
        let packed = compress_to_vec(content, LEVEL);
        let mut common = vec![];
        for field in [VERSION, 0, DEFLATED, 0, DATE] {
            common.extend(field.to_le_bytes());
        }
        for field in [crc32(content), length(packed.len()), length(content.len())] {
            common.extend(field.to_le_bytes());
        }
        common.extend(short(name.len()).to_le_bytes());
        common.extend(0_u16.to_le_bytes()); // no extra field
        self.directory.extend(b"PK\x01\x02");
        self.directory.extend((3 << 8 | VERSION).to_le_bytes()); // made on Unix
        self.directory.extend(&common);
        for field in [0_u16; 3] {
            self.directory.extend(field.to_le_bytes()); // no comment, first disk, binary
        }
        self.directory.extend(MODE.to_le_bytes());
        self.directory.extend(length(self.data.len()).to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.data.extend(b"PK\x03\x04");
        self.data.extend(common);
        self.data.extend(name.as_bytes());
        self.data.extend(packed);
        self.count = self.count.saturating_add(1);
    }

    /// The whole archive.
    pub fn finish(self) -> Vec<u8> {
        let mut out = self.data;
        let start = length(out.len());
        out.extend(&self.directory);
        out.extend(b"PK\x05\x06");
        for field in [0, 0, self.count, self.count] {
            out.extend(field.to_le_bytes());
        }
        out.extend(length(self.directory.len()).to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend(0_u16.to_le_bytes()); // no comment
        out
    }
}

/// A content packed by gzip.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    // Deflated, no flags, no time, no hint, of no particular system.
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    out.extend(compress_to_vec(content, LEVEL));
    out.extend(crc32(content).to_le_bytes());
    out.extend(length(content.len()).to_le_bytes());
    out
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn crc32(content: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    !content.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
            1 => crc >> 1 ^ POLYNOMIAL,
            _ => crc >> 1,
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Zip, crc32, gzip};
    use miniz_oxide::inflate::decompress_to_vec;

    #[test]
    fn checksums_are_those_of_everybody() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn archives_hold_what_was_added() {
        let mut zip = Zip::default();
        zip.add("a.txt", b"hello hello hello");
        let zip = zip.finish();
        let packed = usize::from(zip[18]);
        let start = 30 + "a.txt".len();
        let content = decompress_to_vec(&zip[start..start + packed]).unwrap();
        assert_eq!(content, b"hello hello hello");
        assert_eq!(&zip[zip.len() - 22..][..4], b"PK\x05\x06");
        let packed = gzip(b"hello");
        assert_eq!(decompress_to_vec(&packed[10..packed.len() - 8]).unwrap(), b"hello");
    }
}
