//! Diagnostics as rustc writes them.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};

use super::place::Source;
use super::sorted;
use crate::diagnostic::language::LITERAL_SECRET;
use crate::diagnostic::{Diagnostic, Severity};

/// The diagnostics of one file for a terminal, in the order of the text, and a line that counts them. Empty where there are none.
///
/// Literal secrets are blotted out: the output of a failed check ends up in logs.
pub fn text(file: &str, source: &str, diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let source = Source::new(source);
    let blotted = blot(&source, diagnostics);
    let mut out = String::new();
    for diagnostic in sorted(diagnostics) {
        out.push_str(&one(&renderer, file, &source, &blotted, diagnostic));
        out.push_str("\n\n");
    }
    if !diagnostics.is_empty() {
        out.push_str(&summary(diagnostics));
        out.push('\n');
    }
    out
}

fn one(renderer: &Renderer, file: &str, source: &Source<'_>, text: &str, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    // What a message quotes from the blueprint must not move the cursor.
    let clean = normalize_untrusted_str;
    let title = level.primary_title(clean(&diagnostic.message)).id(diagnostic.rule);
    let mut group = match diagnostic.span {
        Some(span) => {
            let mut primary = AnnotationKind::Primary.span(source.range(span));
            if !diagnostic.label.is_empty() {
                primary = primary.label(clean(&diagnostic.label));
            }
            let related = diagnostic
                .related
                .iter()
                .map(|(span, label)| AnnotationKind::Context.span(source.range(*span)).label(clean(label)));
            title.element(
                Snippet::source(text)
                    .path(clean(file))
                    .annotation(primary)
                    .annotations(related),
            )
        }
        None => title.element(Origin::path(clean(file))),
    };
    group = notes(group, diagnostic);
    renderer.render(&[group])
}

fn notes<'a>(mut group: Group<'a>, diagnostic: &Diagnostic) -> Group<'a> {
    if let Some(reason) = &diagnostic.reason {
        group = group.element(Level::NOTE.message(normalize_untrusted_str(reason)));
    }
    if let Some(fix) = &diagnostic.fix {
        group = group.element(Level::HELP.message(normalize_untrusted_str(fix)));
    }
    group
}

/// The text with every literal secret overwritten, byte for byte, so that places stay as they are.
fn blot(source: &Source<'_>, diagnostics: &[Diagnostic]) -> String {
    let mut bytes = source.text.as_bytes().to_vec();
    for diagnostic in diagnostics {
        if let (LITERAL_SECRET, Some(span)) = (diagnostic.rule, diagnostic.span) {
            for byte in bytes.get_mut(source.range(span)).into_iter().flatten() {
                if !matches!(byte, b'\r' | b'\n' | b'"' | b'\'') {
                    *byte = b'*';
                }
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// "2 errors, 1 warning"; what there is none of is left out.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity, noun: &str| {
        let number = diagnostics.iter().filter(|one| one.severity == severity).count();
        match number {
            0 => None,
            1 => Some(format!("1 {noun}")),
            _ => Some(format!("{number} {noun}s")),
        }
    };
    [count(Severity::Error, "error"), count(Severity::Warning, "warning")]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}
