//! The system's own registry: a repository of Artifact Registry for each image, because a role to read holds for a repository as a whole.

use std::collections::BTreeSet;

use hcl::Expression;

use super::containers::is_container;
use super::{Stack, is_machine};
use crate::ir::{Image, Registry, Service};
use crate::template;
use crate::terraform::{Address, Block, expr};

/// Who may read the images of a repository.
pub(super) const READER: &str = "roles/artifactregistry.reader";
pub(super) const GRANT: &str = "google_artifact_registry_repository_iam_member";

/// Adds the repositories, where the blueprint asks for them.
pub(super) fn lower(stack: &mut Stack<'_>) {
    let Some(Registry { keep_images }) = stack.system.registry else {
        return;
    };
    let names = stack.system.repositories.iter();
    let names: BTreeSet<&str> = names.map(|(_, repository)| repository.name.as_str()).collect();
    if names.is_empty() {
        return;
    }
    stack.module.file("registry", "");
    let newest = Block::new()
        .set("id", "newest")
        .set("action", "KEEP")
        .block("most_recent_versions", Block::new().set("keep_count", keep_images));
    let others = Block::new()
        .set("id", "others")
        .set("action", "DELETE")
        .block("condition", Block::new().set("tag_state", "ANY"));
    let body = Block::new()
        .set("for_each", set(&names))
        .set("location", stack.region())
        .set("repository_id", template![stack.name(""), expr::each_key()])
        .set(
            "description",
            template![format!("Images of {}: ", stack.system.prefix), expr::each_key()],
        )
        .set("format", "DOCKER")
        .set("kms_key_name", stack.encryption.key.id())
        .comment("A tag stays on the image that it was given to.")
        .block("docker_config", Block::new().set("immutable_tags", true))
        .comment("The newest stay; what is kept by one policy, the other does not delete.")
        .block("cleanup_policies", newest)
        .block("cleanup_policies", others)
        .comment("Where the project scans images for known vulnerabilities, these too.")
        .block(
            "vulnerability_scanning_config",
            Block::new().set("enablement_config", "INHERITED"),
        )
        .set("depends_on", stack.encryption.ready());
    let repository = stack
        .module
        .comment("One for each image: who starts an image may read that one.")
        .resource("google_artifact_registry_repository", "images", body);
    let what = "repositories of Artifact Registry, one for each image";
    stack.report.component("registry", what, repository.text());
    stack.module.file("outputs", "");
    let uri = template![place(stack), "NAME/NAME:TAG"];
    stack
        .module
        .output("registry", uri, "What an image is called when it is pushed.");
    stack.registry = Some(repository);
    containers(stack);
}

/// Cloud Run's agent reads the images of its services, not the services themselves.
fn containers(stack: &mut Stack<'_>) {
    let system = stack.system;
    let services = system.services.iter().map(|(_, service)| service);
    let services: Vec<&Service> = services.filter(|service| is_container(service)).collect();
    if let Some(agent) = stack.encryption.run.clone() {
        stack.module.file("registry", "");
        stack.registry_agent = grant_each(stack, "images_of_containers", &services, agent);
    }
}

/// Lets somebody read the image of a service, where it is one of the system's own.
pub(super) fn grant(stack: &mut Stack<'_>, name: &str, service: &Service, member: Expression) -> Option<Address> {
    let repository = stack.registry.as_ref()?.key(own(stack, service)?.0);
    let body = reader(Block::new(), &repository, member);
    Some(stack.module.resource(GRANT, name, body))
}

/// Lets somebody read the images of several services, as far as they are the system's own.
pub(super) fn grant_each(
    stack: &mut Stack<'_>,
    name: &str,
    services: &[&Service],
    member: Expression,
) -> Option<Address> {
    let repository = stack.registry.as_ref()?.each();
    let names = services.iter().filter_map(|service| own(stack, service));
    let names: BTreeSet<&str> = names.map(|(name, _)| name).collect();
    let body = reader(Block::new().set("for_each", set(&names)), &repository, member);
    (!names.is_empty()).then(|| stack.module.resource(GRANT, name, body))
}

fn reader(start: Block, repository: &Address, member: Expression) -> Block {
    start
        .set("location", repository.attr("location"))
        .set("repository", repository.attr("repository_id"))
        .set("role", READER)
        .set("member", member)
}

/// `toset([...])`
fn set(names: &BTreeSet<&str>) -> Expression {
    let names = names.iter().map(|name| Expression::from(*name)).collect();
    expr::call("toset", [Expression::Array(names)])
}

/// Name and tag of a service's image, where that is in the system's own registry.
fn own<'a>(stack: &Stack<'a>, service: &'a Service) -> Option<(&'a str, &'a str)> {
    match service.launch.image()? {
        Image::Own { repository, tag } => Some((&stack.system.repositories[*repository].name, tag)),
        Image::Reference(_) => None,
    }
}

/// True for a service whose image is in the system's own registry.
pub(super) fn is_own(service: &Service) -> bool {
    matches!(service.launch.image(), Some(Image::Own { .. }))
}

/// True if any machine starts an image of the system's own registry.
pub(super) fn for_machines(stack: &Stack<'_>) -> bool {
    let mut services = stack.system.services.iter();
    services.any(|(_, service)| is_machine(service) && is_own(service))
}

/// The host of the registries in the system's region.
pub(super) fn host(stack: &Stack<'_>) -> String {
    format!("{}-docker.pkg.dev", stack.region())
}

/// What the names of all images begin with. It is known before they are there: who reads them waits for the grant.
fn place(stack: &Stack<'_>) -> Expression {
    template![
        format!("{}/", host(stack)),
        stack.project.id(),
        format!("/{}", stack.name(""))
    ]
}

/// The reference of a service's image, where that is in the system's own registry.
pub(super) fn image(stack: &Stack<'_>, service: &Service) -> Option<Expression> {
    let (name, tag) = own(stack, service)?;
    Some(template![place(stack), format!("{name}/{name}:{tag}")])
}
