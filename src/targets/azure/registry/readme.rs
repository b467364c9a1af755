//! What the README of the output says about the registry.

use super::{UNTAGGED_DAYS, is_own};
use crate::targets::azure::Stack;
use crate::vocabulary::Runtime;

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    let Some(registry) = system.registry else {
        return;
    };
    let images = system.services.iter().filter_map(|(_, service)| {
        let image = service.launch.image().filter(|_| is_own(service))?;
        Some(system.image_at("", image).trim_start_matches('/').to_owned())
    });
    let images: Vec<String> = images.collect();
    let Some(first) = images.first() else {
        return;
    };
    let before = |service: &crate::ir::Service| is_own(service) && service.runtime != Runtime::Kubernetes;
    let push = format!(
        "`az acr login --name \"$(terraform -chdir=terraform output -raw registry)\"`, `docker tag {first} \"$(terraform -chdir=terraform output -raw registry)/{first}\"`, `docker push \"$(terraform -chdir=terraform output -raw registry)/{first}\"`"
    );
    let when = match system.services.iter().any(|(_, service)| before(service)) {
        true => {
            "Machines and containers start with the first apply, and want their images then: `terraform -chdir=terraform apply -target=azurerm_container_registry.main` makes the registry alone. Then push, then apply the rest."
        }
        false => "Push before the cluster is filled.",
    };
    stack.report.prerequisites.push(format!(
        "Images of the system's own registry ({}) are pushed from an address in `network.admin_cidrs`, by somebody with the role *AcrPush* on it (owners and contributors of the subscription have it already): {push}. {when}",
        images.iter().map(|image| format!("`{image}`")).collect::<Vec<_>>().join(", "),
    ));
    stack.report.security.push("The registry has no password of its own. Images are pulled over a private endpoint, by the nodes of the cluster, or by machines and containers with their service's identity, who may pull all of its images. They are encrypted with the system's key. Its public address answers `admin_cidrs` only; the weekly task that removes old images is Azure's own, and comes with an identity that may pull and delete.".to_owned());
    stack.report.operations.push(format!(
        "Once a week the registry removes what is older than the newest {keep} images of each name (`acr purge`, which Azure calls a preview), and after {UNTAGGED_DAYS} days what no tag names any more. Keep `keep_images` above the number of versions that may still run. Azure has no registry in which a tag cannot be pushed again: `az acr repository update --name REGISTRY --image {first} --write-enabled false` locks a single image, which then stays. Give every build a tag of its own.",
        keep = registry.keep_images,
    ));
    stack.report.operations.push("Images are scanned by Microsoft Defender for Containers, which is bought for a whole subscription and so is not switched on here: `az security pricing create --name Containers --tier standard`.".to_owned());
    let registry = "azurerm_container_registry.main";
    let mut skip = |check: &str, reason: &str| stack.report.skip(check, registry, reason);
    skip("CKV_AZURE_164", "signatures of this kind are gone from Azure");
    skip("CKV_AZURE_165", "a copy in another region was not asked for");
    skip(
        "CKV_AZURE_166",
        "images in quarantine wait for a scanner that nobody has",
    );
}
