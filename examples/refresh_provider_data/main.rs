//! Rewrites the provider data of the crate from full provider schemas and facts: `src/terraform/data/*.txt` for what a render needs, and
//! `src/offline/archive/data/*.bin`, packed, for everything.
//!
//! ```text
//! cargo run --example refresh_provider_data -- SCHEMAS_DIR FACTS_DIR [--add TYPE]...
//! ```
//!
//! `SCHEMAS_DIR` holds `PROVIDER.json.zst` (the output of `terraform providers schema -json`, one type a line), `block-limits.json`,
//! `computed-blocks.json` and a `README.md` whose table names the provider versions; `FACTS_DIR` holds `PROVIDER.json.zst` (what the
//! provider checks in code) and `ids.json` (the form of a resource's id).
//!
//! Kept in the text are the types that the sources under `src/targets` name in a string literal, and those of `src/terraform/data/types.txt`,
//! which `--add` extends: `TYPE` is a resource, or a data source where there is no such resource; `data.TYPE` is a data source;
//! `google-beta:TYPE` keeps the schema of google-beta although google has the type too. The files of the small providers (random,
//! time, tls and others) are written by hand and left alone.

mod archive;
mod encode;
mod names;
mod source;

use clap::Parser;
use source::Source;
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The result of a step of this tool; an error ends it.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Rewrites the provider data of the crate from full provider schemas and facts.
#[derive(Parser)]
struct Arguments {
    /// The folder of the packed provider schemas.
    schemas: PathBuf,
    /// The folder of the packed provider facts.
    facts: PathBuf,
    /// A type to keep although no target names it; may be repeated.
    #[arg(long = "add", value_name = "TYPE")]
    add: Vec<String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("src/terraform/data");
    let archives = root.join("src/offline/archive/data");
    names::add(&data.join("types.txt"), &arguments.add)?;
    let mut wanted = names::listed(&data.join("types.txt"))?;
    wanted.extend(names::in_sources(&root.join("src/targets"))?);

    let mut found = BTreeSet::new();
    let mut google = BTreeSet::new();
    let mut google_lines = BTreeSet::new();
    for provider in ["aws", "azurerm", "google", "google-beta"] {
        let source = Source::open(&arguments.schemas, &arguments.facts, provider)?;
        let resources: BTreeSet<&str> = source.names("resource").collect();
        let mut lines = vec![];
        let mut all = vec![];
        for (kind, name, schema) in source.types() {
            let line = encode::line(&source, kind, name, schema)?;
            // What google has is left out of google-beta, unless that is asked for.
            let is_double = provider == "google-beta" && google.contains(&(kind, name.to_owned()));
            let forms = match kind {
                _ if is_double => vec![format!("google-beta:{name}")],
                "resource" => vec![name.to_owned()],
                _ if resources.contains(name) => vec![format!("data.{name}")],
                _ => vec![format!("data.{name}"), name.to_owned()],
            };
            let asked_for = || forms.iter().filter(|form| wanted.contains(*form)).cloned();
            if kind == "provider" || asked_for().next().is_some() {
                lines.push(line.clone());
                found.extend(asked_for());
            }
            // A reader looks in google for what google-beta does not have a line of its own for.
            if provider != "google-beta" || !google_lines.contains(&line) {
                all.push(line);
            }
        }
        lines.sort();
        all.sort();
        let packed = archive::pack(provider, &source.version, &all)?;
        println!("{provider}: all {} types, {} bytes packed", all.len(), packed.len());
        fs::write(archives.join(format!("{provider}.bin")), packed)?;
        if provider == "google" {
            google.extend(source.types().map(|(kind, name, _)| (kind, name.to_owned())));
            google_lines.extend(all);
        }
        let types = lines.iter().map(|line| encode::lines(line));
        let types = types.collect::<Result<Vec<String>>>()?.join("\n");
        let text = format!("# hashicorp/{provider} {}\n\n{types}", source.version);
        println!("{provider}: {} types, {} bytes", lines.len(), text.len());
        fs::write(data.join(format!("{provider}.txt")), text)?;
    }
    for name in wanted.difference(&found) {
        println!("not a type of any provider: {name}");
    }
    Ok(())
}
