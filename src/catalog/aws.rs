//! Machine types and database engines.

use super::{Machine, Offer};
use crate::vocabulary::Engine;

/// Machine types.
pub(super) const MACHINES: [Machine; 0] = [];

/// What is offered of an engine.
pub(super) fn offer(_engine: Engine) -> Option<&'static Offer> {
    None
}
