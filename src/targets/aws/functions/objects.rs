//! Events of buckets: S3 takes one list of all that are told for each.

use hcl::Expression;

use super::Functions;
use crate::ir::Trigger;
use crate::targets::aws::Stack;
use crate::targets::aws::compute::Parts;
use crate::terraform::Block;

pub(super) fn lower(stack: &mut Stack<'_>, functions: &Functions, parts: &Parts<'_>) {
    let system = stack.system;
    stack.module.file("triggers", "");
    for (id, item) in system.buckets.iter() {
        let bucket = parts.buckets.get(id);
        let (mut told, mut waits) = (vec![], vec![]);
        for function in system.notified_by(id) {
            let service = &system.services[function];
            let lambda = functions.get(function);
            let permission = lambda
                .permission(&format!("bucket-{}", item.name), "s3.amazonaws.com", bucket.attr("arn"))
                .comment("Names of buckets are free again when they are deleted.")
                .set("source_account", parts.base.account.clone());
            let local = format!("bucket_{}_to_function_{}", item.name, service.name);
            let permission = stack.module.resource("aws_lambda_permission", &local, permission);
            waits.push(permission.whole());
            if let Some(Trigger::Bucket {
                created,
                deleted,
                prefix,
                suffix,
                ..
            }) = service.function.as_ref().and_then(|item| item.trigger.as_ref())
            {
                // What the bucket removes by its age is told apart.
                let events = [
                    (*created, "s3:ObjectCreated:*"),
                    (*deleted, "s3:ObjectRemoved:*"),
                    (*deleted, "s3:LifecycleExpiration:*"),
                ];
                let events = events.into_iter().filter(|(wanted, _)| *wanted);
                let events = events.map(|(_, event)| event.into()).collect();
                let filter = |text: &String| (!text.is_empty()).then(|| text.clone());
                told.push(
                    Block::new()
                        .set("id", service.name.as_str())
                        .set("lambda_function_arn", lambda.arn())
                        .set("events", Expression::Array(events))
                        .set_some("filter_prefix", filter(prefix))
                        .set_some("filter_suffix", filter(suffix)),
                );
            }
        }
        if told.is_empty() {
            continue;
        }
        let body = Block::new()
            .set("bucket", bucket.id())
            .blocks("lambda_function", told)
            .comment("S3 asks each function whether it may call it.")
            .set("depends_on", Expression::Array(waits));
        stack.module.resource("aws_s3_bucket_notification", &item.name, body);
    }
}
