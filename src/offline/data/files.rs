//! Files: `local_file` and `archive_file`.

use super::zip::Zip;
use super::{Fields, digest};
use crate::offline::standin::Scene;
use crate::offline::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// The names of the digests of each, which must outlive the call.
const OF_CONTENT: [&str; 6] = [
    "content_md5",
    "content_sha1",
    "content_sha256",
    "content_sha512",
    "content_base64sha256",
    "content_base64sha512",
];
const OF_OUTPUT: [&str; 6] = [
    "output_md5",
    "output_sha",
    "output_sha256",
    "output_sha512",
    "output_base64sha256",
    "output_base64sha512",
];

fn digests(names: &[&'static str], prefix: &str, content: &[u8]) -> Fields {
    let digests = digest::fields(prefix, content).into_iter();
    let named = digests.filter_map(|(name, value)| Some((*names.iter().find(|known| **known == name)?, value)));
    named.chain([("id", digest::sha1(content).into())]).collect()
}

/// Reads a file.
pub fn read(scene: &Scene<'_>, config: &Value) -> Result<Fields, String> {
    let name = config.field("filename").as_text().unwrap_or_default();
    let content = fs::read(scene.root.join(name)).map_err(|error| format!("{name}: {error}"))?;
    let mut fields = digests(&OF_CONTENT, "content", &content);
    fields.push(("content", String::from_utf8_lossy(&content).into_owned().into()));
    fields.push(("content_base64", STANDARD.encode(&content).into()));
    Ok(fields)
}

/// Writes an archive of what the configuration names, and says what is in it.
pub fn archive(scene: &Scene<'_>, config: &Value) -> Result<Fields, String> {
    let text = |name: &str| config.field(name).as_text();
    if text("type").is_some_and(|kind| kind != "zip") {
        return Err("the offline provider makes archives of type zip only".to_owned());
    }
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    if let (Some(name), Some(content)) = (text("source_content_filename"), text("source_content")) {
        files.insert(name.to_owned(), content.into());
    }
    if let Some(source) = text("source_file") {
        let path = Path::new(source);
        let content = fs::read(scene.root.join(path)).map_err(|error| format!("{source}: {error}"))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.insert(name.into_owned(), content);
    }
    if let Some(source) = text("source_dir") {
        let excluded: Vec<&str> = config
            .field("excludes")
            .items()
            .iter()
            .filter_map(Value::as_text)
            .collect();
        let root = scene.root.join(source);
        collect(&root, "", &excluded, &mut files).map_err(|error| format!("{source}: {error}"))?;
    }
    for block in config.field("source").items() {
        let text = |name: &str| block.field(name).as_text().unwrap_or_default();
        files.insert(text("filename").to_owned(), text("content").into());
    }
    if files.is_empty() {
        return Err("there is nothing to archive".to_owned());
    }
    let mut zip = Zip::default();
    for (name, content) in &files {
        zip.add(name, content);
    }
    let content = zip.finish();
    let output = text("output_path").unwrap_or_default();
    write(&scene.root.join(output), &content).map_err(|error| format!("{output}: {error}"))?;
    let mut fields = digests(&OF_OUTPUT, "output", &content);
    fields.push((
        "output_size",
        Value::whole(i64::try_from(content.len()).unwrap_or(i64::MAX)),
    ));
    Ok(fields)
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content)
}

/// Every file below a folder, by its path there.
fn collect(root: &Path, below: &str, excluded: &[&str], files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = match below {
            "" => name,
            below => format!("{below}/{name}"),
        };
        if excluded.contains(&path.as_str()) {
            continue;
        }
        // A link to a folder is not followed: it may lead back to where it is.
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(root, &path, excluded, files)?;
        } else if entry.path().is_file() {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}
