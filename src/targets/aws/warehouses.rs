//! Warehouses: a namespace and a workgroup of Redshift Serverless each, whose tables are made by statements.
//!
//! Nobody opens a connection to one: services ask over Redshift's data API, which knows them by their roles.

mod connections;
mod flow;
pub(super) mod runbook;
mod statements;
mod upkeep;

use hcl::Expression;

use super::compute::Parts;
use super::encryption::Keys;
use super::endpoint::Endpoints;
use super::firewall::{self, Groups};
use super::network::Network;
use super::policy::Statement;
use super::streams::Streams;
use super::{Base, Stack, logs};
use crate::check::Checked;
use crate::ir::{Id, Resource, Service, Tier, Warehouse};
use crate::list;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::WarehouseSize;

pub(super) use upkeep::lower as fill;

/// The logs that Redshift writes: who came, what was asked, and what became of users.
const LOGS: [&str; 3] = ["connectionlog", "useractivitylog", "userlog"];

/// What starts statements, and what follows them.
const ASK: [&str; 2] = ["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"];
const LOOK: [&str; 3] = [
    "redshift-data:CancelStatement",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
];

/// The warehouses of the system.
#[derive(Default)]
pub(super) struct Warehouses {
    found: Vec<(Id<Warehouse>, Found)>,
}

/// One of them.
pub(super) struct Found {
    namespace: Address,
    workgroup: Address,
    /// What reads streams for it.
    reader: Option<Address>,
    /// What reading them needs.
    ready: Vec<Expression>,
}

impl Found {
    /// The ARN of the workgroup, as policies name it.
    fn arn(&self, stack: &Stack<'_>, base: &Base) -> Expression {
        crate::template![
            format!("arn:aws:redshift-serverless:{}:", stack.region()),
            base.account.clone(),
            ":workgroup/",
            self.workgroup.attr("workgroup_id")
        ]
    }
}

impl Warehouses {
    fn get(&self, id: Id<Warehouse>) -> &Found {
        self.found
            .iter()
            .find_map(|(other, found)| (*other == id).then_some(found))
            .unwrap_or_else(|| unreachable!("every warehouse of the system has been added"))
    }
}

/// Processing units of Redshift (RPU), each with 16 GB of memory: those that a question has at once, and those of all together.
fn capacity(size: WarehouseSize) -> (u32, u32) {
    match size {
        WarehouseSize::Small => (8, 32),
        WarehouseSize::Medium => (32, 128),
        WarehouseSize::Large => (128, 512),
    }
}

/// True if records of Kinesis become rows: Redshift reads them from inside the network.
pub(super) fn reads_kinesis(system: &Checked<'_>) -> bool {
    let tables = system.warehouses.iter().flat_map(|(_, item)| &item.tables);
    let mut streams = tables.filter_map(|table| table.stream);
    streams.any(|stream| !system.streams[stream].kafka)
}

/// Adds the warehouses, without what is in them.
pub(super) fn lower(
    stack: &mut Stack<'_>,
    (base, keys): (&Base, &Keys),
    (network, groups, endpoints): (&Network, &Groups, &Endpoints),
    streams: &Streams,
) -> Warehouses {
    let system = stack.system;
    let mut warehouses = Warehouses::default();
    for (id, item) in system.warehouses.iter() {
        stack.module.file("firewall", "");
        let group = firewall::group(stack, network, &item.name, format!("Warehouse {}", item.name));
        let mut ready = connections::lower(stack, item, &group, groups, streams);
        ready.extend(endpoints.needed_at_start.iter().cloned());
        let reader = connections::reader(stack, item, (base, keys), streams);
        ready.extend(reader.iter().map(|(_, grants)| grants.whole()));
        let reader = reader.map(|(role, _)| role);
        stack.module.file("warehouses", "");
        let name = stack.name(&item.name);
        let log_groups = log_groups(stack, item, keys);
        let kept = Block::new().set("prevent_destroy", true);
        let roles = reader.as_ref().map(|role| list![role.attr("arn")]);
        let body = Block::new()
            .set("namespace_name", name.as_str())
            .set("db_name", item.database())
            .comment("Redshift makes the password, keeps it in Secrets Manager and changes it: nobody else sees it.")
            .set("manage_admin_password", true)
            .set("admin_password_secret_kms_key_id", keys.data.attr("arn"))
            .set("kms_key_id", keys.data.attr("arn"))
            .set_some("iam_roles", roles)
            .set("log_exports", Expression::Array(LOGS.map(Expression::from).into()))
            .when(system.protect, |block| block.block("lifecycle", kept))
            .set("depends_on", list![log_groups.whole()]);
        let namespace = stack
            .module
            .resource("aws_redshiftserverless_namespace", &item.name, body);
        let (base_capacity, max_capacity) = capacity(item.size);
        let body = Block::new()
            .set("workgroup_name", name)
            .set("namespace_name", namespace.attr("namespace_name"))
            .comment("Processing units of a question, and of all at once: paid for by the second while one runs.")
            .set("base_capacity", base_capacity)
            .set("max_capacity", max_capacity)
            .set("subnet_ids", network.subnets(Tier::Data))
            .set("security_group_ids", list![group.id()])
            .set("publicly_accessible", false)
            .comment("What it reads and writes goes through the network, past its rules and its flow log.")
            .set("enhanced_vpc_routing", true);
        let workgroup = stack
            .module
            .resource("aws_redshiftserverless_workgroup", &item.name, body);
        stack
            .report
            .component(&item.path, "Redshift Serverless workgroup", workgroup.text());
        let found = Found {
            namespace,
            workgroup,
            reader,
            ready,
        };
        warehouses.found.push((id, found));
    }
    warehouses
}

/// The log groups of a warehouse, by what is written there.
fn log_groups(stack: &mut Stack<'_>, item: &Warehouse, keys: &Keys) -> Address {
    let names = Expression::Array(LOGS.map(Expression::from).into());
    let name = crate::template![format!("/aws/redshift/{}/", stack.name(&item.name)), expr::each_key()];
    let group = logs::group(stack, keys, name);
    let mut body = Block::new().set("for_each", expr::call("toset", [names]));
    for (name, value) in group.attributes() {
        body = body.set(name, value.clone());
    }
    stack
        .module
        .comment("Made here, so that Redshift does not make them without a key and without an end.")
        .resource("aws_cloudwatch_log_group", &local(item, "logs"), body)
}

/// A local name that no component has: services have roles and log groups too.
fn local(item: &Warehouse, what: &str) -> String {
    format!("{}_warehouse_and_its_{what}", item.name)
}

/// The user that a role is in a warehouse.
fn user(stack: &Stack<'_>, role: &str) -> String {
    format!("IAMR:{}", stack.name(role))
}

/// What a service's links to warehouses allow: to come with its role. What it may do there is granted there, table by table.
pub(super) fn granted(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Vec<Statement> {
    let used = stack.system.grants_of(id).filter_map(|grant| match grant.resource {
        Resource::Warehouse(warehouse) => Some(parts.warehouses.get(warehouse).arn(stack, parts.base)),
        _ => None,
    });
    let used: Vec<Expression> = used.collect();
    if used.is_empty() {
        return vec![];
    }
    let own = crate::object! { "redshift-data:statement-owner-iam-userid" => "${aws:userid}" };
    vec![
        Statement::allow(
            "LogInToWarehouses",
            &["redshift-serverless:GetCredentials"],
            Expression::Array(used.clone()),
        ),
        Statement::allow("AskWarehouses", &ASK, Expression::Array(used)),
        // Statements have no ARN: everybody sees their own.
        Statement::allow("OwnStatements", &LOOK, "*").condition(crate::object! { "StringEquals" => own }),
    ]
}

/// What passes the endpoint of the network.
pub(super) fn passing() -> Vec<&'static str> {
    let mut actions: Vec<&str> = ASK.into_iter().chain(LOOK).collect();
    actions.sort_unstable();
    actions
}
