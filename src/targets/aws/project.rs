//! Terraform, the provider, the state, and the values that every file refers to.

use super::{Base, Stack};
use crate::list;
use crate::object;
use crate::targets::shared::sources;
use crate::terraform::{Block, expr};

pub(super) fn lower(stack: &mut Stack<'_>) -> Base {
    let system = stack.system;
    // The password of each database is random, and so is the suffix of global names.
    let packs = sources::is_needed(&system);
    let global_names = super::logs::wanted(&system) || !system.buckets.is_empty();
    let needs_random = global_names || !system.databases.is_empty();
    let region = stack.region();
    let has_machines = stack.has_machines() || stack.has_pods();
    let module = &mut stack.module;
    module.file("versions", "");
    let providers = Block::new()
        .set("aws", object! { "source" => "hashicorp/aws", "version" => "~> 6.37" })
        .when(needs_random, |block| {
            block.set(
                "random",
                object! { "source" => "hashicorp/random", "version" => "~> 3.7" },
            )
        });
    let providers = providers.when(packs, |block| {
        block.set(
            "archive",
            object! { "source" => "hashicorp/archive", "version" => "~> 2.7" },
        )
    });
    let backend = system.state.as_ref().and_then(|state| state.s3.as_ref());
    let mut terraform = Block::new()
        .set("required_version", ">= 1.11")
        .block("required_providers", providers);
    if let Some(backend) = backend {
        let body = Block::new()
            .set("bucket", backend.bucket.as_str())
            .set("key", format!("{}/terraform.tfstate", system.prefix))
            .set("region", backend.region.as_deref().unwrap_or(&region))
            .set("encrypt", true)
            .set("use_lockfile", true);
        terraform = terraform.labelled("backend", &["s3"], body);
    }
    module.define("terraform", vec![], terraform);

    if has_machines {
        module.comment(
            "Auto Scaling and launch templates do not inherit the provider's default tags: they repeat these.",
        );
    }
    let tags = module.local("tags", expr::object(system.labels.clone()));
    let account = system.accounts.aws.as_ref();
    let provider = Block::new()
        .set("region", region.as_str())
        .set_some(
            "allowed_account_ids",
            account.map(|account| list![account.account_id.as_str()]),
        )
        .block("default_tags", Block::new().set("tags", tags.clone()));
    module.define("provider", vec!["aws".to_owned()], provider);
    let caller = module.data("aws_caller_identity", "current", Block::new());
    let suffix = global_names.then(|| {
        module
            .comment("Names that are global to AWS carry this suffix.")
            .resource("random_id", "suffix", Block::new().set("byte_length", 3))
            .attr("hex")
    });
    Base {
        account: caller.attr("account_id"),
        tags,
        suffix,
    }
}
