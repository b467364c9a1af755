//! Rewrites the code of the plugin protocol (`src/offline/protocol/tfplugin6.rs`) from `tfplugin6.proto` beside it, without a `protoc`.
//!
//! ```text
//! cargo run --example generate_protocol
//! ```

mod generate;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/offline/protocol");
    generate::generate(&folder, &folder)
}
