//! Where Cloud Run takes images from: Artifact Registry, which fetches those of other registries.
//!
//! Images are read by Cloud Run's agent when a revision is made, not by the service's own account and not when a container starts.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use super::Stack;
use crate::ir::{Service, System};
use crate::targets::gcp::apis::ENVOY;
use crate::targets::gcp::balancer_routes::host_name;
use crate::targets::gcp::identity::Registry;
use crate::targets::gcp::registry::{self, READER};
use crate::terraform::{Address, Block, expr};
use crate::{object, template};

/// What an image without a registry's name is of.
const DOCKER_HUB: &str = "docker.io";

/// The repositories that stand for other registries, and who may read what.
#[derive(Debug, Default)]
pub(in crate::targets::gcp) struct Images {
    remotes: BTreeMap<String, Address>,
    /// The agent's grants: of a remote repository by its registry, and those on repositories that were there already.
    grants: BTreeMap<String, Address>,
    named: Option<Address>,
}

/// Registry and path of an image, as far as Cloud Run does not know it by itself.
fn remote(image: &str) -> Option<(&str, String)> {
    let (first, rest) = image.split_once('/').unwrap_or(("", image));
    if first.ends_with("-docker.pkg.dev") || first == "gcr.io" || first.ends_with(".gcr.io") {
        return None;
    }
    match (first.contains(['.', ':']), first) {
        (true, DOCKER_HUB | "index.docker.io") => Some((DOCKER_HUB, official(rest))),
        (true, host) => Some((host, rest.to_owned())),
        (false, _) => Some((DOCKER_HUB, official(image))),
    }
}

/// The path of an image of Docker Hub: official ones have a user's name there too.
fn official(path: &str) -> String {
    match path.contains('/') {
        true => path.to_owned(),
        false => format!("library/{path}"),
    }
}

/// The registries that Artifact Registry fetches from.
pub(super) fn remotes(system: &System) -> BTreeSet<&str> {
    let images = super::with_functions(system).filter_map(|(_, service)| service.launch.reference());
    let proxies = system.apis.iter().map(|_| ENVOY);
    images
        .chain(proxies)
        .filter_map(|image| Some(remote(image)?.0))
        .collect()
}

/// The repositories of Artifact Registry that images are in already, by what they are known by in Terraform.
fn named<'a>(system: &'a System) -> BTreeMap<String, Registry<'a>> {
    let images = super::with_functions(system).filter_map(|(_, service)| service.launch.reference());
    let registries = images.filter_map(Registry::of);
    registries
        .map(|it| (format!("{}/{}/{}", it.project, it.location, it.repository), it))
        .collect()
}

/// Adds the repositories and the grants of Cloud Run's agent.
pub(super) fn lower(stack: &mut Stack<'_>) -> Images {
    stack.module.file("containers", "");
    let Some(agent) = stack.encryption.run.clone() else {
        return Images::default();
    };
    let mut images = Images::default();
    for host in remotes(stack.system) {
        let repository = repository(stack, host);
        let body = Block::new()
            .set("project", repository.attr("project"))
            .set("location", repository.attr("location"))
            .set("repository", repository.attr("repository_id"))
            .set("role", READER)
            .set("member", agent.clone());
        let grant = stack
            .module
            .resource("google_artifact_registry_repository_iam_member", &part(host), body);
        images.remotes.insert(host.to_owned(), repository);
        images.grants.insert(host.to_owned(), grant);
    }
    let named = named(stack.system);
    if !named.is_empty() {
        let each = named.into_iter().map(|(key, it)| {
            let names = object! { "project" => it.project, "location" => it.location, "repository" => it.repository };
            (key, names)
        });
        let body = Block::new()
            .set("for_each", expr::object(each))
            .set("project", expr::each_value(&["project"]))
            .set("location", expr::each_value(&["location"]))
            .set("repository", expr::each_value(&["repository"]))
            .set("role", READER)
            .set("member", agent.clone());
        let grant = stack
            .module
            .comment("Cloud Run's agent reads the images, not the services.")
            .resource("google_artifact_registry_repository_iam_member", "cloud_run", body);
        images.named = Some(grant);
    }
    images
}

/// What names the repository that stands for a registry.
fn part(host: &str) -> String {
    format!("images-{}", host_name(&host.replace(':', "-"), 40))
}

fn repository(stack: &mut Stack<'_>, host: &str) -> Address {
    let upstream = match host {
        DOCKER_HUB => Block::new().set("public_repository", "DOCKER_HUB"),
        _ => {
            let custom = Block::new().set("uri", format!("https://{host}"));
            Block::new().block("custom_repository", custom)
        }
    };
    let remote = Block::new()
        .set("description", host)
        .block("docker_repository", upstream);
    let body = Block::new()
        .set("location", stack.region())
        .set("repository_id", stack.name(&part(host)))
        .set("description", format!("Images of {host} for Cloud Run"))
        .set("format", "DOCKER")
        .set("mode", "REMOTE_REPOSITORY")
        .set("kms_key_name", stack.encryption.key.id())
        .block("remote_repository_config", remote)
        .set("depends_on", stack.encryption.ready());
    stack
        .module
        .comment("Cloud Run takes images from Google's registries only: Artifact Registry fetches what is asked for, and keeps it.")
        .resource("google_artifact_registry_repository", &part(host), body)
}

impl Images {
    /// How Cloud Run calls the image of a service.
    pub fn reference(&self, stack: &Stack<'_>, service: &Service) -> Expression {
        if let Some(own) = registry::image(stack, service) {
            return own;
        }
        self.at(stack, service.launch.reference().unwrap_or_default())
    }

    /// How Cloud Run calls an image.
    pub fn at(&self, stack: &Stack<'_>, image: &str) -> Expression {
        let Some((host, path)) = remote(image) else {
            return image.into();
        };
        let Some(repository) = self.remotes.get(host) else {
            return image.into();
        };
        template![
            format!("{}-docker.pkg.dev/", stack.region()),
            stack.project.id(),
            "/",
            repository.attr("repository_id"),
            format!("/{path}"),
        ]
    }

    /// What lets Cloud Run read the image of a service.
    pub fn ready(&self, stack: &Stack<'_>, service: &Service) -> Option<Expression> {
        if registry::is_own(service) {
            return stack.registry_agent.as_ref().map(Address::whole);
        }
        self.grant(service.launch.reference()?)
    }

    /// What lets Cloud Run read an image.
    pub fn grant(&self, image: &str) -> Option<Expression> {
        let grant = match remote(image) {
            Some((host, _)) => self.grants.get(host),
            None => self.named.as_ref().filter(|_| Registry::of(image).is_some()),
        };
        grant.map(Address::whole)
    }
}

#[cfg(test)]
mod tests {
    use super::remote;

    #[test]
    fn images_of_other_registries_have_a_registry_and_a_path() {
        let wanted = [
            ("nginx:1.29", Some(("docker.io", "library/nginx:1.29"))),
            ("bitnami/nginx", Some(("docker.io", "bitnami/nginx"))),
            ("docker.io/nginx", Some(("docker.io", "library/nginx"))),
            (
                "registry.example.com:5000/a/b:1",
                Some(("registry.example.com:5000", "a/b:1")),
            ),
            ("asia-northeast3-docker.pkg.dev/p/r/i:1", None),
            ("eu.gcr.io/p/i", None),
        ];
        for (image, parts) in wanted {
            let found = remote(image);
            let found = found.as_ref().map(|(host, path)| (*host, path.as_str()));
            assert_eq!(found, parts, "{image}");
        }
    }
}
