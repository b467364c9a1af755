//! The way from the load balancers to the gateway: the same ports on every node of the system's pool.

use std::collections::BTreeMap;

use hcl::Expression;
use hcl::Identifier;
use hcl::expr::ForExpr;

use crate::catalog;
use crate::check::gcp_nodes;
use crate::ir::{Exposure, NodePool};
use crate::targets::gcp::Stack;
use crate::targets::shared::cluster::ports::{NODE_INTERNAL, NODE_PUBLIC, NODE_STATUS};
use crate::targets::shared::cluster::{HEALTH, is_behind};
use crate::terraform::{Address, Block, expr};

/// What a load balancer's backend needs to lead to the gateway.
#[derive(Debug)]
pub(in crate::targets::gcp) struct Gateway {
    /// The instance group of each zone, by the zone.
    groups: Expression,
    check: Address,
    /// What names what belongs to it: `system-nodes`.
    part: String,
}

impl Gateway {
    /// What names the backend service of a load balancer.
    pub fn backend(&self, exposure: Exposure) -> String {
        format!("{}-{}", self.part, port_name(exposure))
    }

    /// The health checks of such a backend.
    pub fn checks(&self) -> Expression {
        Expression::Array(vec![self.check.id()])
    }

    /// The body of the dynamic block `backend`: the groups of all zones.
    pub fn groups(&self) -> Block {
        let content = Block::new()
            .set("group", expr::iterator("backend", &["value"]))
            .set("balancing_mode", "UTILIZATION")
            .set("max_utilization", 0.8)
            .set("capacity_scaler", 1.0);
        Block::new()
            .set("for_each", self.groups.clone())
            .block("content", content)
    }
}

/// What the port of a load balancer is called on the nodes.
pub(in crate::targets::gcp) fn port_name(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Public => "public",
        Exposure::Internal => "internal",
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, pools: &BTreeMap<String, Address>) -> Option<Gateway> {
    let system = stack.system;
    let exposures = [(Exposure::Public, NODE_PUBLIC), (Exposure::Internal, NODE_INTERNAL)];
    let exposures = exposures
        .into_iter()
        .filter(|(exposure, _)| is_behind(system, *exposure));
    let exposures: Vec<(Exposure, u16)> = exposures.collect();
    if exposures.is_empty() {
        return None;
    }
    let pool = system.pools.first()?;
    let nodes = &pools[NodePool::SYSTEM];
    let part = gcp_nodes(pool);
    stack.module.file("cluster", "");
    let zones = catalog::gcp_zones(stack.region(), system.network.zones);
    let groups = zones.iter().map(|zone| (zone.clone(), group(nodes, zone)));
    let groups = stack
        .module
        .comment("GKE makes a group of machines in every zone. The zones are known beforehand, the groups are not.")
        .local("gateway_groups", expr::object(groups));
    for (exposure, port) in exposures {
        let name = port_name(exposure);
        let body = Block::new()
            .set("for_each", groups.clone())
            .set("group", expr::each_value(&[]))
            .set("zone", expr::each_key())
            .set("name", name)
            .set("port", port)
            .block("lifecycle", Block::new().set("create_before_destroy", true));
        stack
            .module
            .comment("Where the gateway listens on the nodes, by a name that the load balancer knows.")
            .resource(
                "google_compute_instance_group_named_port",
                &format!("{part}-{name}"),
                body,
            );
    }
    let asks = Block::new().set("port", NODE_STATUS).set("request_path", HEALTH);
    let body = Block::new()
        .set("name", stack.name(&part))
        .set("region", stack.region())
        .set("check_interval_sec", 10)
        .set("timeout_sec", 5)
        .set("healthy_threshold", 2)
        .set("unhealthy_threshold", 3)
        .block("http_health_check", asks)
        .block("log_config", Block::new().set("enable", true))
        .set("depends_on", stack.project.ready());
    let check = stack
        .module
        .comment("A node without a pod of the gateway does not answer, and gets no requests.")
        .resource("google_compute_region_health_check", &part, body);
    Some(Gateway { groups, check, part })
}

/// The group of one zone.
fn group(nodes: &Address, zone: &str) -> Expression {
    let url = || expr::keyword("url");
    let urls = nodes.attr("managed_instance_group_urls");
    let here = expr::call("strcontains", [url(), format!("/zones/{zone}/").into()]);
    let found = ForExpr::new(Identifier::unchecked("url"), urls, url()).with_cond_expr(here);
    expr::call("one", [Expression::from(found)])
}
