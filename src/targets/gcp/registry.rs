//! The system's own registry: a repository of Artifact Registry, in which every image has a name.

use hcl::Expression;

use super::containers::is_container;
use super::{Stack, is_machine};
use crate::ir::{Image, Registry, Service};
use crate::template;
use crate::terraform::{Address, Block};

/// Who may read the images of a repository.
pub(super) const READER: &str = "roles/artifactregistry.reader";
pub(super) const GRANT: &str = "google_artifact_registry_repository_iam_member";

/// Adds the repository, where the blueprint asks for one.
pub(super) fn lower(stack: &mut Stack<'_>) {
    let Some(Registry { keep_images }) = stack.system.registry else {
        return;
    };
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
        .set("location", stack.region())
        .set("repository_id", stack.system.prefix.as_str())
        .set("description", format!("Images of {}", stack.system.prefix))
        .set("format", "DOCKER")
        .set("kms_key_name", stack.encryption.key.id())
        .comment("A tag stays on the image that it was given to.")
        .block("docker_config", Block::new().set("immutable_tags", true))
        .comment("Of each image the newest stay; what is kept by one policy, the other does not delete.")
        .block("cleanup_policies", newest)
        .block("cleanup_policies", others)
        .comment("Where the project scans images for known vulnerabilities, these too.")
        .block(
            "vulnerability_scanning_config",
            Block::new().set("enablement_config", "INHERITED"),
        )
        .when(stack.system.protect, |block| {
            block.block("lifecycle", Block::new().set("prevent_destroy", true))
        })
        .set("depends_on", stack.encryption.ready());
    let repository = stack
        .module
        .resource("google_artifact_registry_repository", "images", body);
    stack
        .report
        .component("registry", "repository of Artifact Registry", repository.text());
    stack.module.file("outputs", "");
    let uri = template![place(stack), "/NAME:TAG"];
    stack
        .module
        .output("registry", uri, "What an image is called when it is pushed.");
    stack.registry = Some(repository);
    containers(stack);
}

/// Cloud Run's agent reads the images of its services, not the services themselves.
fn containers(stack: &mut Stack<'_>) {
    let services = stack.system.services.iter();
    let used = services
        .filter(|(_, service)| is_container(service))
        .any(|(_, service)| is_own(service));
    if let (Some(agent), true) = (stack.encryption.run.clone(), used) {
        stack.module.file("registry", "");
        stack.registry_agent = grant(stack, "images_of_containers", agent);
    }
}

/// Lets somebody read the images.
pub(super) fn grant(stack: &mut Stack<'_>, name: &str, member: Expression) -> Option<Address> {
    let repository = stack.registry.clone()?;
    let body = Block::new()
        .set("location", repository.attr("location"))
        .set("repository", repository.attr("repository_id"))
        .set("role", READER)
        .set("member", member);
    Some(stack.module.resource(GRANT, name, body))
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

/// Host and path of the registry. They are known before it is there: who reads it waits for the grant.
fn place(stack: &Stack<'_>) -> Expression {
    template![
        format!("{}/", host(stack)),
        stack.project.id(),
        format!("/{}", stack.system.prefix)
    ]
}

/// The reference of a service's image, where that is in the system's own registry.
pub(super) fn image(stack: &Stack<'_>, service: &Service) -> Option<Expression> {
    match service.launch.image()? {
        Image::Own { repository, tag } => {
            let name = &stack.system.repositories[*repository].name;
            Some(template![place(stack), format!("/{name}:{tag}")])
        }
        Image::Reference(_) => None,
    }
}
