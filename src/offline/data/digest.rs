//! Digests, as several utility providers give them of a file.

use crate::offline::value::Value;
use base16ct::lower::encode_string as hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// The SHA-1 of a content in hexadecimal digits, which is what the id of a file is.
pub fn sha1(content: &[u8]) -> String {
    hex(&Sha1::digest(content))
}

/// Every digest of a content: `PREFIX_md5`, `PREFIX_base64sha256` and so on.
pub fn fields(prefix: &str, content: &[u8]) -> Vec<(String, Value)> {
    let (sha256, sha512) = (Sha256::digest(content), Sha512::digest(content));
    let digests = [
        ("md5", hex(&Md5::digest(content))),
        ("sha", sha1(content)),
        ("sha1", sha1(content)),
        ("sha256", hex(&sha256)),
        ("sha512", hex(&sha512)),
        ("base64sha256", STANDARD.encode(sha256)),
        ("base64sha512", STANDARD.encode(sha512)),
    ];
    let named = digests.into_iter();
    named
        .map(|(name, digest)| (format!("{prefix}_{name}"), digest.into()))
        .collect()
}
