//! `local_file`, the one resource that is really made.

use super::Made;
use crate::offline::data::digest;
use crate::offline::standin::Scene;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs;

pub fn write(scene: &Scene<'_>, made: &mut Made<'_>) -> Result<(), String> {
    let content = match (made.text("content_base64"), made.text("source")) {
        (Some(encoded), _) => STANDARD
            .decode(encoded)
            .map_err(|error| format!("content_base64: {error}"))?,
        (None, Some(source)) => fs::read(scene.root.join(source)).map_err(|error| format!("{source}: {error}"))?,
        (None, None) => {
            let content = made.text("content").or(made.text("sensitive_content"));
            content.unwrap_or_default().as_bytes().to_vec()
        }
    };
    let name = made.text("filename").unwrap_or_default().to_owned();
    let path = scene.root.join(&name);
    let folder = path.parent().unwrap_or(scene.root);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, &content));
    written.map_err(|error| format!("{name}: {error}"))?;
    for (name, value) in digest::fields("content", &content) {
        made.set(&name, value);
    }
    made.set("id", digest::sha1(&content).into());
    Ok(())
}
