//! Reading a blueprint and compiling it for several targets, with what there is to say about it in one sorted list.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::blueprint::{self, Blueprint};
use crate::diagnostic::{Diagnostic, Severity, render};
use crate::output::Rendered;
use crate::target::Target;

use super::{Done, Failure, console, sources};

/// No blueprint is longer than this, in bytes; what is longer is a file that was meant for something else.
const LONGEST: u64 = 4 << 20;

/// Most blueprints are shorter than this, in bytes.
const USUAL: usize = 16 << 10;

/// A blueprint's text, and the name it goes by in messages.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
    /// Where the paths in it begin.
    folder: PathBuf,
}

impl Source {
    /// Reads a file, or standard input for `-`.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let name = match path.to_str() {
            Some("-") => "<stdin>".to_owned(),
            _ => path.display().to_string(),
        };
        let cannot = |error| Failure::io(format_args!("cannot read `{name}`"), &error);
        let bytes = if path.as_os_str() == "-" {
            bytes(std::io::stdin().lock())
        } else {
            std::fs::File::open(path).and_then(bytes)
        };
        let bytes = bytes.map_err(cannot)?;
        if bytes.len() as u64 > LONGEST {
            let most = LONGEST >> 20;
            return Err(Failure::Error(format!(
                "`{name}` has more than {most} MiB: that is no blueprint"
            )));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                name,
                text,
                folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                console::error(&format!("`{name}` is not UTF-8 text (byte {at})"));
                Err(Failure::Found)
            }
        }
    }

    /// Reads the blueprint out of the text, with the overlay of one environment.
    pub(super) fn load(&self, environment: Option<&str>) -> Result<Blueprint, Vec<Diagnostic>> {
        let mut blueprint = blueprint::load(&self.text, environment)?;
        blueprint.sources = sources::read(&self.folder, &blueprint.model);
        Ok(blueprint)
    }

    /// The environments that the blueprint names, in its order; none where it cannot be read (which [`Source::load`] reports).
    pub(super) fn environments(&self) -> Vec<String> {
        let table: toml::Table = toml::from_str(&self.text).unwrap_or_default();
        match table.get("environments") {
            Some(toml::Value::Table(environments)) => environments.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// Shows diagnostics on standard error, and fails where there is an error among them.
    pub(super) fn report(&self, diagnostics: &[Diagnostic]) -> Done {
        let color = console::colored_stderr();
        if !diagnostics.is_empty() {
            console::message(&render::text(&self.name, &self.text, diagnostics, color));
        }
        if has_error(diagnostics) {
            return Err(Failure::Found);
        }
        Ok(())
    }

    /// Compiles for every target and reports on all of them together; nothing is given back unless all of them compiled.
    pub(super) fn compile(
        &self,
        environment: Option<&str>,
        targets: &[Target],
        deny_warnings: bool,
    ) -> Result<Vec<(Target, Rendered)>, Failure> {
        let blueprint = match self.load(environment) {
            Ok(blueprint) => blueprint,
            Err(diagnostics) => {
                self.report(&sorted(diagnostics, deny_warnings))?;
                return Err(unexplained());
            }
        };
        let mut rendered = Vec::new();
        let mut diagnostics = Vec::new();
        for &target in targets {
            let outcome = crate::compile(&blueprint, target);
            diagnostics.extend(outcome.diagnostics);
            rendered.extend(outcome.value.map(|value| (target, value)));
        }
        self.report(&sorted(diagnostics, deny_warnings))?;
        if rendered.len() < targets.len() {
            return Err(unexplained());
        }
        Ok(rendered)
    }
}

/// A compilation without a result must have said why.
fn unexplained() -> Failure {
    Failure::Error("the blueprint was refused without a reason; please report this".to_owned())
}

fn bytes(reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(USUAL);
    reader.take(LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// True where there is an error among the diagnostics.
pub(super) fn has_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// The diagnostics by place, each once, warnings turned into errors where they are denied. Several targets and environments often
/// say the same thing.
pub(super) fn sorted(mut diagnostics: Vec<Diagnostic>, deny_warnings: bool) -> Vec<Diagnostic> {
    if deny_warnings {
        for diagnostic in &mut diagnostics {
            diagnostic.severity = Severity::Error;
        }
    }
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.span, d.severity);
        (key(a), a.rule, &a.message).cmp(&(key(b), b.rule, &b.message))
    });
    diagnostics.dedup();
    diagnostics
}
