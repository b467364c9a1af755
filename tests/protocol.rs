//! The generated code of the plugin protocol is what its definition gives.
#![allow(clippy::unwrap_used)]

#[path = "../examples/generate_protocol/generate.rs"]
mod generate;
mod support;

use std::fs;

#[test]
fn the_generated_code_is_not_stale() {
    let folder = support::project("src/offline/protocol");
    let out = tempfile::tempdir().unwrap();
    generate::generate(&folder, out.path()).unwrap();
    let [fresh, kept] =
        [out.path(), folder.as_path()].map(|folder| fs::read_to_string(folder.join("tfplugin6.rs")).unwrap());
    assert!(fresh == kept, "run `cargo run --example generate_protocol`");
}
