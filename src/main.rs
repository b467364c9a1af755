//! The `cloudgen` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cloudgen::cli::run(std::env::args_os())
}
