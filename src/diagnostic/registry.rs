//! Rules about the system's own registry of images. One constructor per rule.

use super::{Diagnostic, Span};
use crate::target::Target;

/// `registry-missing`
pub fn missing(at: Option<Span>, image: &str) -> Diagnostic {
    Diagnostic::error(
        "registry-missing",
        at,
        format!("`{image}` is in the system's own registry, and there is none"),
    )
    .fix("add a table `[registry]`, or name the registry that the image is in")
}

/// `registry-bad-name`
pub fn bad_name(at: Option<Span>, image: &str) -> Diagnostic {
    Diagnostic::error(
        "registry-bad-name",
        at,
        format!("`{image}` names no image of the system's own registry"),
    )
    .reason("it has one name of 2 to 60 lower-case letters, digits and hyphens, and a tag, on every cloud")
    .fix("write `registry/NAME:TAG`, such as `registry/market:2.0.0`")
}

/// `registry-unused`
pub fn unused(at: Option<Span>) -> Diagnostic {
    Diagnostic::warning(
        "registry-unused",
        at,
        "no service takes an image of the system's own registry",
    )
    .fix("write `image = \"registry/NAME:TAG\"` of a service, or remove the table")
}

/// `registry-nowhere`
pub fn nowhere(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "registry-nowhere",
        at,
        format!("{} has no registry of its own", Target::Kubernetes.title()),
    )
    .fix("say where the images are: `[kubernetes] registry = \"registry.example.com/shop\"`")
}
