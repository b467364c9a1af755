//! Bytes that follow from a text.

use crate::offline::value::{Value, json_text};
use sha2::{Digest, Sha256};

/// What the stand-ins of one resource follow from.
#[derive(Debug, Clone)]
pub struct Seed {
    text: String,
}

impl Seed {
    /// The seed of a type and what is known of it. An attempt that came out as something that is there already is followed by another.
    pub fn new(type_name: &str, known: &Value, attempt: usize) -> Self {
        let text = format!("{type_name} {attempt} {}", json_text(known));
        Seed { text }
    }

    /// As many bytes as asked for, other ones for each place.
    pub fn bytes(&self, place: &str, length: usize) -> Vec<u8> {
        let blocks = (0_u32..).flat_map(|block| {
            let mut hash = Sha256::new();
            hash.update(block.to_be_bytes());
            hash.update(place.as_bytes());
            hash.update([0]);
            hash.update(self.text.as_bytes());
            hash.finalize().to_vec()
        });
        blocks.take(length).collect()
    }

    /// As many hexadecimal digits as asked for.
    pub fn hex(&self, place: &str, length: usize) -> String {
        let mut digits = base16ct::lower::encode_string(&self.bytes(place, length.div_ceil(2)));
        digits.truncate(length);
        digits
    }

    /// A number from zero to below a limit.
    pub fn below(&self, place: &str, limit: u32) -> u32 {
        let number = self.bytes(place, 4);
        let number = number.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        number.checked_rem(limit).unwrap_or(0)
    }

    /// A UUID.
    pub fn uuid(&self, place: &str) -> String {
        let digits = self.hex(place, 32);
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        // Version 4, of the usual variant.
        let parts = [
            part(0, 8),
            part(8, 12),
            &format!("4{}", part(13, 16)),
            &format!("a{}", part(17, 20)),
            part(20, 32),
        ];
        parts.join("-")
    }
}
