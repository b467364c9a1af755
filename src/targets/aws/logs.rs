//! Log groups, and the bucket that receives access logs.

use hcl::Expression;

use super::encryption::Keys;
use super::policy::{Statement, document};
use super::storage::{self, Buckets};
use super::{Base, Stack};
use crate::check::Checked;
use crate::ir::Balancer;
use crate::terraform::{Address, Block};
use crate::{object, template};

/// Longer than any component's name, so that no bucket of the blueprint meets it.
const BUCKET: &str = "system_access_log_bucket";

/// The bucket that receives access logs.
pub(super) struct AccessLogs {
    /// The bucket.
    pub(super) bucket: Address,
    /// Its policy, which whoever delivers logs waits for.
    pub(super) policy: Address,
}

/// True if something writes access logs.
pub(super) fn wanted(system: &Checked<'_>) -> bool {
    system.public.is_some() || system.internal.is_some() || !system.buckets.is_empty()
}

/// A log group with the system's key and retention.
pub(super) fn group(stack: &Stack<'_>, keys: &Keys, name: impl Into<Expression>) -> Block {
    Block::new()
        .set("name", name)
        .set("kms_key_id", keys.logs.attr("arn"))
        .set("retention_in_days", stack.log_days())
}

/// Adds the bucket that receives the access logs of load balancers and of the other buckets.
pub(super) fn bucket(stack: &mut Stack<'_>, base: &Base, buckets: &Buckets) -> Option<AccessLogs> {
    let system = stack.system;
    let suffix = base.suffix.clone().filter(|_| wanted(&system))?;
    let days = stack.log_days();
    stack.module.file("storage", "");
    // The suffix stands in the middle, where no bucket of the blueprint has it.
    let name = template![stack.name(""), suffix, "-access-logs"];
    stack
        .module
        .comment("Access logs of the load balancers and of the other buckets.");
    let bucket = storage::private(stack, BUCKET, name, true);
    stack
        .module
        .comment("Load balancers deliver only to buckets that S3 encrypts with its own key.");
    let rule = Block::new().block(
        "apply_server_side_encryption_by_default",
        Block::new().set("sse_algorithm", "AES256"),
    );
    let encryption = Block::new().set("bucket", bucket.id()).block("rule", rule);
    let kind = "aws_s3_bucket_server_side_encryption_configuration";
    stack.module.resource(kind, BUCKET, encryption);
    let age = Block::new()
        .set("id", "age")
        .set("status", "Enabled")
        .block("filter", Block::new())
        .block("expiration", Block::new().set("days", days))
        .block("noncurrent_version_expiration", Block::new().set("noncurrent_days", 1))
        .block(
            "abort_incomplete_multipart_upload",
            Block::new().set("days_after_initiation", 7),
        );
    let lifecycle = Block::new().set("bucket", bucket.id()).block("rule", age);
    stack
        .module
        .resource("aws_s3_bucket_lifecycle_configuration", BUCKET, lifecycle);
    let policy = policy(stack, base, &bucket, buckets);
    Some(AccessLogs { bucket, policy })
}

fn policy(stack: &mut Stack<'_>, base: &Base, bucket: &Address, buckets: &Buckets) -> Address {
    let system = stack.system;
    let arn = bucket.attr("arn");
    let mut statements = vec![Statement::tls_only(bucket)];
    let balancers: Vec<&Balancer> = [&system.public, &system.internal].into_iter().flatten().collect();
    if !balancers.is_empty() {
        let folders = balancers
            .iter()
            .map(|balancer| {
                let folder = super::load_balancer::name(balancer.exposure);
                template![arn.clone(), format!("/{folder}/AWSLogs/"), base.account.clone(), "/*"]
            })
            .collect();
        let region = stack.region();
        let source = template![
            format!("arn:aws:elasticloadbalancing:{region}:"),
            base.account.clone(),
            ":loadbalancer/*"
        ];
        statements.push(
            Statement::allow("LoadBalancers", &["s3:PutObject"], Expression::Array(folders))
                .service("logdelivery.elasticloadbalancing.amazonaws.com")
                .condition(object! { "ArnLike" => object! { "aws:SourceArn" => source } }),
        );
    }
    if !system.buckets.is_empty() {
        let folders = system
            .buckets
            .iter()
            .map(|(_, item)| template![arn.clone(), format!("/{}{}/*", storage::LOG_FOLDER, item.name)])
            .collect();
        let sources = system
            .buckets
            .iter()
            .map(|(id, _)| buckets.get(id).attr("arn"))
            .collect();
        statements.push(
            Statement::allow("Buckets", &["s3:PutObject"], Expression::Array(folders))
                .service("logging.s3.amazonaws.com")
                .condition(object! {
                    "ArnEquals" => object! { "aws:SourceArn" => Expression::Array(sources) },
                    "StringEquals" => object! { "aws:SourceAccount" => base.account.clone() },
                }),
        );
    }
    let body = Block::new()
        .set("bucket", bucket.id())
        .set("policy", document(statements));
    stack.module.resource("aws_s3_bucket_policy", BUCKET, body)
}

/// Where a load balancer writes its access logs.
pub(super) fn destination(logs: &AccessLogs, folder: &str) -> Block {
    Block::new()
        .set("bucket", logs.bucket.attr("bucket"))
        .set("prefix", folder)
        .set("enabled", true)
}

/// What whoever delivers logs waits for: the first delivery is tried at once.
pub(super) fn ready(logs: &AccessLogs) -> Expression {
    logs.policy.whole()
}
