//! Rewrites the code of the plugin protocol (`src/offline/protocol/tfplugin6.rs`) from `tfplugin6.proto` beside it, without a `protoc`.
//!
//! ```text
//! cargo run --example generate_protocol
//! ```

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/offline/protocol");
    let files = protox::compile([folder.join("tfplugin6.proto")], [&folder])?;
    tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .btree_map(".")
        .out_dir(&folder)
        .compile_fds(files)?;
    Ok(())
}
