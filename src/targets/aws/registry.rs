//! The system's own registry: one repository of ECR for each image.

use std::collections::BTreeSet;

use hcl::expr::ForExpr;
use hcl::{Expression, Identifier};

use super::encryption::Keys;
use super::policy::Statement;
use super::{Base, Stack, startup};
use crate::ir::{Id, Image, Repository, Service};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// Longer than any component's name.
const NAME: &str = "own_container_images";
/// What pulls an image.
const PULL: [&str; 2] = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
/// Days that layers without a tag stay: those of an upload that broke off, or of an image that is gone.
const UNTAGGED: u32 = 7;

/// The whole reference of an image. It is told apart from the repository itself, so that a plan shows it.
pub(super) fn image(stack: &Stack<'_>, image: &Image, base: &Base) -> Expression {
    let system = stack.system;
    match image {
        Image::Reference(text) => text.as_str().into(),
        Image::Own { repository, tag } => {
            let name = &system.repositories[*repository].name;
            let region = stack.region();
            template![
                base.account.clone(),
                format!(".dkr.ecr.{region}.amazonaws.com/{}/{name}:{tag}", system.prefix)
            ]
        }
    }
}

/// The repository that has the image of a service, as an ARN, where it is in a registry of AWS.
pub(super) fn arn(stack: &Stack<'_>, service: &Service, base: &Base) -> Option<Expression> {
    if let Some(given) = startup::registry(service) {
        let (region, account, name) = (given.region, given.account, given.repository);
        return Some(format!("arn:aws:ecr:{region}:{account}:repository/{name}").into());
    }
    let system = stack.system;
    let name = &system.repositories[own(service)?].name;
    Some(template![
        format!("arn:aws:ecr:{}:", stack.region()),
        base.account.clone(),
        format!(":repository/{}/{name}", system.prefix)
    ])
}

/// The repository of a service's image, where it is one of the system's own.
pub(super) fn own(service: &Service) -> Option<Id<Repository>> {
    match service.launch.image()? {
        Image::Own { repository, .. } => Some(*repository),
        Image::Reference(_) => None,
    }
}

/// Pulls the images of repositories.
pub(super) fn pull(repositories: impl Into<Expression>) -> Statement {
    Statement::allow("PullImage", &PULL, repositories)
}

/// Logs in to registries.
pub(super) fn log_in() -> Statement {
    Statement::allow("RegistryLogin", &["ecr:GetAuthorizationToken"], "*")
}

/// Pulls images of other accounts, which decide themselves who may: those of AWS let everybody.
pub(super) fn pull_others(base: &Base) -> Statement {
    let ours = object! { "aws:ResourceAccount" => base.account.clone() };
    Statement::allow("PullImageOfOthers", &PULL, "*").condition(object! { "StringNotEquals" => ours })
}

/// Adds the repositories. Gives what lets Lambda pull from them, where functions have their images there.
pub(super) fn lower(stack: &mut Stack<'_>, base: &Base, keys: &Keys) -> Option<Address> {
    let system = stack.system;
    let said = system.registry.filter(|_| !system.repositories.is_empty())?;
    stack.module.file("registry", "");
    let names = system.repositories.iter().map(|(_, item)| item.name.as_str().into());
    let encryption = Block::new()
        .set("encryption_type", "KMS")
        .set("kms_key", keys.data.attr("arn"));
    let body = Block::new()
        .set("for_each", expr::call("toset", [Expression::Array(names.collect())]))
        .set("name", template![format!("{}/", system.prefix), expr::each_key()])
        .comment("What a tag names never changes: a new version has a new tag.")
        .set("image_tag_mutability", "IMMUTABLE")
        .when(!system.protect, |block| block.set("force_delete", true))
        .block("encryption_configuration", encryption)
        .block("image_scanning_configuration", Block::new().set("scan_on_push", true));
    let repositories = stack.module.resource("aws_ecr_repository", NAME, body);
    let policy = Block::new()
        .set("for_each", repositories.whole())
        .set("repository", expr::each_value(&["name"]))
        .set("policy", lifecycle(said.keep_images));
    stack.module.resource("aws_ecr_lifecycle_policy", NAME, policy);
    let pulls = functions(stack, base, &repositories);
    stack.module.file("outputs", "");
    let url = expr::iterator("repository", &["repository_url"]);
    let urls = ForExpr::new(Identifier::unchecked("repository"), repositories.whole(), url);
    let urls = urls
        .with_key_var(Identifier::unchecked("name"))
        .with_key_expr(expr::keyword("name"));
    let about = "Where images are pushed to, by their names.";
    stack.module.output("repositories", Expression::from(urls), about);
    pulls
}

/// Lets Lambda pull the images of functions, when it makes them and whenever it needs them again.
fn functions(stack: &mut Stack<'_>, base: &Base, repositories: &Address) -> Option<Address> {
    let system = stack.system;
    let used: BTreeSet<Id<Repository>> = system.functions().filter_map(|(_, service, _)| own(service)).collect();
    if used.is_empty() {
        return None;
    }
    let names = used.iter().map(|id| system.repositories[*id].name.as_str().into());
    let ours = template![
        format!("arn:aws:lambda:{}:", stack.region()),
        base.account.clone(),
        format!(":function:{}", stack.name("*"))
    ];
    let pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
    let statement = object! {
        "Sid" => "Functions",
        "Effect" => "Allow",
        "Principal" => object! { "Service" => "lambda.amazonaws.com" },
        "Action" => list![pull[0], pull[1]],
        "Condition" => object! { "ArnLike" => object! { "aws:SourceArn" => ours } },
    };
    let document = object! { "Version" => "2012-10-17", "Statement" => list![statement] };
    let body = Block::new()
        .set("for_each", expr::call("toset", [Expression::Array(names.collect())]))
        .set("repository", repositories.each().attr("name"))
        .set("policy", expr::jsonencode(document));
    stack.module.comment("Lambda pulls the images of functions itself.");
    Some(stack.module.resource("aws_ecr_repository_policy", NAME, body))
}

/// Which images go: the oldest of those with a tag, and what has none.
fn lifecycle(keep: u32) -> Expression {
    let rule = |priority: u32, description: String, selection: Expression| {
        object! {
            "rulePriority" => priority,
            "description" => description,
            "selection" => selection,
            "action" => object! { "type" => "expire" },
        }
    };
    let tagged = object! {
        "tagStatus" => "tagged",
        "tagPatternList" => list!["*"],
        "countType" => "imageCountMoreThan",
        "countNumber" => keep,
    };
    let untagged = object! {
        "tagStatus" => "untagged",
        "countType" => "sinceImagePushed",
        "countUnit" => "days",
        "countNumber" => UNTAGGED,
    };
    let rules = list![
        rule(1, format!("Keep the last {keep} versions"), tagged),
        rule(2, format!("Untagged for {UNTAGGED} days"), untagged),
    ];
    expr::jsonencode(object! { "rules" => rules })
}
