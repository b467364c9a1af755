//! Private endpoints of AWS's own services.

use std::collections::BTreeSet;

use hcl::Expression;
use hcl::expr::{BinaryOp, BinaryOperator, Conditional};

use super::firewall::Groups;
use super::network::Network;
use super::policy::{Statement, document};
use super::secrets::Secrets;
use super::{Base, Stack, cluster, place, queues, registry, startup, streams, tables, topics, warehouses, workflows};
use crate::check::Checked;
use crate::ir::{Id, Peer, Resource, Service, Tier};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::{Egress, Runtime};
use crate::{object, template};

/// The service of AWS that is the vault.
const VAULT: &str = "secretsmanager";
/// Those that keep queues and topics.
const QUEUES: &str = "sqs";
const TOPICS: &str = "sns";
const STREAMS: &str = "kinesis-streams";
/// The one that runs workflows.
const WORKFLOWS: &str = "states";
/// The one that takes statements for warehouses.
const WAREHOUSES: &str = "redshift-data";

/// The endpoints of the system's own network.
pub(super) struct Endpoints {
    /// The prefix list of the object store's gateway endpoint.
    pub(super) s3: Option<Expression>,
    /// The prefix list of the tables' gateway endpoint.
    pub(super) tables: Option<Expression>,
    /// What a machine's start needs, for `depends_on`.
    pub(super) needed_at_start: Vec<Expression>,
}

/// True if a service's machines talk to the object store, for themselves or to pull their image's layers.
pub(super) fn uses_s3(stack: &Stack<'_>, service: Id<Service>) -> bool {
    let system = stack.system;
    let links = system
        .grants_of(service)
        .any(|grant| matches!(grant.resource, Resource::Bucket(_)));
    links || pulls(&system.services[service])
}

/// True if a service uses tables.
pub(super) fn uses_tables(stack: &Stack<'_>, service: Id<Service>) -> bool {
    let mut grants = stack.system.grants_of(service);
    grants.any(|grant| matches!(grant.resource, Resource::Table(_)))
}

/// True if a service's machines pull its image from a registry of AWS. Lambda pulls those of functions.
fn pulls(service: &Service) -> bool {
    service.function.is_none() && (startup::registry(service).is_some() || registry::own(service).is_some())
}

/// The service of AWS that a resource is used at, over an interface endpoint. A cache's password is in the vault.
fn service(system: &Checked<'_>, resource: Resource) -> Option<&'static str> {
    match resource {
        Resource::Bucket(_) | Resource::Table(_) | Resource::Function(_) => None,
        Resource::Stream(id) => (!system.streams[id].kafka).then_some(STREAMS),
        Resource::Queue(_) | Resource::Subscription(_) => Some(QUEUES),
        Resource::Topic(_) => Some(TOPICS),
        Resource::Workflow(_) => Some(WORKFLOWS),
        Resource::Warehouse(_) => Some(WAREHOUSES),
        _ => Some(VAULT),
    }
}

/// True if a service's machines talk to an interface endpoint.
pub(super) fn uses_interfaces(stack: &Stack<'_>, id: Id<Service>) -> bool {
    let system = stack.system;
    let always = system.network.bastion || system.network.egress == Egress::None;
    (always && system.services[id].function.is_none())
        || system
            .grants_of(id)
            .any(|grant| service(&system, grant.resource).is_some())
}

/// The services that are reached over interface endpoints, those of Session Manager aside.
pub(super) fn interfaces(system: &Checked<'_>) -> BTreeSet<&'static str> {
    let mut services = BTreeSet::new();
    let inside = system
        .grants
        .iter()
        .filter(|grant| place::is_inside(system, grant.service));
    services.extend(inside.filter_map(|grant| service(system, grant.resource)));
    if warehouses::reads_kinesis(system) {
        services.insert(STREAMS);
    }
    if system.network.egress == Egress::None && place::has_processes(system) {
        services.insert("logs");
        // A shell in a container is encrypted with a key of the system's own.
        if system.network.bastion && any_on(system, Runtime::Container) {
            services.insert("kms");
        }
        if system.services.iter().any(|(_, item)| pulls(item)) {
            services.extend(["ecr.api", "ecr.dkr"]);
        }
    }
    services
}

/// True if a service runs on this.
fn any_on(system: &Checked<'_>, runtime: Runtime) -> bool {
    system.services.iter().any(|(_, service)| service.runtime == runtime)
}

/// True if the vault is reached over an endpoint.
pub(super) fn reaches_vault(system: &Checked<'_>) -> bool {
    interfaces(system).contains(VAULT)
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    base: &Base,
    network: &Network,
    groups: &Groups,
    secrets: &Secrets,
) -> Endpoints {
    let system = stack.system;
    let mut endpoints = Endpoints {
        s3: None,
        tables: None,
        needed_at_start: vec![],
    };
    // A network of somebody else has its own endpoints: a second one of the same service would fight over the private name.
    let Some(route_tables) = &network.route_tables else {
        return endpoints;
    };
    stack.module.file("endpoints", "");
    if inside(stack, uses_s3) {
        let body = Block::new()
            .set("vpc_id", network.id.clone())
            .set("service_name", format!("com.amazonaws.{}.s3", stack.region()))
            .set("vpc_endpoint_type", "Gateway")
            .set("route_table_ids", route_tables.clone())
            .set("tags", object! { "Name" => stack.name("s3") });
        let s3 = stack
            .module
            .comment("The object store is reached without address translation, and without its price.")
            .resource("aws_vpc_endpoint", "s3", body);
        endpoints.s3 = Some(s3.attr("prefix_list_id"));
        endpoints.needed_at_start.push(s3.whole());
    }
    if inside(stack, uses_tables) {
        let items = items(stack, base, network, route_tables.clone());
        endpoints.tables = Some(items.attr("prefix_list_id"));
        endpoints.needed_at_start.push(items.whole());
    }
    let services = interfaces(&system);
    if !services.is_empty() {
        let why = if system.network.egress == Egress::None {
            "With no way to the internet, these are all that machines reach outside the network."
        } else if services.iter().all(|&service| service == VAULT) {
            "Secrets are read inside the network."
        } else if services.contains(VAULT) {
            "Secrets are read, and messages sent and taken, inside the network."
        } else {
            "Messages are sent and taken inside the network."
        };
        let policy = policy(stack, base, &services, secrets);
        let body = interface(stack, &services, Tier::Endpoint, network, groups).set_some("policy", policy);
        let endpoint = stack
            .module
            .comment(why)
            .resource("aws_vpc_endpoint", "interface", body);
        endpoints.needed_at_start.push(endpoint.whole());
    }
    if place::has_sessions(&system) {
        let (why, services) = match any_on(&system, Runtime::Vm) || stack.has_pods() {
            true => (
                "Session Manager needs no open port on a machine: each holds a channel to these two.",
                BTreeSet::from(["ssm", "ssmmessages"]),
            ),
            false => (
                "Session Manager needs no open port on a task: each holds a channel to this one.",
                BTreeSet::from(["ssmmessages"]),
            ),
        };
        let body = interface(stack, &services, Tier::Management, network, groups);
        stack
            .module
            .comment(why)
            .resource("aws_vpc_endpoint", "session_manager", body);
    }
    endpoints
}

/// The endpoint of tables: a gateway, like that of the object store.
fn items(stack: &mut Stack<'_>, base: &Base, network: &Network, route_tables: Expression) -> Address {
    let (actions, tables) = tables::passing(stack, base);
    let body = Block::new()
        .set("vpc_id", network.id.clone())
        .set("service_name", format!("com.amazonaws.{}.dynamodb", stack.region()))
        .set("vpc_endpoint_type", "Gateway")
        .set("route_table_ids", route_tables)
        .set("policy", own(base, "Items", &actions, tables))
        .set("tags", object! { "Name" => stack.name("dynamodb") });
    stack
        .module
        .comment("Tables are reached without address translation, and without its price.")
        .resource("aws_vpc_endpoint", "dynamodb", body)
}

/// A policy of an endpoint: who belongs to the account may do this, and nobody else.
fn own(base: &Base, sid: &str, actions: &[&'static str], resources: Expression) -> Expression {
    document([ours(base, sid, actions, resources)])
}

/// A statement of such a policy.
fn ours(base: &Base, sid: &str, actions: &[&'static str], resources: Expression) -> Statement {
    let condition = object! { "StringEquals" => object! { "aws:PrincipalAccount" => base.account.clone() } };
    Statement::allow(sid, actions, resources)
        .principal("*")
        .condition(condition)
}

/// True if a service in the network does this.
fn inside(stack: &Stack<'_>, does: fn(&Stack<'_>, Id<Service>) -> bool) -> bool {
    let mut ids = stack.system.services.iter().map(|(id, _)| id);
    ids.any(|id| place::is_inside(&stack.system, id) && does(stack, id))
}

/// What passes the endpoints: nothing but what the system's own machines do. Those without a policy here pass everything.
fn policy(stack: &Stack<'_>, base: &Base, services: &BTreeSet<&str>, secrets: &Secrets) -> Option<Expression> {
    let own = |sid: &str, actions: &[&'static str], resources: Expression| own(base, sid, actions, resources);
    let mut take = vec![
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    ];
    if !cluster::followed(stack).is_empty() {
        take.insert(2, cluster::COUNT);
    }
    let read = ["secretsmanager:GetSecretValue"];
    let of = |service: &str| match service {
        VAULT => Some(own("ReadSecrets", &read, secrets.arns())),
        QUEUES => Some(own("Messages", &take, queues::arns(stack, base))),
        TOPICS => Some(own("PublishMessages", &["sns:Publish"], topics::arns(stack, base))),
        STREAMS => {
            let (actions, streams) = streams::passing(stack, base);
            let records = ours(base, "Records", &actions, streams);
            let find =
                warehouses::reads_kinesis(&stack.system).then(|| ours(base, "Find", &[streams::FIND], "*".into()));
            Some(document(std::iter::once(records).chain(find)))
        }
        WORKFLOWS => {
            let (actions, workflows) = workflows::passing(stack, base);
            Some(own("StartWorkflows", &actions, workflows))
        }
        // Statements have no ARN.
        WAREHOUSES => Some(own("AskWarehouses", &warehouses::passing(), "*".into())),
        _ => None,
    };
    let policies = services.iter().filter_map(|&service| Some((service, of(service)?)));
    let mut policies: Vec<(&str, Expression)> = policies.collect();
    if policies.len() > 1 {
        let policies = expr::object(policies);
        return Some(expr::call("lookup", [policies, expr::each_key(), Expression::Null]));
    }
    let (service, policy) = policies.pop()?;
    if services.len() == 1 {
        return Some(policy);
    }
    let is_it = BinaryOp::new(expr::each_key(), BinaryOperator::Eq, Expression::from(service));
    Some(Expression::from(Conditional::new(is_it, policy, Expression::Null)))
}

/// Endpoints with addresses in a tier, one per service of AWS.
fn interface(stack: &Stack<'_>, services: &BTreeSet<&str>, tier: Tier, network: &Network, groups: &Groups) -> Block {
    let names = services.iter().map(|&service| Expression::from(service)).collect();
    Block::new()
        .set("for_each", expr::call("toset", [Expression::Array(names)]))
        .set("vpc_id", network.id.clone())
        .set(
            "service_name",
            template![format!("com.amazonaws.{}.", stack.region()), expr::each_key()],
        )
        .set("vpc_endpoint_type", "Interface")
        .set("private_dns_enabled", true)
        .set("subnet_ids", network.subnets(tier))
        .set("security_group_ids", groups.ids(Peer::Endpoints))
        .set(
            "tags",
            object! { "Name" => template![stack.name(""), expr::each_key()] },
        )
}
