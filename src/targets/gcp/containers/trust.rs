//! The certificates of caches' authorities, as files of a container: Cloud Run mounts what stands in Secret Manager.

use std::collections::BTreeMap;

use super::Stack;
use crate::ir::{Cache, Id, Service, System};
use crate::targets::gcp::caches::{FOLDER, used, variable};
use crate::targets::gcp::secrets::{self, Entry};
use crate::terraform::{Address, Block};

/// The file in the folder of one cache.
const FILE: &str = "authority.pem";

/// The certificates of one authority.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    secret: Address,
    version: Address,
}

/// What each cache's certificate is verified with.
pub(super) type Authorities = BTreeMap<Id<Cache>, Kept>;

/// True if containers use a cache.
pub(super) fn wanted(system: &System) -> bool {
    super::with_functions(system).any(|(id, _)| used(system, id).next().is_some())
}

/// Keeps the authorities of the caches that containers use.
pub(super) fn lower(stack: &mut Stack<'_>) -> Authorities {
    let system = stack.system;
    let mut authorities = Authorities::new();
    let ids = super::with_functions(system).flat_map(|(id, _)| used(system, id));
    for (id, cache) in ids {
        if authorities.contains_key(&id) {
            continue;
        }
        let part = format!("{}-authority", cache.name);
        let entry = Entry {
            part: &part,
            name: stack.name(&part).into(),
            keys: None,
            comment: &format!(
                "The authority that signed the certificate of {}. No secret, but containers get their files from here.",
                cache.name
            ),
            lasting: false,
        };
        let secret = secrets::container(stack, &entry);
        let body = Block::new()
            .set("secret", secret.id())
            .set("secret_data", stack.caches[&id].authority.clone())
            .comment("The new certificates are there before the old ones go.")
            .block("lifecycle", Block::new().set("create_before_destroy", true));
        let version = stack
            .module
            .resource("google_secret_manager_secret_version", &part, body);
        authorities.insert(id, Kept { secret, version });
    }
    authorities
}

/// Lets a service read the authorities of its caches.
pub(super) fn grants(stack: &mut Stack<'_>, service: Id<Service>, authorities: &Authorities) -> Vec<Address> {
    let system = stack.system;
    let caches: Vec<_> = used(system, service).collect();
    let member = stack.accounts[&service].attr("member");
    stack.module.file("identity", "");
    let grants = caches.into_iter().map(|(id, cache)| {
        let body = Block::new()
            .set("secret_id", authorities[&id].secret.id())
            .set("role", "roles/secretmanager.secretAccessor")
            .set("member", member.clone());
        let name = format!("{}_uses_{}_authority", system.services[service].name, cache.name);
        stack
            .module
            .resource("google_secret_manager_secret_iam_member", &name, body)
    });
    let grants = grants.collect();
    stack.module.file("containers", "");
    grants
}

/// The files of one service, by cache.
pub(super) struct Files {
    kept: Vec<(String, Kept)>,
}

/// The files of a service.
pub(super) fn files(stack: &Stack<'_>, service: Id<Service>, authorities: &Authorities) -> Files {
    let used = used(stack.system, service);
    let kept = used.map(|(id, cache)| (cache.name.clone(), authorities[&id].clone()));
    Files { kept: kept.collect() }
}

impl Files {
    /// The volumes of its containers.
    pub fn volumes(&self) -> Vec<Block> {
        let volume = |(name, kept): &(String, Kept)| {
            let item = Block::new()
                .set("path", FILE)
                .set("version", kept.version.attr("version"));
            let secret = Block::new()
                .set("secret", kept.secret.attr("secret_id"))
                .block("items", item);
            Block::new().set("name", name.as_str()).block("secret", secret)
        };
        self.kept.iter().map(volume).collect()
    }

    /// Where a container has them.
    pub fn mounts(&self) -> Vec<Block> {
        let mount = |(name, _): &(String, Kept)| {
            Block::new()
                .set("name", name.as_str())
                .set("mount_path", format!("{FOLDER}/{name}"))
        };
        self.kept.iter().map(mount).collect()
    }

    /// Both for a function of source.
    pub fn secret_volumes(&self, stack: &Stack<'_>) -> Vec<Block> {
        let volume = |(name, kept): &(String, Kept)| {
            let version = Block::new()
                .set("path", FILE)
                .set("version", kept.version.attr("version"));
            Block::new()
                .set("mount_path", format!("{FOLDER}/{name}"))
                .set("project_id", stack.project.id())
                .set("secret", kept.secret.attr("secret_id"))
                .block("versions", version)
        };
        self.kept.iter().map(volume).collect()
    }
}

/// The settings that say so: (variable, file).
pub(super) fn settings(stack: &Stack<'_>, service: Id<Service>) -> Vec<(String, String)> {
    let file = |(_, cache): (Id<Cache>, &Cache)| (variable(cache), format!("{FOLDER}/{}/{FILE}", cache.name));
    used(stack.system, service).map(file).collect()
}
