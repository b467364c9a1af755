//! The code of the plugin protocol from its definition.

use std::error::Error;
use std::path::Path;

/// Writes `tfplugin6.rs` into a folder, from the definition in the folder of the protocol.
pub fn generate(protocol: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let files = protox::compile([protocol.join("tfplugin6.proto")], [protocol])?;
    tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .btree_map(".")
        .out_dir(out)
        .compile_fds(files)?;
    Ok(())
}
