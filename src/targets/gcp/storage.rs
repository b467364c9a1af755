//! Object stores.

use super::Stack;
use crate::ir::Bucket;
use crate::terraform::{Address, Block};
use crate::{list, template};

/// Days that a replaced or deleted object can be brought back.
const NONCURRENT_DAYS: u32 = 30;

pub(super) fn lower(stack: &mut Stack<'_>) {
    if stack.system.buckets.is_empty() {
        return;
    }
    stack.module.file("storage", "");
    let logs = logs(stack);
    for (id, bucket) in stack.system.buckets.iter() {
        let body = private(stack, stack.unique_name(&bucket.name))
            .when(bucket.versioning, |block| {
                block.block("versioning", Block::new().set("enabled", true))
            })
            .blocks("lifecycle_rule", rules(bucket))
            .block(
                "logging",
                Block::new()
                    .set("log_bucket", logs.attr("name"))
                    .set("log_object_prefix", bucket.name.as_str()),
            )
            .set("depends_on", stack.encryption.ready());
        let address = stack.module.resource("google_storage_bucket", &bucket.name, body);
        stack
            .report
            .component(&bucket.path, "Cloud Storage bucket", address.text());
        stack.module.file("outputs", "");
        stack.module.output(
            &format!("{}_bucket", bucket.name),
            address.attr("name"),
            &format!("Name of the bucket {}.", bucket.name),
        );
        stack.module.file("storage", "");
        stack.buckets.insert(id, address);
    }
}

/// What every bucket has: no public access, access by role only, the key.
pub(super) fn private(stack: &Stack<'_>, name: hcl::Expression) -> Block {
    Block::new()
        .set("name", name)
        .set("location", stack.region().to_uppercase())
        .set("uniform_bucket_level_access", true)
        .set("public_access_prevention", "enforced")
        .set("force_destroy", !stack.system.protect)
        .block(
            "encryption",
            Block::new().set("default_kms_key_name", stack.encryption.key.id()),
        )
}

fn rules(bucket: &Bucket) -> Vec<Block> {
    let rule = |action: Block, condition: Block| Block::new().block("action", action).block("condition", condition);
    let class = |name: &str| Block::new().set("type", "SetStorageClass").set("storage_class", name);
    let delete = || Block::new().set("type", "Delete");
    let days = &bucket.lifecycle;
    let mut rules = vec![];
    if let Some(days) = days.cool_after_days {
        let condition = Block::new()
            .set("age", days)
            .set("matches_storage_class", list!["STANDARD"]);
        rules.push(rule(class("NEARLINE"), condition));
    }
    if let Some(days) = days.archive_after_days {
        let condition = Block::new()
            .set("age", days)
            .set("matches_storage_class", list!["STANDARD", "NEARLINE"]);
        rules.push(rule(class("ARCHIVE"), condition));
    }
    if let Some(days) = days.delete_after_days {
        let condition = Block::new().set("age", days).set("with_state", "LIVE");
        rules.push(rule(delete(), condition));
    }
    if bucket.versioning {
        let condition = Block::new()
            .set("days_since_noncurrent_time", NONCURRENT_DAYS)
            .set("with_state", "ARCHIVED");
        rules.push(rule(delete(), condition));
    }
    let abort = Block::new().set("type", "AbortIncompleteMultipartUpload");
    rules.push(rule(abort, Block::new().set("age", 7)));
    rules
}

/// The bucket of the access logs.
fn logs(stack: &mut Stack<'_>) -> Address {
    let name = template![stack.name(""), stack.project.suffix.attr("hex"), "-access-logs"];
    let expiry = Block::new()
        .block("action", Block::new().set("type", "Delete"))
        .block("condition", Block::new().set("age", stack.system.log_days));
    let body = private(stack, name)
        .block("lifecycle_rule", expiry)
        .set("depends_on", stack.encryption.ready());
    // Longer than any component's name, so that none can meet it.
    let bucket = stack.module.comment("Access logs of the buckets below.").resource(
        "google_storage_bucket",
        "access_logs_of_buckets",
        body,
    );
    let writer = Block::new()
        .set("bucket", bucket.attr("name"))
        .set("role", "roles/storage.objectCreator")
        .set("member", "group:cloud-storage-analytics@google.com");
    stack
        .module
        .comment("Cloud Storage delivers them as this group.")
        .resource("google_storage_bucket_iam_member", "access_logs_of_buckets", writer);
    bucket
}
