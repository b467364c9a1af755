//! Who nodes are, and whom pods may be.

use std::collections::BTreeMap;

use super::all;
use crate::check::{GCP_SCALER, gcp_nodes};
use crate::ir::{NodePool, Service};
use crate::targets::gcp::Stack;
use crate::targets::gcp::identity::Registry;
use crate::targets::gcp::registry::{self, GRANT, READER};
use crate::targets::shared::cluster::namespace;
use crate::terraform::{Address, Block, expr};
use crate::{object, template};

/// What lets a Kubernetes service account act as one of the project.
const TRUST: &str = "roles/iam.workloadIdentityUser";
/// The namespace and the service account of what counts messages, as its chart has them.
const SCALER: &str = "keda/keda-operator";

/// Who the nodes of a pool are.
#[derive(Debug)]
pub(in crate::targets::gcp) struct Nodes {
    /// Their service account.
    pub account: Address,
    /// What it was granted.
    pub grants: Vec<Address>,
}

/// Adds the service accounts of the nodes, one for each pool, and what they need to be nodes.
pub(in crate::targets::gcp) fn accounts(stack: &mut Stack<'_>) {
    let system = stack.system;
    for pool in &system.pools {
        stack.module.file("identity", "");
        let part = gcp_nodes(pool);
        let body = Block::new()
            .set("account_id", stack.name(&part))
            .set("display_name", format!("{} nodes of {}", system.prefix, pool.name))
            .set("depends_on", stack.project.ready());
        let account = stack
            .module
            .comment("Who the nodes are; the pods on them are somebody else, each for itself.")
            .resource("google_service_account", &part, body);
        let member = account.attr("member");
        let body = Block::new()
            .set("project", stack.project.id())
            .set("role", "roles/container.defaultNodeServiceAccount")
            .set("member", member.clone());
        let logs = stack.module.comment("Logs and metrics, and nothing else.").resource(
            "google_project_iam_member",
            &part,
            body,
        );
        let mut grants = vec![logs];
        let images = images(stack, pool);
        if !images.is_empty() {
            let each = images.into_iter().map(|(key, it)| {
                let names =
                    object! { "project" => it.project, "location" => it.location, "repository" => it.repository };
                (key, names)
            });
            let body = Block::new()
                .set("for_each", expr::object(each))
                .set("project", expr::each_value(&["project"]))
                .set("location", expr::each_value(&["location"]))
                .set("repository", expr::each_value(&["repository"]))
                .set("role", READER)
                .set("member", member.clone());
            grants.push(stack.module.resource(GRANT, &format!("{part}_named"), body));
        }
        let own: Vec<&Service> = services(stack, pool).collect();
        grants.extend(registry::grant_each(stack, &part, &own, member));
        stack.nodes.insert(pool.name.clone(), Nodes { account, grants });
    }
}

fn services<'a>(stack: &Stack<'a>, pool: &'a NodePool) -> impl Iterator<Item = &'a Service> {
    let of = |service: &&Service| service.home.domain == pool.domain;
    all(stack.system).map(|(_, service)| service).filter(of)
}

/// The repositories of Artifact Registry that images of a pool's services are in already, by what they are known by in Terraform.
fn images<'a>(stack: &Stack<'a>, pool: &'a NodePool) -> BTreeMap<String, Registry<'a>> {
    let images = services(stack, pool).filter_map(|service| service.launch.reference());
    let registries = images.filter_map(Registry::of);
    registries
        .map(|it| (format!("{}/{}/{}", it.project, it.location, it.repository), it))
        .collect()
}

/// Lets the pods of each service act as the service's account, and what counts messages read how many wait.
pub(super) fn trust(stack: &mut Stack<'_>, control_plane: &Address) {
    let system = stack.system;
    stack.module.file("identity", "");
    for (id, service) in all(system) {
        let who = format!("{}/{}", namespace(system, id), service.name);
        let account = stack.accounts[&id].clone();
        trusted(stack, &service.name, &account, &who, control_plane);
    }
    if !all(system).any(|(_, service)| service.scale.queue_messages.is_some()) {
        return;
    }
    let body = Block::new()
        .set("account_id", account_id(&stack.name(GCP_SCALER)))
        .set("display_name", format!("{} {GCP_SCALER}", system.prefix))
        .set("depends_on", stack.project.ready());
    let account = stack.module.comment("KEDA counts the messages that wait.").resource(
        "google_service_account",
        GCP_SCALER,
        body,
    );
    let body = Block::new()
        .set("project", stack.project.id())
        .set("role", "roles/monitoring.viewer")
        .set("member", account.attr("member"));
    stack
        .module
        .comment("Reading metrics can be granted on the project only.")
        .resource("google_project_iam_member", GCP_SCALER, body);
    trusted(stack, GCP_SCALER, &account, SCALER, control_plane);
    stack.module.file("outputs", "");
    stack.module.output(
        "keda_account",
        account.attr("email"),
        "Who KEDA is, for the annotation of its service account.",
    );
}

/// An account's id has six characters at least.
fn account_id(name: &str) -> String {
    match name.len() {
        0..6 => format!("{name}-account"),
        _ => name.to_owned(),
    }
}

/// `who` is `NAMESPACE/NAME`.
fn trusted(stack: &mut Stack<'_>, name: &str, account: &Address, who: &str, control_plane: &Address) {
    let pool = control_plane.attr("workload_identity_config.0.workload_pool");
    let whole = template![
        "projects/",
        stack.project.id(),
        "/serviceAccounts/",
        account.attr("email")
    ];
    let body = Block::new()
        .set("service_account_id", whole)
        .set("role", TRUST)
        .set("member", template!["serviceAccount:", pool, format!("[{who}]")]);
    stack
        .module
        .resource("google_service_account_iam_member", &format!("{name}_pods"), body);
}
