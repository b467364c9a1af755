//! What every target says of shards in the same words: the configuration of the proxy, the map for applications, the runbook.

mod map;
mod proxy;
mod runbook;

pub use map::{map_version, shard_map};
pub use proxy::{FOLDER, HOME, NO_NEW_PRIVILEGES, POOL, RUN, Trust, docker_command, files, start_command};
pub use runbook::runbook;
