//! The environment of the Terraform that runs: nothing in it may lead to an account, a remote state, or other providers.

use std::process::Command;

/// Variables of the user that would change what an offline run is. Input variables (`TF_VAR_...`), the workspace and the log level stay.
const REMOVED: [&str; 4] = [
    "TF_CLI_CONFIG_FILE",
    "TF_DATA_DIR",
    "TF_PLUGIN_CACHE_DIR",
    "TF_REATTACH_PROVIDERS",
];

/// Takes out of a command's environment what would lead it elsewhere, and keeps it from asking the network for newer versions.
pub(super) fn clean(command: &mut Command) {
    for name in REMOVED {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TF_CLI_ARGS") {
            command.env_remove(name);
        }
    }
    command.env("CHECKPOINT_DISABLE", "1");
    command.env("TF_CLI_CONFIG_FILE", "/dev/null");
    // Terraform spends a good part of a plan on collecting garbage; a plan fits into memory without.
    if std::env::var_os("GOGC").is_none() && std::env::var_os("GOMEMLIMIT").is_none() {
        command.env("GOGC", "off").env("GOMEMLIMIT", "1GiB");
    }
}
