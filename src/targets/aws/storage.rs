//! Object stores.

use hcl::Expression;

use super::encryption::Keys;
use super::logs::{self, AccessLogs};
use super::policy::{Statement, document};
use super::{Base, Stack};
use crate::ir::{Bucket, Id, Lifecycle};
use crate::list;
use crate::template;
use crate::terraform::{Address, Block};

/// Folder of the access log bucket that holds the logs of buckets.
pub(super) const LOG_FOLDER: &str = "bucket/";

/// The addresses of the system's buckets.
pub(super) struct Buckets {
    addresses: Vec<(Id<Bucket>, Address)>,
}

impl Buckets {
    /// The address of a bucket of the same system.
    pub(super) fn get(&self, id: Id<Bucket>) -> &Address {
        self.addresses
            .iter()
            .find_map(|(other, address)| (*other == id).then_some(address))
            .unwrap_or_else(|| unreachable!("every bucket of the system has been added"))
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, base: &Base, keys: &Keys) -> Buckets {
    let system = stack.system;
    stack.module.file("storage", "");
    let mut addresses = vec![];
    for (id, item) in system.buckets.iter() {
        let mut name = vec![stack.name(&item.name).into()];
        if let Some(suffix) = &base.suffix {
            name.extend(["-".into(), suffix.clone().into()]);
        }
        let name = crate::terraform::expr::template(name);
        let bucket = private(stack, &item.name, name, item.versioning);
        encryption(stack, &item.name, &bucket, keys);
        lifecycle(stack, item, &bucket);
        let policy = Block::new()
            .set("bucket", bucket.id())
            .set("policy", document([Statement::tls_only(&bucket)]));
        stack.module.resource("aws_s3_bucket_policy", &item.name, policy);
        stack
            .report
            .component(&item.path, "S3 bucket behind a gateway endpoint", bucket.text());
        addresses.push((id, bucket));
    }
    Buckets { addresses }
}

/// Switches on the access logs of every bucket.
pub(super) fn logging(stack: &mut Stack<'_>, buckets: &Buckets, access_logs: &AccessLogs) {
    let system = stack.system;
    stack.module.file("storage", "");
    for (id, item) in system.buckets.iter() {
        let body = Block::new()
            .set("bucket", buckets.get(id).id())
            .set("target_bucket", access_logs.bucket.id())
            .set("target_prefix", format!("{LOG_FOLDER}{}/", item.name))
            .set("depends_on", list![logs::ready(access_logs)]);
        stack.module.resource("aws_s3_bucket_logging", &item.name, body);
    }
}

/// A bucket that nobody outside reaches, without its encryption and lifecycle.
pub(super) fn private(stack: &mut Stack<'_>, local: &str, name: Expression, versioning: bool) -> Address {
    let system = stack.system;
    let module = &mut stack.module;
    let body = Block::new()
        .set("bucket", name)
        .when(!system.protect, |block| block.set("force_destroy", true));
    let bucket = module.resource("aws_s3_bucket", local, body);
    let owner = Block::new().set("object_ownership", "BucketOwnerEnforced");
    let body = Block::new().set("bucket", bucket.id()).block("rule", owner);
    module.resource("aws_s3_bucket_ownership_controls", local, body);
    let body = Block::new()
        .set("bucket", bucket.id())
        .set("block_public_acls", true)
        .set("block_public_policy", true)
        .set("ignore_public_acls", true)
        .set("restrict_public_buckets", true);
    module.resource("aws_s3_bucket_public_access_block", local, body);
    let status = if versioning { "Enabled" } else { "Suspended" };
    let body = Block::new()
        .set("bucket", bucket.id())
        .block("versioning_configuration", Block::new().set("status", status));
    module.resource("aws_s3_bucket_versioning", local, body);
    bucket
}

fn encryption(stack: &mut Stack<'_>, local: &str, bucket: &Address, keys: &Keys) {
    let key = Block::new()
        .set("sse_algorithm", "aws:kms")
        .set("kms_master_key_id", keys.data.attr("arn"));
    let rule = Block::new()
        .set("bucket_key_enabled", true)
        .block("apply_server_side_encryption_by_default", key);
    let body = Block::new().set("bucket", bucket.id()).block("rule", rule);
    let kind = "aws_s3_bucket_server_side_encryption_configuration";
    stack.module.resource(kind, local, body);
}

fn lifecycle(stack: &mut Stack<'_>, item: &Bucket, bucket: &Address) {
    let rule = |id: &str| {
        Block::new()
            .set("id", id)
            .set("status", "Enabled")
            .block("filter", Block::new())
    };
    let tidy = rule("tidy")
        .when(item.versioning, |rule| {
            rule.block("expiration", Block::new().set("expired_object_delete_marker", true))
                .block("noncurrent_version_expiration", Block::new().set("noncurrent_days", 30))
        })
        .block(
            "abort_incomplete_multipart_upload",
            Block::new().set("days_after_initiation", 7),
        );
    let body = Block::new()
        .set("bucket", bucket.id())
        .when(item.lifecycle != Lifecycle::default(), |block| {
            block.block("rule", age(rule("age"), item.lifecycle))
        })
        .block("rule", tidy);
    stack
        .module
        .resource("aws_s3_bucket_lifecycle_configuration", &item.name, body);
}

fn age(rule: Block, lifecycle: Lifecycle) -> Block {
    let transition = |days: u32, class: &str| Block::new().set("days", days).set("storage_class", class);
    let rule = match lifecycle.cool_after_days {
        Some(days) => rule.block("transition", transition(days, "STANDARD_IA")),
        None => rule,
    };
    let rule = match lifecycle.archive_after_days {
        Some(days) => rule
            .comment("The archive class that still answers a read at once.")
            .block("transition", transition(days, "GLACIER_IR")),
        None => rule,
    };
    match lifecycle.delete_after_days {
        Some(days) => rule.block("expiration", Block::new().set("days", days)),
        None => rule,
    }
}

/// ARN of every object of a bucket.
pub(super) fn objects(bucket: &Address) -> Expression {
    list![template![bucket.attr("arn"), "/*"]]
}
