//! placeholder
/// The whole blueprint.
#[derive(Debug, Clone)]
pub struct Model {}
