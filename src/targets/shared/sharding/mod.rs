//! What every target says of shards in the same words: the configuration of the proxy, the runbook.

mod proxy;
mod runbook;

pub use proxy::{FOLDER, HOME, NO_NEW_PRIVILEGES, POOL, RUN, Servers, Trust, docker_command, files, start_command};
pub use runbook::runbook;
