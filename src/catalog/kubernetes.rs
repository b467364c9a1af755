//! Database engines that run in a cluster.

use super::Offer;
use crate::vocabulary::Engine;

/// What is offered of an engine.
pub(super) fn offer(_engine: Engine) -> Option<&'static Offer> {
    None
}
