//! One identity for each service, and what the links let it do.

use std::collections::BTreeMap;

use hcl::expr::ForExpr;
use hcl::{Expression, Identifier};

use super::database::shards::map_name;
use super::project::after;
use super::{Stack, Stores, registry};
use crate::ir::{Access, Bucket, Cache, Database, Grant, Id, Inbox, Resource, Router, Service, System};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Runtime;
use crate::{object, template};

/// Lets every action pass but that of reading, or listing, objects.
const NO_READING: &str = "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals ''))";

/// What conditions call objects.
const BLOBS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
/// What changes one of them.
const BELOW: [&str; 3] = ["add/action", "delete", "write"];

/// A service's identity.
pub(super) struct Identity {
    /// The identity.
    pub identity: Address,
    /// Its grants.
    pub grants: Vec<Address>,
}

pub(super) fn lower(stack: &mut Stack<'_>, stores: &Stores) -> BTreeMap<Id<Service>, Identity> {
    stack.module.file("identity", "");
    let system = stack.system;
    let of_shards = of_shards(stack, stores);
    let mut free = stores
        .caches
        .iter()
        .map(|(id, built)| (*id, built.endpoint.clone()))
        .collect();
    let mut identities = BTreeMap::new();
    for (id, service) in system.services.iter() {
        let body = stack.named(stack.prefixed(&service.name)).set("tags", stack.tags());
        let identity = stack
            .module
            .resource("azurerm_user_assigned_identity", &service.name, body);
        let mut grants: Vec<_> = system
            .grants_of(id)
            .filter_map(|grant| granted(stack, stores, grant))
            .chain(system.grants_of(id).flat_map(|grant| messaging(stack, stores, grant)))
            .chain(pulled(stores, service))
            .collect();
        grants.sort_by(|(one, _), (other, _)| one.cmp(other));
        let shards: Vec<Expression> = system
            .grants_of(id)
            .filter_map(|grant| match grant.resource {
                Resource::Shards(database) => of_shards.get(&database).cloned(),
                _ => None,
            })
            .collect();
        let grants = (!grants.is_empty()).then(|| {
            let grants = expr::object(grants);
            let grants = match shards.is_empty() {
                true => grants,
                false => expr::call("merge", std::iter::once(grants).chain(shards)),
            };
            let body = Block::new()
                .set("for_each", grants)
                .set("scope", expr::each_value(&["scope"]))
                .set("role_definition_name", expr::each_value(&["role"]))
                .set("principal_id", identity.attr("principal_id"))
                .set("principal_type", "ServicePrincipal");
            stack.module.resource("azurerm_role_assignment", &service.name, body)
        });
        let grants = grants
            .into_iter()
            .chain(caches(stack, stores, (id, &identity), &mut free))
            .collect();
        identities.insert(id, Identity { identity, grants });
    }
    write_only(stack, stores, &mut identities);
    below_prefixes(stack, stores, &mut identities);
    identities
}

/// Azure's role for those who read an entry of the vault.
const READER: &str = "Key Vault Secrets User";

/// (name of the component, role and scope); none for what [`write_only`] grants.
fn granted(stack: &Stack<'_>, stores: &Stores, grant: &Grant) -> Option<(String, Expression)> {
    let system = stack.system;
    let entry = |secret: &Address| (READER, secret.attr("resource_versionless_id"));
    let (name, (role, scope)) = match (grant.resource, grant.access) {
        (Resource::Database(id), _) => (system.databases[id].name.clone(), entry(&stores.databases[&id].secret)),
        // Of queues, topics and streams see [`messaging`], of caches [`caches`], of tables `tables::access`, of
        // warehouses `warehouses::access`. Who may call a function
        // is for the network to say.
        (
            Resource::Cache(_)
            | Resource::Queue(_)
            | Resource::Topic(_)
            | Resource::Subscription(_)
            | Resource::Stream(_)
            | Resource::Table(_)
            | Resource::Function(_)
            | Resource::Warehouse(_),
            _,
        ) => return None,
        (Resource::Workflow(id), _) => {
            let role = "Storage Queue Data Message Sender";
            let queue = stores.workflows.starts.get(&id)?;
            (system.workflows[id].name.clone(), (role, queue.id()))
        }
        (Resource::Secret(id), _) => (system.secrets[id].name.clone(), entry(&stores.entries[&id])),
        (Resource::Proxy(id), _) => {
            let shards = stores.databases[&id].shards.as_ref()?;
            (system.databases[id].proxy_name(), entry(&shards.entrance))
        }
        (Resource::Shards(id), _) => {
            let (database, shards) = (&system.databases[id], stores.databases[&id].shards.as_ref()?);
            let routes = database.sharding.as_ref()?.router == Router::Application;
            return routes.then(|| {
                let (role, scope) = entry(&shards.entrance);
                (map_name(database), object! { "role" => role, "scope" => scope })
            });
        }
        (Resource::Bucket(_), Access::Write) => return None,
        (Resource::Bucket(id), access) => {
            let role = match access {
                Access::Read => "Storage Blob Data Reader",
                // Of what it may write see [`below_prefixes`].
                _ if prefix(system, grant.service, id).is_some() => "Storage Blob Data Reader",
                _ => "Storage Blob Data Contributor",
            };
            let scope = stores.buckets[&id].container.id();
            (system.buckets[id].name.clone(), (role, scope))
        }
    };
    Some((name, object! { "role" => role, "scope" => scope }))
}

/// (`NAME/send` or `NAME/receive`, role and scope): who sends to something may not take from it, nor the other way round.
fn messaging(stack: &Stack<'_>, stores: &Stores, grant: &Grant) -> Vec<(String, Expression)> {
    let system = stack.system;
    if let (Resource::Stream(id), Some(streams)) = (grant.resource, &stores.streams) {
        let (name, hub) = (&system.streams[id].name, &streams.hubs[&id]);
        let ways = [
            ("send", "Azure Event Hubs Data Sender", grant.access.writes()),
            ("receive", "Azure Event Hubs Data Receiver", grant.access.reads()),
        ];
        return ways
            .into_iter()
            .filter(|(_, _, allowed)| *allowed)
            .map(|(what, role, _)| {
                let grant = object! { "role" => role, "scope" => hub.id() };
                (format!("{name}/{what}"), grant)
            })
            .collect();
    }
    let Some(messaging) = &stores.messaging else {
        return vec![];
    };
    let (name, scope) = match (grant.resource, Inbox::of(grant.resource)) {
        (Resource::Topic(id), _) => (&system.topics[id].name, &messaging.topics[&id].topic),
        (Resource::Queue(id), Some(inbox)) => (&system.queues[id].name, &messaging.inboxes[&inbox]),
        (Resource::Subscription(id), Some(inbox)) => (&system.subscriptions[id].name, &messaging.inboxes[&inbox]),
        _ => return vec![],
    };
    let ways = [
        ("send", "Azure Service Bus Data Sender", grant.access.writes()),
        ("receive", "Azure Service Bus Data Receiver", grant.access.reads()),
    ];
    let ways = ways.into_iter().filter(|(_, _, allowed)| *allowed);
    ways.map(|(what, role, _)| {
        (
            format!("{name}/{what}"),
            object! { "role" => role, "scope" => scope.id() },
        )
    })
    .collect()
}

/// What lets machines and containers take an image of the system's own registry. In the cluster the nodes do.
fn pulled(stores: &Stores, service: &Service) -> Option<(String, Expression)> {
    let registry = stores.registry.as_ref().filter(|_| registry::is_own(service))?;
    let role = object! { "role" => "AcrPull", "scope" => registry.registry.id() };
    (service.runtime != Runtime::Kubernetes).then(|| (format!("{}/pull", registry::NAME), role))
}

/// Lets a service log in to the caches that it uses. A cache takes one change at a time and fails the others that come meanwhile, which the
/// provider does not hold back: each waits for what was done to its caches last (`free`).
fn caches(
    stack: &mut Stack<'_>,
    stores: &Stores,
    (id, identity): (Id<Service>, &Address),
    free: &mut BTreeMap<Id<Cache>, Address>,
) -> Option<Address> {
    let system = stack.system;
    let used = system.grants_of(id).filter_map(|grant| match grant.resource {
        Resource::Cache(cache) => Some(cache),
        _ => None,
    });
    let used: Vec<Id<Cache>> = used.collect();
    if used.is_empty() {
        return None;
    }
    let named = |cache: &Id<Cache>| (system.caches[*cache].name.clone(), stores.caches[cache].cache.id());
    let mut each: Vec<(String, Expression)> = used.iter().map(named).collect();
    each.sort_by(|(one, _), (other, _)| one.cmp(other));
    let body = Block::new()
        .set("for_each", expr::object(each))
        .set("managed_redis_id", expr::each_value(&[]))
        .set("object_id", identity.attr("principal_id"))
        .comment("A cache does one thing at a time.")
        .set(
            "depends_on",
            after(used.iter().filter_map(|cache| free.get(cache).cloned())),
        );
    let kind = "azurerm_managed_redis_access_policy_assignment";
    let login = stack.module.resource(kind, &system.services[id].name, body);
    free.extend(used.into_iter().map(|cache| (cache, login.clone())));
    Some(login)
}

/// The grants to read the passwords of all shards, by database.
fn of_shards(stack: &mut Stack<'_>, stores: &Stores) -> BTreeMap<Id<Database>, Expression> {
    let mut grants = BTreeMap::new();
    for (id, database, _) in stack.system.sharded() {
        let Some(shards) = &stores.databases[&id].shards else {
            continue;
        };
        let name = database.shard_name();
        let scope = expr::iterator("secret", &["resource_versionless_id"]);
        let grant = object! { "role" => READER, "scope" => scope };
        let each = ForExpr::new(Identifier::unchecked("secret"), shards.secrets.whole(), grant)
            .with_key_var(Identifier::unchecked("id"))
            .with_key_expr(template![name.as_str(), "-", expr::keyword("id")]);
        stack
            .module
            .comment("What a service that knows the shards may read: the password of each.");
        let local = stack.module.local(&format!("{name}-grants"), Expression::from(each));
        grants.insert(id, local);
    }
    grants
}

/// Grants to write objects without reading them, for which Azure has no role of its own.
fn write_only(stack: &mut Stack<'_>, stores: &Stores, identities: &mut BTreeMap<Id<Service>, Identity>) {
    let system = stack.system;
    let writers: Vec<(Id<Service>, Id<Bucket>)> = system
        .grants
        .iter()
        .filter_map(|grant| match (grant.resource, grant.access) {
            (Resource::Bucket(bucket), Access::Write) => {
                let everywhere = prefix(system, grant.service, bucket).is_none();
                everywhere.then_some((grant.service, bucket))
            }
            _ => None,
        })
        .collect();
    if writers.is_empty() {
        return;
    }
    let grants = writers.iter().map(|(service, bucket)| {
        let key = format!("{}/{}", system.services[*service].name, system.buckets[*bucket].name);
        let principal = identities[service].identity.attr("principal_id");
        let scope = stores.buckets[bucket].container.id();
        (key, object! { "principal" => principal, "scope" => scope })
    });
    let body = Block::new()
        .set("for_each", expr::object(grants))
        .set("scope", expr::each_value(&["scope"]))
        .set("role_definition_name", "Storage Blob Data Contributor")
        .set("principal_id", expr::each_value(&["principal"]))
        .set("principal_type", "ServicePrincipal")
        .set("condition_version", "2.0")
        .comment("Reading is left for a container without a name, which there is not.")
        .set("condition", NO_READING);
    stack
        .module
        .comment("Azure's roles that write read as well: the condition takes that away.");
    let granted = stack.module.resource("azurerm_role_assignment", "object_writer", body);
    for (service, _) in writers {
        if let Some(identity) = identities.get_mut(&service) {
            identity.grants.push(granted.clone());
        }
    }
}

/// What the keys of the objects that a function writes begin with.
fn prefix(system: &System, service: Id<Service>, bucket: Id<Bucket>) -> Option<&str> {
    let function = system.services[service].function.as_ref()?;
    function.prefixes.get(&bucket).map(String::as_str)
}

/// Grants to write objects below a prefix only.
fn below_prefixes(stack: &mut Stack<'_>, stores: &Stores, identities: &mut BTreeMap<Id<Service>, Identity>) {
    let system = stack.system;
    let mut grants: BTreeMap<String, Expression> = BTreeMap::new();
    let mut writers = vec![];
    for grant in system.grants.iter().filter(|grant| grant.access.writes()) {
        let Resource::Bucket(bucket) = grant.resource else {
            continue;
        };
        let Some(prefix) = prefix(system, grant.service, bucket) else {
            continue;
        };
        let actions = BELOW.map(|action| format!("!(ActionMatches{{'{BLOBS}/{action}'}})"));
        let below = format!(
            "(({}) OR (@Resource[{BLOBS}:path] StringStartsWith '{prefix}'))",
            actions.join(" AND ")
        );
        let condition = match grant.access {
            Access::Write => format!("({below} AND {NO_READING})"),
            _ => below,
        };
        let key = format!(
            "{}/{}",
            system.services[grant.service].name, system.buckets[bucket].name
        );
        let value = object! {
            "principal" => identities[&grant.service].identity.attr("principal_id"),
            "scope" => stores.buckets[&bucket].container.id(),
            "condition" => condition,
        };
        grants.insert(key, value);
        writers.push(grant.service);
    }
    if grants.is_empty() {
        return;
    }
    let body = Block::new()
        .set("for_each", expr::object(grants))
        .set("scope", expr::each_value(&["scope"]))
        .set("role_definition_name", "Storage Blob Data Contributor")
        .set("principal_id", expr::each_value(&["principal"]))
        .set("principal_type", "ServicePrincipal")
        .set("condition_version", "2.0")
        .set("condition", expr::each_value(&["condition"]));
    stack
        .module
        .comment("These write objects below one prefix, and nowhere else.");
    let granted = stack.module.resource("azurerm_role_assignment", "prefix_writer", body);
    for service in writers {
        if let Some(identity) = identities.get_mut(&service) {
            identity.grants.push(granted.clone());
        }
    }
}
