//! What cloudgen has to say about a blueprint: where, which rule, why, and how to mend it.
//!
//! Every problem is one [`Diagnostic`]. Rules are constructed by one function each in [`language`], [`semantic`] and [`capability`],
//! so that the words, the rule id and the advice of a rule stand in one place.

pub mod aks;
pub mod api;
pub mod aws;
pub mod azure;
pub mod azure_functions;
pub mod azure_workflows;
pub mod capability;
pub mod cloud_run;
pub mod clusters;
pub mod container_apps;
pub mod domain;
pub mod eks;
pub mod fargate;
pub mod function;
pub mod gcp;
pub mod gke;
pub mod kubernetes;
pub mod lambda;
pub mod language;
pub mod messaging;
pub mod nodes;
pub mod overrides;
mod places;
pub mod redshift;
pub mod registry;
pub mod render;
pub mod semantic;
pub mod sharding;
pub mod table;
pub mod warehouse;
pub mod workflow;

pub use places::Places;

/// A range of bytes of the blueprint's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is rendered.
    Error,
    /// Rendered, but the owner should know; an error under `--deny-warnings`.
    Warning,
}

/// One problem of a blueprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The rule's id, in kebab case; stable, users may search for it.
    pub rule: &'static str,
    /// Where in the blueprint; the whole file when `None`.
    pub span: Option<Span>,
    /// One sentence: what is wrong.
    pub message: String,
    /// A few words beside the underlined text; may be empty.
    pub label: String,
    /// Other places that belong to it, each with a few words: the first of two definitions, the other end of a link.
    pub related: Vec<(Span, String)>,
    /// Why it is wrong, where the message does not say it.
    pub reason: Option<String>,
    /// What to do.
    pub fix: Option<String>,
}

impl Diagnostic {
    /// An error of a rule at a place.
    pub fn error(rule: &'static str, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            rule,
            span: span.into(),
            message: message.into(),
            label: String::new(),
            related: vec![],
            reason: None,
            fix: None,
        }
    }

    /// A warning of a rule at a place.
    pub fn warning(rule: &'static str, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(rule, span, message)
        }
    }

    /// Adds the words beside the underlined text.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds another place that belongs to it, and a few words about it.
    pub fn also(mut self, span: impl Into<Option<Span>>, label: impl Into<String>) -> Self {
        if let Some(span) = span.into() {
            self.related.push((span, label.into()));
        }
        self
    }

    /// Adds why it is wrong.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds what to do.
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Adds "did you mean `x`?" where a known word is near to `word`, else the list of known words.
    pub fn suggest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match nearest(word, &known) {
            Some(near) => self.fix(format!("did you mean `{near}`?")),
            None if known.is_empty() => self,
            None => self.fix(format!("known: {}", known.join(", "))),
        }
    }
}

/// The known word that is most like `word`, if one is near enough to be a slip of the pen.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|&candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= 1 + word.chars().count() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}
