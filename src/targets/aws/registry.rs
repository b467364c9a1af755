//! The system's own registry: one repository of ECR for each image.

use hcl::Expression;

use super::Stack;
use super::encryption::Keys;
use super::policy::Statement;
use crate::ir::{Id, Image, Repository, Service};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// Days that layers without a tag stay: those of an upload that broke off, or of an image that is gone.
const UNTAGGED: u32 = 7;

/// The repositories.
#[derive(Default)]
pub(super) struct Registry {
    repositories: Vec<(Id<Repository>, Address)>,
}

impl Registry {
    fn get(&self, id: Id<Repository>) -> &Address {
        self.repositories
            .iter()
            .find_map(|(other, address)| (*other == id).then_some(address))
            .unwrap_or_else(|| unreachable!("every repository of the system has been added"))
    }

    /// The whole reference of an image.
    pub(super) fn image(&self, image: &Image) -> Expression {
        match image {
            Image::Reference(text) => text.as_str().into(),
            Image::Own { repository, tag } => {
                template![self.get(*repository).attr("repository_url"), format!(":{tag}")]
            }
        }
    }

    /// Pulls the image of a service, where it is one of these.
    pub(super) fn pull(&self, service: &Service) -> Option<[Statement; 2]> {
        let repository = own(service)?;
        Some(pull(self.get(repository).attr("arn")))
    }
}

/// The repository of a service's image, where it is one of the system's own.
pub(super) fn own(service: &Service) -> Option<Id<Repository>> {
    match service.launch.image()? {
        Image::Own { repository, .. } => Some(*repository),
        Image::Reference(_) => None,
    }
}

/// Pulls the images of a repository.
pub(super) fn pull(repository: impl Into<Expression>) -> [Statement; 2] {
    let pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
    [
        Statement::allow("PullImage", &pull, repository),
        Statement::allow("RegistryLogin", &["ecr:GetAuthorizationToken"], "*"),
    ]
}

pub(super) fn lower(stack: &mut Stack<'_>, keys: &Keys) -> Registry {
    let system = stack.system;
    let Some(said) = system.registry else {
        return Registry::default();
    };
    stack.module.file("registry", "");
    let mut registry = Registry::default();
    for (id, item) in system.repositories.iter() {
        let encryption = Block::new()
            .set("encryption_type", "KMS")
            .set("kms_key", keys.data.attr("arn"));
        let body = Block::new()
            .set("name", format!("{}/{}", system.prefix, item.name))
            .comment("What a tag names never changes: a new version has a new tag.")
            .set("image_tag_mutability", "IMMUTABLE")
            .when(!system.protect, |block| block.set("force_delete", true))
            .block("encryption_configuration", encryption)
            .block("image_scanning_configuration", Block::new().set("scan_on_push", true));
        let repository = stack.module.resource("aws_ecr_repository", &item.name, body);
        let policy = Block::new()
            .set("repository", repository.attr("name"))
            .set("policy", lifecycle(said.keep_images));
        stack.module.resource("aws_ecr_lifecycle_policy", &item.name, policy);
        registry.repositories.push((id, repository));
    }
    for (id, item) in system.repositories.iter() {
        let description = format!("Where images of {} are pushed to.", item.name);
        let url = registry.get(id).attr("repository_url");
        stack.module.file("outputs", "");
        stack
            .module
            .output(&format!("{}_repository", item.name), url, &description);
    }
    registry
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
