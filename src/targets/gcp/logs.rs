//! Logs of the system in one bucket of Cloud Logging, kept as long as the blueprint says.

use super::containers::all;
use super::{Stack, apis, functions, is_machine, workflows};
use crate::ir::{Database, Readers};
use crate::template;
use crate::terraform::{Block, expr};

pub(super) fn lower(stack: &mut Stack<'_>) {
    stack.module.file("logs", "");
    let bucket = Block::new()
        .set("project", stack.project.id())
        .set("location", stack.region())
        .comment("The name of a deleted log bucket stays taken for a week.")
        .set("bucket_id", stack.unique_name("logs"))
        .set("retention_days", stack.system.log_days)
        .set("depends_on", stack.project.ready());
    let bucket = stack
        .module
        .comment("Containers, load balancers, firewall, flows and databases. The project's own log bucket keeps them too, for 30 days.")
        .resource("google_logging_project_bucket_config", "main", bucket);
    let sink = Block::new()
        .set("name", stack.system.prefix.as_str())
        .set("destination", template!["logging.googleapis.com/", bucket.id()])
        .set("filter", expr::heredoc([filter(stack).into()]));
    stack.module.resource("google_logging_project_sink", "main", sink);
}

/// Only what this system writes: the project may have others, and this one in other environments.
fn filter(stack: &Stack<'_>) -> String {
    let prefix = &stack.system.prefix;
    let services = stack.system.services.iter().map(|(_, item)| item);
    let services = services.filter(|item| is_machine(item));
    let services: Vec<&str> = services.map(|item| item.name.as_str()).collect();
    let machine = format!("=~\"^{prefix}-({})-[0-9a-z]+$\"", services.join("|"));
    let named = stack.system.apis.iter().filter(|(_, api)| api.domain.is_some());
    let named: String = named.map(|(_, api)| format!("|{}$", apis::part(api))).collect();
    let balancers = match named.is_empty() {
        true => "(internal|public)-".to_owned(),
        false => format!("((internal|public)-{named})"),
    };
    let rule = format!("resource.labels.forwarding_rule_name=~\"^{prefix}-{balancers}\"");
    let mut parts = vec![];
    let rules = format!(
        "(log_id(\"compute.googleapis.com/firewall\") AND jsonPayload.rule_details.reference=~\"/firewall:{prefix}-\")"
    );
    if !services.is_empty() {
        parts.extend([
            format!("(log_id(\"gcplogs-docker-driver\") AND jsonPayload.instance.name{machine})"),
            rules,
            format!(
                "(log_id(\"compute.googleapis.com/vpc_flows\") AND (jsonPayload.src_instance.vm_name{machine} OR jsonPayload.dest_instance.vm_name{machine}))"
            ),
        ]);
    } else if !stack.system.pools.is_empty() {
        parts.push(rules);
    }
    parts.extend(of_containers(stack));
    parts.extend(of_cluster(stack));
    parts.extend(of_runs(stack));
    if stack.system.public.is_some() || stack.system.apis.iter().any(|(_, api)| api.domain.is_some()) {
        parts.push(format!("(resource.type=\"http_external_regional_lb_rule\" AND {rule})"));
    }
    if stack.system.internal.is_some() {
        parts.push(format!("(resource.type=\"internal_http_lb_rule\" AND {rule})"));
    }
    if !stack.system.databases.is_empty() {
        let databases: Vec<&str> = stack
            .system
            .databases
            .iter()
            .map(|(_, item)| item.name.as_str())
            .collect();
        let names = databases.join("|");
        parts.push(format!(
            "(resource.type=\"cloudsql_database\" AND resource.labels.database_id=~\":{prefix}-({names})-[0-9a-f]+$\")"
        ));
    }
    let read = |database: &&Database| database.readers.is_some();
    for database in stack.system.databases.iter().map(|(_, item)| item).filter(read) {
        // Replicas have a number, the nodes of a pool names that Cloud SQL gives them.
        let rest = match database.readers {
            Some(Readers::Fixed(_)) => "[0-9]+-[0-9a-f]+$",
            _ => "",
        };
        let name = database.reader_name();
        parts.push(format!(
            "(resource.type=\"cloudsql_database\" AND resource.labels.database_id=~\":{prefix}-{name}-{rest}\")"
        ));
    }
    for (_, database, _) in stack.system.sharded() {
        let name = database.shard_name();
        parts.push(format!(
            "(resource.type=\"cloudsql_database\" AND resource.labels.database_id=~\":{prefix}-{name}-[a-z0-9]+-[0-9a-f]+$\")"
        ));
    }
    parts.join(" OR\n") + "\n"
}

/// What workflows and schedules say of themselves: runs, and times at which nothing could be started.
fn of_runs(stack: &Stack<'_>) -> Vec<String> {
    let (system, prefix) = (stack.system, &stack.system.prefix);
    let changes = functions::changes(system);
    let workflows = system.workflows.iter().map(|(_, item)| item.name.clone());
    let workflows: Vec<String> = workflows.chain(changes).collect();
    let jobs = functions::scheduled(system).map(|(_, service)| service.name.clone());
    let jobs: Vec<String> = jobs.chain(workflows::scheduled(system).map(str::to_owned)).collect();
    let kinds = [
        ("workflows.googleapis.com/Workflow", "workflow_id", workflows),
        ("cloud_scheduler_job", "job_id", jobs),
    ];
    let some = kinds.into_iter().filter(|(_, _, names)| !names.is_empty());
    let parts = some.map(|(kind, label, names)| {
        let names = names.join("|");
        format!("(resource.type=\"{kind}\" AND resource.labels.{label}=~\"^{prefix}-({names})$\")")
    });
    parts.collect()
}

/// What the cluster writes, its control plane and pods alike, and the flows of its nodes.
fn of_cluster(stack: &Stack<'_>) -> Vec<String> {
    if stack.system.pools.is_empty() {
        return vec![];
    }
    let prefix = &stack.system.prefix;
    let own = format!("subnetwork_name=\"{prefix}-nodes\"");
    vec![
        format!(
            "(resource.labels.cluster_name=\"{prefix}\" AND resource.labels.location=\"{}\")",
            stack.region()
        ),
        format!(
            "(log_id(\"compute.googleapis.com/vpc_flows\") AND (jsonPayload.src_vpc.{own} OR jsonPayload.dest_vpc.{own}))"
        ),
    ]
}

/// What Cloud Run writes, and the flows of its subnet: flow logs do not know containers by name.
fn of_containers(stack: &Stack<'_>) -> Vec<String> {
    let prefix = &stack.system.prefix;
    let named = |listens: bool| -> Vec<String> {
        let some = all(stack.system).filter(|(_, service)| service.listens() == listens);
        let some = some.map(|(_, service)| service.name.clone());
        let apis = stack.system.apis.iter().filter(|_| listens);
        some.chain(apis.map(|(_, api)| apis::part(api))).collect()
    };
    let kinds = [
        (true, "cloud_run_revision", "service_name"),
        (false, "cloud_run_worker_pool", "worker_pool_name"),
    ];
    let printed = kinds.into_iter().filter_map(|(listens, kind, label)| {
        let names = named(listens).join("|");
        let part = format!("(resource.type=\"{kind}\" AND resource.labels.{label}=~\"^{prefix}-({names})$\")");
        (!names.is_empty()).then_some(part)
    });
    let functions = stack.system.functions();
    let functions: Vec<&str> = functions.map(|(_, service, _)| service.name.as_str()).collect();
    let functions = functions.join("|");
    let part = format!(
        "(resource.type=\"cloud_run_revision\" AND resource.labels.service_name=~\"^{prefix}-({functions})$\")"
    );
    let functions = (!functions.is_empty()).then_some(part);
    let subnet = stack.network.containers_range().map(|_| {
        let own = format!("subnetwork_name=\"{prefix}-containers\"");
        format!(
            "(log_id(\"compute.googleapis.com/vpc_flows\") AND (jsonPayload.src_vpc.{own} OR jsonPayload.dest_vpc.{own}))"
        )
    });
    printed.chain(functions).chain(subnet).collect()
}
