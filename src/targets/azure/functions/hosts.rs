//! What functions run on: plans, the storage of their hosts, the account of their code, and where they send what they measure.

use std::collections::BTreeMap;

use hcl::expr::{Conditional, ForExpr};
use hcl::{Expression, Identifier};

use super::{CODE, EVENTS, hears_of_objects};
use crate::check::{AZURE_INSTANCES, function_places, function_plan};
use crate::ir::{Domain, Id};
use crate::list;
use crate::targets::azure::encryption::wait_for;
use crate::targets::azure::project::after;
use crate::targets::azure::secrets::{Endpoint, private_endpoint};
use crate::targets::azure::{Parts, Stack, storage};
use crate::terraform::{Address, Block, expr};

/// Sizes of an instance, and the MiB of memory that they have for functions.
const SIZES: [(&str, u32); 3] = [("EP1", 3072), ("EP2", 6144), ("EP3", u32::MAX)];
/// MiB that an app takes while it waits: its host, and the process of its language.
const WAITS: u32 = 250;
/// Days that packages and events which were removed can be brought back.
const KEEP_DAYS: u32 = 7;

/// What functions run on.
pub(in crate::targets::azure) struct Hosts<'a> {
    /// Plans, by domain.
    pub plans: BTreeMap<Option<Id<Domain>>, Address>,
    /// What all functions share.
    pub shared: &'a Shared,
    /// Where apps send what they measure.
    pub insights: Address,
}

/// Where the host of an app keeps what it has to remember.
pub(super) struct Memory {
    /// The storage account.
    pub account: Address,
    /// It can be reached from here on.
    pub endpoint: Address,
}

/// The account with the code, the events of buckets and the dead letters.
pub(in crate::targets::azure) struct Shared {
    /// The account.
    pub account: Address,
    /// Whoever runs Terraform may write to it from here on.
    pub ready: Address,
    /// Apps can reach it from here on.
    pub endpoints: Vec<Address>,
}

pub(super) fn lower<'a>(stack: &mut Stack<'_>, shared: &'a Shared, workspace: &Address) -> Hosts<'a> {
    let insights = insights(stack, workspace);
    let mut plans = BTreeMap::new();
    for domain in function_places(stack.system) {
        plans.insert(domain, lower_plan(stack, domain));
    }
    Hosts {
        plans,
        shared,
        insights,
    }
}

fn insights(stack: &mut Stack<'_>, workspace: &Address) -> Address {
    let body = stack
        .named(stack.prefixed("functions"))
        .set("workspace_id", workspace.id())
        .set("application_type", "web")
        .comment("Apps sign in with their identities: the connection string opens nothing.")
        .set("local_authentication_enabled", false)
        .set("tags", stack.tags());
    stack.module.resource("azurerm_application_insights", "functions", body)
}

fn lower_plan(stack: &mut Stack<'_>, domain: Option<Id<Domain>>) -> Address {
    let name = function_plan(stack.system, domain);
    stack.module.file("functions", "");
    let body = stack
        .named(stack.prefixed(&name))
        .set("os_type", "Linux")
        .comment("One instance runs always; more come and go with what there is to do.")
        .set("sku_name", size(stack, domain))
        .set("worker_count", 1)
        .set("maximum_elastic_worker_count", AZURE_INSTANCES)
        .set("tags", stack.tags());
    let plan = stack.module.resource("azurerm_service_plan", &name, body);
    let path = domain.map_or("functions".to_owned(), |domain| {
        stack.system.domains[domain].path.clone()
    });
    stack.built(&path, "plan of functions, Elastic Premium", &plan);
    plan
}

/// The account of one app: whoever may write to it may skip its events, and open its host.
pub(super) fn memory(stack: &mut Stack<'_>, parts: &Parts, name: &str, domain: Option<Id<Domain>>) -> Memory {
    let own = format!("{name}-host");
    let body =
        storage::account_of_queues(stack, parts, &own).set("depends_on", after([parts.encryption.ready.clone()]));
    stack
        .module
        .comment("What its host remembers: which instance does a task, how far it is with a stream, keys.");
    let account = stack.module.resource("azurerm_storage_account", &own, body);
    let endpoint = Endpoint {
        name: &own,
        resource: &account,
        subresource: "blob",
        zone: storage::ZONE,
        group: &parts.firewall.groups.function_hosts[&domain],
        each: false,
        after: vec![],
    };
    let endpoint = private_endpoint(stack, &parts.network.endpoint, &parts.zones, &endpoint).endpoint;
    Memory { account, endpoint }
}

/// The smallest instance that has the memory of the largest function, and of the apps beside it that wait.
fn size(stack: &Stack<'_>, domain: Option<Id<Domain>>) -> &'static str {
    let system = stack.system;
    let functions = system.functions();
    let own = functions.filter(|(_, service, _)| service.home.domain == domain);
    let own: Vec<u32> = own.map(|(_, _, function)| function.memory_mb).collect();
    let beside = u32::try_from(own.len().saturating_sub(1)).unwrap_or(u32::MAX);
    let largest = own.into_iter().max().unwrap_or_default();
    let memory = largest.saturating_add(beside.saturating_mul(WAITS));
    let mut sizes = SIZES.into_iter();
    sizes
        .find(|(_, there)| memory <= *there)
        .map_or("EP3", |(name, _)| name)
}

/// Nothing for a system without functions.
pub(in crate::targets::azure) fn shared(stack: &mut Stack<'_>, parts: &Parts) -> Option<Shared> {
    let system = stack.system;
    if function_places(system).is_empty() {
        return None;
    }
    stack.module.file("functions", "");
    let ranges = ranges(stack, parts);
    let rules = Block::new()
        .set("default_action", "Deny")
        .set("bypass", Expression::from(vec!["AzureServices"]))
        .set("ip_rules", ranges);
    let keep = Block::new().set("days", KEEP_DAYS);
    let blobs = Block::new()
        .block("delete_retention_policy", keep.clone())
        .block("container_delete_retention_policy", keep);
    let mut body = storage::account_of_queues(stack, parts, CODE).set("public_network_access_enabled", true);
    body.replace_blocks("network_rules", vec![rules]);
    let body = body
        .block("blob_properties", blobs)
        .set("depends_on", after([parts.encryption.ready.clone()]));
    stack.module.comment(
        "The code of functions, the events of buckets on their way to them, and dead letters. Its public address answers admin_cidrs, from\nwhere Terraform brings the code, and Azure's own services, which bring the events; functions use the private endpoint.",
    );
    let account = stack.module.resource("azurerm_storage_account", CODE, body);
    let mut endpoints = vec![];
    let group = parts.firewall.groups.function_code.as_ref();
    let queues = hears_of_objects(system).then_some((EVENTS, "queue", storage::QUEUE_ZONE));
    let wanted = [Some((CODE, "blob", storage::ZONE)), queues];
    for (name, subresource, zone) in wanted.into_iter().flatten() {
        let Some(group) = group else { continue };
        let endpoint = Endpoint {
            name,
            resource: &account,
            subresource,
            zone,
            group,
            each: false,
            after: vec![],
        };
        endpoints.push(private_endpoint(stack, &parts.network.endpoint, &parts.zones, &endpoint).endpoint);
    }
    stack.module.file("functions", "");
    let body = Block::new()
        .set("for_each", parts.vault.operators.clone())
        .set("scope", account.id())
        .set("role_definition_name", "Storage Blob Data Contributor")
        .set("principal_id", parts.vault.operator.clone());
    stack.module.comment("Whoever runs Terraform brings the code.");
    let granted = stack
        .module
        .resource("azurerm_role_assignment", "operator_functions", body);
    if hears_of_objects(system) {
        let body = Block::new()
            .set("for_each", parts.vault.operators.clone())
            .set("scope", account.id())
            .set("role_definition_name", "Storage Queue Data Contributor")
            .set("principal_id", parts.vault.operator.clone());
        stack.module.comment("They look at events that no function took.");
        stack
            .module
            .resource("azurerm_role_assignment", "operator_function_queues", body);
    }
    let ids = expr::call("join", [",".into(), granted.all("id")]);
    let about = "Until the grants have reached the account.";
    let ready = wait_for(stack, "operator_functions", about, [("grant", ids)]);
    Some(Shared {
        account,
        ready,
        endpoints,
    })
}

/// The ranges as storage accounts take them: a single address has no length, and two of them have none either.
fn ranges(stack: &mut Stack<'_>, parts: &Parts) -> Expression {
    let range = || expr::keyword("range");
    let ends = |length: &str| expr::call("endswith", [range(), length.into()]);
    let host = |number: i32| expr::call("cidrhost", [range(), number.into()]);
    let small = Expression::from(Conditional::new(ends("/31"), list![host(0), host(1)], list![range()]));
    let each = Expression::from(Conditional::new(ends("/32"), list![host(0)], small));
    let ranges = ForExpr::new(Identifier::unchecked("range"), parts.vault.admin_cidrs.clone(), each);
    stack
        .module
        .comment("Storage accounts take no ranges of one or two addresses: those are named one by one.");
    stack
        .module
        .local("admin_addresses", expr::call("flatten", [Expression::from(ranges)]))
}
