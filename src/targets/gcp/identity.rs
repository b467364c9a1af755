//! One service account per service, and what it may use.

use std::collections::BTreeMap;

use hcl::Expression;

use super::{Stack, is_machine, registry, streams, warehouses, workflows};
use crate::check::Checked;
use crate::ir::{Access, Bucket, Cache, Grant, Id, Resource, Service, Table};
use crate::template;
use crate::terraform::{Address, Block};

/// A repository of Artifact Registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Registry<'a> {
    /// `REGION-docker.pkg.dev`
    pub host: &'a str,
    /// Its region.
    pub location: &'a str,
    /// Whose it is.
    pub project: &'a str,
    /// Its name.
    pub repository: &'a str,
}

impl<'a> Registry<'a> {
    /// The repository of an image, if it is in Artifact Registry: `REGION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE`.
    pub fn of(image: &'a str) -> Option<Self> {
        let mut parts = image.split('/');
        let host = parts.next()?;
        let location = host.strip_suffix("-docker.pkg.dev")?;
        let (project, repository) = (parts.next()?, parts.next()?);
        parts.next().map(|_| Self {
            host,
            location,
            project,
            repository,
        })
    }
}

/// The machines that start an image of somebody else's repository of Artifact Registry, and that repository.
pub(super) fn registries<'a>(system: &'a Checked<'_>) -> impl Iterator<Item = (&'a str, Registry<'a>)> {
    system
        .services
        .iter()
        .filter(|(_, service)| is_machine(service))
        .filter_map(|(_, service)| Some((service.name.as_str(), Registry::of(service.launch.reference()?)?)))
}

/// Adds the service accounts.
pub(super) fn accounts(stack: &mut Stack<'_>) {
    stack.module.file("identity", "");
    for (id, service) in stack.system.services.iter() {
        let body = Block::new()
            .set("account_id", account_id(&stack.name(&service.name)))
            .set("display_name", format!("{} {}", stack.system.prefix, service.name))
            .set("depends_on", stack.project.ready());
        let account = stack.module.resource("google_service_account", &service.name, body);
        stack.accounts.insert(id, account);
    }
}

/// An account's id has six characters at least.
fn account_id(name: &str) -> String {
    match name.len() {
        0..6 => format!("{name}-account"),
        _ => name.to_owned(),
    }
}

/// Adds what follows from the links, and the one role that logging needs.
pub(super) fn grants(stack: &mut Stack<'_>) {
    stack.module.file("identity", "");
    let registries: BTreeMap<&str, Registry<'_>> = registries(stack.system).collect();
    for (id, service) in stack.system.services.iter() {
        let member = stack.accounts[&id].attr("member");
        let mut grants = vec![];
        let logs = Block::new()
            .set("project", stack.project.id())
            .set("role", "roles/logging.logWriter")
            .set("member", member.clone());
        // Cloud Run and GKE write what containers print by themselves.
        if is_machine(service) {
            stack.module.comment("Writing logs can be granted on the project only.");
            let name = format!("{}_logs", service.name);
            grants.push(stack.module.resource("google_project_iam_member", &name, logs));
        }
        if let Some(registry) = registries.get(service.name.as_str()) {
            let body = Block::new()
                .set("project", registry.project)
                .set("location", registry.location)
                .set("repository", registry.repository)
                .set("role", registry::READER)
                .set("member", member.clone());
            let name = format!("{}_images", service.name);
            grants.push(stack.module.resource(registry::GRANT, &name, body));
        }
        if is_machine(service) && registry::is_own(service) {
            grants.extend(registry::grant(
                stack,
                &format!("{}_images", service.name),
                service,
                member.clone(),
            ));
        }
        let grants_of = stack.system.grants_of(id).filter(|grant| !is_brought(service, grant));
        for grant in grants_of {
            for object in objects(stack, *grant) {
                let name = format!("{}_uses_{}", service.name, object.part);
                let body = Block::new()
                    .set_some("for_each", object.keys)
                    .set_some("project", object.project)
                    .set_some("dataset_id", object.dataset)
                    .set_some(object.attribute, object.name)
                    .set("role", object.role)
                    .set("member", member.clone())
                    .block_some("condition", object.condition);
                grants.push(stack.module.resource(object.kind, &name, body));
            }
        }
        stack.grants.insert(id, grants);
    }
}

/// What a role is granted on.
pub(super) struct Object {
    /// The resource that grants it.
    kind: &'static str,
    /// The project, where a role cannot be granted on the thing itself.
    project: Option<Expression>,
    /// What that resource calls the thing, and its name in Google Cloud; of the entry where there are several.
    attribute: &'static str,
    name: Option<Expression>,
    /// The dataset of a table.
    dataset: Option<Expression>,
    role: Expression,
    /// When the role counts, where it is granted on the project.
    condition: Option<Block>,
    /// What names the grant.
    part: String,
    /// Where there are several: what each is known by.
    keys: Option<Expression>,
}

impl Object {
    pub fn new(grant: [&'static str; 3], part: &str, name: Expression) -> Self {
        let [kind, attribute, role] = grant;
        Self {
            kind,
            project: None,
            attribute,
            name: Some(name),
            dataset: None,
            role: role.into(),
            condition: None,
            part: part.to_owned(),
            keys: None,
        }
    }

    /// With a role that is made here.
    pub fn with_role(self, role: Expression) -> Self {
        Self { role, ..self }
    }

    /// Of a table in a dataset.
    pub fn in_dataset(self, dataset: Expression) -> Self {
        Self {
            dataset: Some(dataset),
            ..self
        }
    }
}

const SECRET: [&str; 3] = [
    "google_secret_manager_secret_iam_member",
    "secret_id",
    "roles/secretmanager.secretAccessor",
];
pub(super) const SEND: [&str; 3] = ["google_pubsub_topic_iam_member", "topic", "roles/pubsub.publisher"];
/// By the subscription's id: one that is made anew gets its grants again.
pub(super) const TAKE: [&str; 3] = [
    "google_pubsub_subscription_iam_member",
    "subscription",
    "roles/pubsub.subscriber",
];

fn objects(stack: &Stack<'_>, grant: Grant) -> Vec<Object> {
    let system = stack.system;
    let database = |id| &system.databases[id];
    let secret = |part: &str, secret: &Address| Object::new(SECRET, part, secret.id());
    match grant.resource {
        Resource::Database(id) => vec![secret(&database(id).name, &stack.databases[&id].server.secret)],
        Resource::Proxy(id) => vec![secret(&database(id).proxy_name(), &stack.logins[&id].secret)],
        Resource::Shards(id) => {
            let part = database(id).shard_name();
            let map = stack.maps.get(&id);
            let map = map.map(|map| secret(&format!("{part}s-map"), &map.secret));
            let shards = Object {
                keys: Some(stack.shards[&id].keys.clone()),
                ..secret(&part, &stack.shards[&id].servers.secret.each())
            };
            std::iter::once(shards).chain(map).collect()
        }
        Resource::Secret(id) => vec![secret(&system.secrets[id].name, &stack.secrets[&id])],
        Resource::Bucket(id) => bucket(stack, grant, id),
        Resource::Queue(id) => {
            let (name, placed) = (&system.queues[id].name, &stack.queues[&id]);
            let send = || Object::new(SEND, name, placed.topic.attr("name"));
            let take = || Object::new(TAKE, name, placed.inbox.subscription.id());
            let send = grant.access.writes().then(send);
            send.into_iter().chain(grant.access.reads().then(take)).collect()
        }
        Resource::Topic(id) => vec![Object::new(
            SEND,
            &system.topics[id].name,
            stack.topics[&id].attr("name"),
        )],
        Resource::Subscription(id) => {
            let name = &system.subscriptions[id].name;
            vec![Object::new(TAKE, name, stack.subscriptions[&id].subscription.id())]
        }
        Resource::Cache(id) => vec![cache(stack, id)],
        Resource::Stream(id) => streams::objects(stack, grant, id),
        Resource::Table(id) => vec![table(stack, id, grant.access)],
        Resource::Warehouse(id) => warehouses::objects(stack, grant, id),
        Resource::Workflow(_) => starts(stack, grant),
        // Granted on each function, once it is there.
        Resource::Function(_) => vec![],
    }
}

/// Workflows have no policies of their own, nor conditions: who may start one may start all.
fn starts(stack: &Stack<'_>, grant: Grant) -> Vec<Object> {
    let mut grants = stack.system.grants_of(grant.service);
    let first = grants.find(|grant| matches!(grant.resource, Resource::Workflow(_)));
    let once = first.filter(|first| first.resource == grant.resource);
    let role = once.map(|_| on_project(stack, workflows::STARTER, "every-workflow", None));
    role.into_iter().collect()
}

/// True for what a function takes that Pub/Sub brings: it needs no right to take it.
fn is_brought(service: &Service, grant: &Grant) -> bool {
    let taken = matches!(
        grant.resource,
        Resource::Queue(_) | Resource::Subscription(_) | Resource::Stream(_)
    );
    service.function.is_some() && taken && !grant.access.writes()
}

/// The objects of a bucket; of a function that writes below a prefix only, those that begin with it.
fn bucket(stack: &Stack<'_>, grant: Grant, id: Id<Bucket>) -> Vec<Object> {
    let name = &stack.system.buckets[id].name;
    let address = &stack.buckets[&id];
    let object = |part: &str, access| {
        let kind = ["google_storage_bucket_iam_member", "bucket", object_role(access)];
        Object::new(kind, part, address.attr("name"))
    };
    let function = stack.system.services[grant.service].function.as_ref();
    let prefix = function.and_then(|function| function.prefixes.get(&id));
    let Some(prefix) = prefix.filter(|_| grant.access.writes()) else {
        return vec![object(name, grant.access)];
    };
    let condition = Block::new().set("title", prefix.as_str()).set(
        "expression",
        template![
            "resource.name.startsWith(\"projects/_/buckets/",
            address.attr("name"),
            format!("/objects/{prefix}\")"),
        ],
    );
    let written = Object {
        condition: Some(condition),
        ..object(name, Access::Write)
    };
    let read = grant
        .access
        .reads()
        .then(|| object(&format!("all_of_{name}"), Access::Read));
    read.into_iter().chain([written]).collect()
}

/// A cache has no policy of its own: the role is granted on the project, for that one instance.
fn cache(stack: &Stack<'_>, id: Id<Cache>) -> Object {
    let name = &stack.system.caches[id].name;
    let instance = stack.caches[&id].instance.id();
    on_project(stack, "roles/memorystore.dbConnectionUser", name, Some(instance))
}

/// Nor has a database of Firestore.
fn table(stack: &Stack<'_>, id: Id<Table>, access: Access) -> Object {
    let role = match access {
        Access::Read => "roles/datastore.viewer",
        Access::Write | Access::ReadWrite => "roles/datastore.user",
    };
    on_project(stack, role, &stack.system.tables[id].name, Some(stack.tables[&id].id()))
}

/// A role on the project, for one thing in it if there is a name.
pub(super) fn on_project(stack: &Stack<'_>, role: &'static str, part: &str, thing: Option<Expression>) -> Object {
    let condition = thing.map(|thing| {
        Block::new()
            .set("title", stack.name(part))
            .set("expression", template!["resource.name == \"", thing, "\""])
    });
    Object {
        kind: "google_project_iam_member",
        project: Some(stack.project.id()),
        attribute: "",
        name: None,
        dataset: None,
        role: role.into(),
        condition,
        part: part.to_owned(),
        keys: None,
    }
}

/// Replacing an object needs the right to delete it, so there is no role that only writes.
fn object_role(access: Access) -> &'static str {
    match access {
        Access::Read => "roles/storage.objectViewer",
        Access::Write | Access::ReadWrite => "roles/storage.objectUser",
    }
}

/// The service accounts of machines, keyed by service, for rules that are the same for each.
pub(super) fn emails(stack: &Stack<'_>) -> Vec<(String, Expression)> {
    let accounts = stack.accounts.iter();
    let accounts = accounts.map(|(id, address)| (&stack.system.services[*id], address));
    accounts
        .filter(|(service, _)| is_machine(service))
        .map(|(service, address)| (service.name.clone(), address.attr("email")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Registry;

    #[test]
    fn only_images_of_artifact_registry_have_a_repository() {
        let found =
            Registry::of("asia-northeast3-docker.pkg.dev/shop/images/web:1").map(|it| (it.location, it.repository));
        assert_eq!(found, Some(("asia-northeast3", "images")));
        assert_eq!(Registry::of("nginx:1.29"), None);
        assert_eq!(Registry::of("asia-northeast3-docker.pkg.dev/shop/images"), None);
    }
}
