//! What the object store is told: who may do what, which buckets there are, how long objects stay.

use serde::Serialize;
use tera::Context;

use super::stack::{STORE, Stack};
use super::storage::{GRPC_PORT, PORT, REGION};
use crate::ir::{Access, Bucket, Resource};
use crate::targets::shared::template;

const IDENTITIES: &str = include_str!("../../../templates/kubernetes/identities.sh.tera");
const BUCKETS: &str = include_str!("../../../templates/kubernetes/buckets.sh.tera");
const LIFECYCLE: &str = include_str!("../../../templates/kubernetes/lifecycle.xml.tera");

/// Somebody whom the store knows.
#[derive(Debug, Serialize)]
pub(super) struct Identity {
    /// Its name, which is its access key as well.
    pub(super) name: String,
    /// What it may do, in the store's words.
    actions: Vec<String>,
    /// It is a shard, of which there may be many that may do the same each with its own archive.
    is_shard: bool,
}

/// The store's own identity, then one per server that keeps its archive here, then one per service that uses a bucket.
pub(super) fn identities(stack: &Stack<'_>) -> Vec<Identity> {
    let own = Identity {
        name: STORE.to_owned(),
        actions: vec!["Admin".to_owned()],
        is_shard: false,
    };
    let databases = stack.archived().map(|server| {
        let bucket = archive(stack, &server.database.name);
        Identity {
            name: server.database.name.clone(),
            actions: actions(&bucket, Access::ReadWrite),
            is_shard: server.is_shard,
        }
    });
    let services = stack
        .system
        .services
        .iter()
        .filter(|(id, _)| stack.uses_store(*id))
        .map(|(id, service)| {
            let grants = stack.system.grants_of(id).filter_map(|grant| match grant.resource {
                Resource::Bucket(bucket) => Some((bucket, grant.access)),
                _ => None,
            });
            let prefixes = service.function.as_ref().map(|function| &function.prefixes);
            Identity {
                name: service.name.clone(),
                actions: grants
                    .flat_map(|(bucket, access)| {
                        let prefix = prefixes.and_then(|prefixes| prefixes.get(&bucket));
                        below(&bucket_name(stack, &stack.system.buckets[bucket]), access, prefix)
                    })
                    .collect(),
                is_shard: false,
            }
        });
    std::iter::once(own).chain(databases).chain(services).collect()
}

/// The same for a service that writes below a prefix only.
fn below(bucket: &str, access: Access, prefix: Option<&String>) -> Vec<String> {
    let mut all = actions(bucket, access);
    if let Some(prefix) = prefix {
        let wide = format!("Write:{bucket}");
        for action in all.iter_mut().filter(|action| **action == wide) {
            *action = format!("{wide}/{prefix}*");
        }
    }
    all
}

fn actions(bucket: &str, access: Access) -> Vec<String> {
    let read = ["Read", "List"].into_iter().filter(|_| access.reads());
    let write = ["Write"].into_iter().filter(|_| access.writes());
    read.chain(write).map(|action| format!("{action}:{bucket}")).collect()
}

/// The bucket of a database's archive.
pub(super) fn archive(stack: &Stack<'_>, database: &str) -> String {
    format!("{}-{database}-backups", stack.system.prefix)
}

/// The store's name of a bucket: prefixed, because S3 wants three characters at least.
pub(super) fn bucket_name(stack: &Stack<'_>, bucket: &Bucket) -> String {
    format!("{}-{}", stack.system.prefix, bucket.name)
}

/// Shell: writes the table of identities with the keys in it.
pub(super) fn identities_script(stack: &Stack<'_>, identities: &[Identity]) -> String {
    let (shards, others): (Vec<&Identity>, Vec<&Identity>) = identities.iter().partition(|identity| identity.is_shard);
    let mut context = Context::new();
    context.insert("system", &stack.system.prefix);
    context.insert("identities", &others);
    context.insert("shards", &shards.iter().map(|shard| &shard.name).collect::<Vec<_>>());
    template::fill(IDENTITIES, &context)
}

/// Shell: makes the buckets and keeps their lifecycle.
pub(super) fn buckets_script(stack: &Stack<'_>) -> String {
    let buckets = stack.system.buckets.iter();
    let buckets: Vec<String> = buckets.map(|(_, bucket)| bucket_name(stack, bucket)).collect();
    let mut all: Vec<String> = stack
        .archived()
        .map(|server| archive(stack, &server.database.name))
        .collect();
    all.extend(buckets.iter().cloned());
    let mut context = Context::new();
    context.insert("store", STORE);
    context.insert("region", REGION);
    context.insert("port", &PORT);
    context.insert("grpc_port", &GRPC_PORT);
    context.insert("all", &all);
    context.insert("buckets", &buckets);
    template::fill(BUCKETS, &context)
}

/// The S3 request that keeps previous versions, or no longer does.
pub(super) fn versioning(bucket: &Bucket) -> String {
    let status = if bucket.versioning { "Enabled" } else { "Suspended" };
    format!(
        "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n  \
            <Status>{status}</Status>\n</VersioningConfiguration>\n"
    )
}

/// The S3 request that says when objects go. There is one class of storage, so nothing moves before.
pub(super) fn lifecycle(bucket: &Bucket) -> String {
    let mut context = Context::new();
    context.insert("versioning", &bucket.versioning);
    context.insert("delete_after_days", &bucket.lifecycle.delete_after_days);
    template::fill(LIFECYCLE, &context)
}
