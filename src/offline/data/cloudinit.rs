//! `cloudinit_config`.

use super::Fields;
use super::zip::gzip;
use crate::offline::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

/// Renders the parts as one message.
pub fn config(config: &Value) -> Result<Fields, String> {
    let is_off = |name: &str| config.field(name).as_bool() == Some(false);
    let boundary = config.field("boundary").as_text().unwrap_or("MIMEBOUNDARY");
    let message = message(config.field("part").items(), boundary);
    let rendered = match (is_off("gzip"), is_off("base64_encode")) {
        (true, true) => message,
        (false, true) => return Err("base64_encode is mandatory when gzip is enabled".to_owned()),
        (true, false) => STANDARD.encode(message),
        (false, false) => STANDARD.encode(gzip(message.as_bytes())),
    };
    Ok(vec![("boundary", boundary.into()), ("rendered", rendered.into())])
}

fn message(parts: &[Value], boundary: &str) -> String {
    let mut out = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\nMIME-Version: 1.0\r\n\r\n");
    for part in parts {
        let text = |name: &str| part.field(name).as_text().filter(|text| !text.is_empty());
        // Writing into memory does not fail.
        let _ = write!(out, "--{boundary}\r\n");
        if let Some(name) = text("filename") {
            let _ = write!(out, "Content-Disposition: attachment; filename=\"{name}\"\r\n");
        }
        out.push_str("Content-Transfer-Encoding: 7bit\r\n");
        let _ = write!(
            out,
            "Content-Type: {}\r\nMime-Version: 1.0\r\n",
            text("content_type").unwrap_or("text/plain")
        );
        if let Some(kind) = text("merge_type") {
            let _ = write!(out, "X-Merge-Type: {kind}\r\n");
        }
        let _ = write!(out, "\r\n{}\r\n", text("content").unwrap_or_default());
    }
    let _ = write!(out, "--{boundary}--\r\n");
    out
}
