//! Findings of checkov that the output has on purpose.

mod functions;
mod workflows;

use super::database::replica;
use super::{Stack, cluster, edge, load_balancer};
use crate::catalog;
use crate::ir::{Balancer, Database, Exposure, Router, Sharding, Tls};
use crate::target::Target;
use crate::targets::shared;
use crate::vocabulary::Runtime;

/// The bucket that receives access logs.
const LOG_BUCKET: &str = "aws_s3_bucket.system_access_log_bucket";

pub(super) fn fill(stack: &mut Stack<'_>) {
    logs(stack);
    balancers(stack);
    buckets(stack);
    vault(stack);
    databases(stack);
    containers(stack);
    cluster_api(stack);
    caches(stack);
    apis(stack);
    functions::fill(stack);
    workflows::fill(stack);
}

fn apis(stack: &mut Stack<'_>) {
    for (_, api) in stack.system.apis.iter() {
        if api.routes.iter().any(|route| route.open) {
            let address = format!("aws_apigatewayv2_route.{}", local(&api.name));
            let why = "routes that the blueprint calls `open`: anybody may ask them, without a token";
            stack.report.skip("CKV_AWS_309", &address, why);
        }
    }
}

fn local(name: &str) -> String {
    name.replace('-', "_")
}

fn logs(stack: &mut Stack<'_>) {
    let days = stack.log_days();
    if days < 365 {
        let why = format!("logs are kept {days} days, as the blueprint says; the rule wants a year");
        stack.report.skip("CKV_AWS_338", "aws_cloudwatch_log_group.*", &why);
    }
}

fn balancers(stack: &mut Stack<'_>) {
    let system = stack.system;
    if edge::has_wildcard(stack) {
        let why = "it covers the host names of the routes, all of which lead to this load balancer";
        stack.report.skip("CKV2_AWS_71", "aws_acm_certificate.public", why);
    }
    for balancer in [&system.public, &system.internal].into_iter().flatten() {
        let name = load_balancer::name(balancer.exposure);
        let address = format!("aws_lb.{name}");
        if !system.protect {
            let why = "this environment may be destroyed";
            stack.report.skip("CKV_AWS_150", &address, why);
        }
        if balancer.tls(Target::Aws) == Tls::Off {
            plain(stack, balancer, &address);
        }
        targets(stack, balancer);
    }
    for (_, service) in system.services.iter().filter(|(_, service)| service.is_tcp()) {
        let address = format!("aws_lb.{}", local(&service.name));
        let why = "network load balancers log connections with TLS of their own only; the flow logs have all";
        stack.report.skip("CKV_AWS_91", &address, why);
        if !system.protect {
            let why = "this environment may be destroyed";
            stack.report.skip("CKV_AWS_150", &address, why);
        }
    }
    if system.public.is_some() {
        let address = "aws_vpc_security_group_ingress_rule.internet_to_internet_load_balancer_80";
        let why = "port 80 is where browsers begin; with a certificate it only redirects";
        stack.report.skip("CKV_AWS_260", address, why);
    }
}

/// A load balancer that speaks HTTP.
fn plain(stack: &mut Stack<'_>, balancer: &Balancer, address: &str) {
    let why = match balancer.exposure {
        Exposure::Public => "the blueprint names neither a certificate nor a domain to request one for",
        Exposure::Internal => "no certificate is named for the private names; the traffic stays inside the network",
    };
    for listener in &balancer.listeners {
        let listener = match balancer.exposure {
            Exposure::Public => "aws_lb_listener.public_http".to_owned(),
            Exposure::Internal => format!("aws_lb_listener.internal_{}", listener.port),
        };
        for check in ["CKV_AWS_2", "CKV_AWS_103"] {
            stack.report.skip(check, &listener, why);
        }
    }
    stack.report.skip("CKV2_AWS_20", address, why);
}

/// Target groups speak HTTP. The rule accepts that behind the default action of a listener with TLS, but sees no listener rules.
fn targets(stack: &mut Stack<'_>, balancer: &Balancer) {
    let system = stack.system;
    let tls = balancer.tls(Target::Aws) != Tls::Off;
    for route in balancer.listeners.iter().flat_map(|listener| &listener.routes) {
        if tls && route.is_default() {
            continue;
        }
        if system.pool_of(route.service).is_some() {
            continue;
        }
        let service = local(&system.services[route.service].name);
        let address = format!(
            "aws_lb_target_group.{}_{service}",
            load_balancer::name(balancer.exposure)
        );
        let why = "TLS ends at the load balancer; the service itself speaks HTTP";
        stack.report.skip("CKV_AWS_378", &address, why);
    }
    let mut routes = balancer.listeners.iter().flat_map(|listener| &listener.routes);
    if routes.any(|route| system.pool_of(route.service).is_some()) {
        gateway(stack, balancer.exposure);
    }
}

/// The gateway of the cluster behind a load balancer.
fn gateway(stack: &mut Stack<'_>, exposure: Exposure) {
    let local = cluster::gateway::local(exposure);
    let why = "TLS ends at the load balancer; the gateway behind it speaks HTTP";
    let address = format!("aws_lb_target_group.{local}");
    stack.report.skip("CKV_AWS_378", &address, why);
    let why =
        "a node without a pod of the gateway does not answer, and is healthy; EKS watches and replaces nodes itself";
    let address = format!("aws_autoscaling_attachment.{local}");
    stack.report.skip("CKV2_AWS_15", &address, why);
}

/// The cluster, and the key of its nodes' disks.
fn cluster_api(stack: &mut Stack<'_>) {
    let system = stack.system;
    if !stack.has_pods() {
        return;
    }
    shared::cluster::skips(&system, &mut stack.report);
    let found = [
        (
            "CKV_K8S_9",
            "no traffic is led to it, so nobody waits for it to be ready",
        ),
        ("CKV_K8S_38", "it asks the API of the cluster which pods find no room"),
        (
            "CKV_K8S_43",
            "its version follows that of the cluster; Kubernetes' registry moves no tag",
        ),
    ];
    for (check, why) in found {
        stack.report.skip(check, "Deployment cluster-autoscaler", why);
    }
    let found = [
        (
            &["CKV_K8S_23", "CKV_K8S_40"][..],
            "what containers write belongs to the user 0 of the node; it has no capability",
        ),
        (&["CKV_K8S_43"], "its version comes with cloudgen, by tag"),
    ];
    for (checks, why) in found {
        for check in checks {
            stack.report.skip(check, "DaemonSet fluent-bit", why);
        }
    }
    if !system.cluster.api_cidrs.is_empty() {
        let why = "the blueprint names the address ranges that reach the API from outside";
        stack.report.skip("CKV_AWS_39", "aws_eks_cluster.main", why);
    }
    let known = ["1.29", "1.30", "1.31", "1.32", "1.33", "1.34", "1.35"];
    if !known.contains(&catalog::eks_version(&system.cluster)) {
        let why = "EKS supports the version; the rule does not know it yet";
        stack.report.skip("CKV_AWS_339", "aws_eks_cluster.main", why);
    }
}

fn buckets(stack: &mut Stack<'_>) {
    let system = stack.system;
    let (mut addresses, mut notified) = (vec![], vec![]);
    for (id, item) in system.buckets.iter() {
        let address = format!("aws_s3_bucket.{}", local(&item.name));
        if system.notified_by(id).next().is_some() {
            notified.push(address.clone());
        }
        if !item.versioning {
            stack
                .report
                .skip("CKV_AWS_21", &address, "the blueprint switches versioning off");
        }
        addresses.push(address);
    }
    if super::logs::wanted(&system) {
        let why = "load balancers deliver only to buckets that S3 encrypts with its own key";
        stack.report.skip("CKV_AWS_145", LOG_BUCKET, why);
        if system.buckets.is_empty() {
            let why = "it receives access logs and has none of its own";
            stack.report.skip("CKV_AWS_18", LOG_BUCKET, why);
        }
        addresses.push(LOG_BUCKET.to_owned());
    }
    for address in addresses {
        let why = "a copy in a second region is not asked for; versions protect against mistakes";
        stack.report.skip("CKV_AWS_144", &address, why);
        if !notified.contains(&address) {
            stack
                .report
                .skip("CKV2_AWS_62", &address, "nothing listens to events of the bucket");
        }
    }
}

fn vault(stack: &mut Stack<'_>) {
    let system = stack.system;
    for (_, item) in system.databases.iter() {
        let address = format!("aws_secretsmanager_secret.{}", local(&item.name));
        let why =
            "applications read the password when they start: it is rotated by a variable, together with a restart";
        stack.report.skip("CKV2_AWS_57", &address, why);
        if let Some(sharding) = &item.sharding {
            shards(stack, item, sharding, why);
        }
    }
    for (_, item) in system.secrets.iter() {
        let address = format!("aws_secretsmanager_secret.{}", local(&item.name));
        stack
            .report
            .skip("CKV2_AWS_57", &address, "its owner fills and rotates it");
    }
}

fn caches(stack: &mut Stack<'_>) {
    let system = stack.system;
    for (id, item) in system.caches.iter() {
        let name = local(&item.name);
        if !super::caches::logins(&system, id).is_empty() {
            let why = "applications read the passwords when they start: they are rotated by a variable, together with a restart";
            let address = format!("aws_secretsmanager_secret.{name}");
            stack.report.skip("CKV2_AWS_57", &address, why);
        }
        if !item.multi_zone {
            let address = format!("aws_elasticache_replication_group.{name}");
            let why = "the blueprint asks for one zone";
            stack.report.skip("CKV2_AWS_50", &address, why);
        }
    }
}

/// Entries of the vault beside the database's own.
fn shards(stack: &mut Stack<'_>, item: &Database, sharding: &Sharding, why: &str) {
    let mut skip = |name: String, why: &str| {
        let address = format!("aws_secretsmanager_secret.{}", local(&name));
        stack.report.skip("CKV2_AWS_57", &address, why);
    };
    skip(item.shard_name(), why);
    match sharding.router {
        Router::Proxy(_) => skip(item.proxy_name(), why),
        Router::Application => skip(format!("{}-map", item.shard_name()), "it is no secret"),
    }
}

fn replicas(stack: &mut Stack<'_>, item: &Database) {
    let address = format!("aws_db_instance.{}", local(&replica::name(item)));
    let why = match item.replica_keys().len() {
        1 => "a replica has no standby of its own, and the blueprint asks for one replica",
        _ => "a replica has no standby of its own: the others take its readers",
    };
    stack.report.skip("CKV_AWS_157", &address, why);
    if !stack.system.protect {
        let why = "this environment may be destroyed";
        stack.report.skip("CKV_AWS_293", &address, why);
    }
}

fn databases(stack: &mut Stack<'_>) {
    let system = stack.system;
    for (_, item) in system.databases.iter() {
        let shards = item.sharding.as_ref().map(|_| item.shard_name());
        for name in [item.name.clone()].into_iter().chain(shards) {
            let address = format!("aws_db_instance.{}", local(&name));
            if !system.protect {
                let why = "this environment may be destroyed";
                stack.report.skip("CKV_AWS_293", &address, why);
            }
            if !item.multi_zone {
                stack
                    .report
                    .skip("CKV_AWS_157", &address, "the blueprint asks for one zone");
            }
        }
        if item.readers.is_some() {
            replicas(stack, item);
        }
    }
}

fn containers(stack: &mut Stack<'_>) {
    let services = stack.system.services.iter();
    for (_, service) in services.filter(|(_, service)| service.runtime == Runtime::Container) {
        let address = format!("aws_ecs_task_definition.{}", local(&service.name));
        let why = "many images write beside their data; the disk is encrypted and goes with its task";
        stack.report.skip("CKV_AWS_336", &address, why);
    }
}
