//! Placeholder.

use crate::check::Checked;
use crate::diagnostic::Diagnostic;
use crate::output::Rendered;

/// Spells a system.
pub(super) fn render(_system: &Checked<'_>) -> Result<Rendered, Vec<Diagnostic>> {
    Ok(Rendered::default())
}
