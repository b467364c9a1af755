//! What every app on a plan of functions has, whoever wrote its code.

use hcl::Expression;

use super::hosts::{Hosts, Memory};
use super::{app_name, role};
use crate::check::function_plan;
use crate::ir::{Domain, Id};
use crate::targets::azure::Stack;
use crate::targets::azure::compute::Plan;
use crate::targets::azure::project::{after, as_identity};
use crate::terraform::{Address, Block, expr};

/// An app.
pub(super) struct Shell<'a> {
    /// Its name in the system.
    pub name: &'a str,
    /// Whose plan it runs on.
    pub domain: Option<Id<Domain>>,
    /// What its host remembers.
    pub memory: &'a Memory,
    /// What it signs in as.
    pub identity: &'a Address,
    /// What it is told.
    pub settings: Expression,
    /// How it runs.
    pub site: Block,
    /// Anybody may call it.
    pub open: bool,
    /// Its code is an image.
    pub of_image: bool,
    /// What it waits for, besides what every app does.
    pub waits: Vec<Address>,
}

impl Shell<'_> {
    /// The arguments of the app.
    pub fn body(self, stack: &Stack<'_>, plan: &Plan<'_>, hosts: &Hosts<'_>) -> Block {
        let subnet = plan.parts.network.functions.get(&self.domain);
        let mut waits = self.waits;
        waits.extend(hosts.shared.endpoints.clone());
        waits.push(self.memory.endpoint.clone());
        waits.push(plan.parts.vault.endpoint.clone());
        waits.push(plan.parts.zones.linked.clone());
        waits.extend(plan.parts.firewall.guard(&function_plan(stack.system, self.domain)));
        stack
            .named(app_name(stack, self.name))
            .set("service_plan_id", hosts.plans[&self.domain].id())
            .set("storage_account_name", self.memory.account.attr("name"))
            .set("storage_uses_managed_identity", true)
            .comment("A share would know keys only, and nothing of the app is kept on one.")
            .set("content_share_force_disabled", true)
            .set("builtin_logging_enabled", false)
            .set("https_only", true)
            .when(self.open, |body| {
                body.comment("Anybody may call it: `open` in the blueprint.")
            })
            .set("public_network_access_enabled", self.open)
            .set("ftp_publish_basic_authentication_enabled", false)
            .set("webdeploy_publish_basic_authentication_enabled", false)
            .set_some("virtual_network_subnet_id", subnet.map(|subnet| subnet.id.clone()))
            .when(self.of_image, |body| body.set("vnet_image_pull_enabled", true))
            .set("key_vault_reference_identity_id", self.identity.id())
            .set("app_settings", self.settings)
            .set("tags", stack.tags())
            .block("identity", as_identity(self.identity))
            .block("site_config", self.site)
            .comment("What the first start needs: its code, whatever it reads, and the right to read it.")
            .set("depends_on", after(waits))
    }
}

/// How an app runs.
pub(super) fn site(hosts: &Hosts<'_>, instances: u32, warm: u32) -> Block {
    Block::new()
        .set("app_scale_limit", instances)
        .set("elastic_instance_minimum", warm.max(1).min(instances))
        .comment("Events behind private endpoints start instances too.")
        .set("runtime_scale_monitoring_enabled", true)
        .set("vnet_route_all_enabled", true)
        .set("minimum_tls_version", "1.2")
        .set("http2_enabled", true)
        .set(
            "application_insights_connection_string",
            hosts.insights.attr("connection_string"),
        )
}

/// What every app may do: run.
pub(super) fn running(hosts: &Hosts<'_>, memory: &Memory, code: Option<&Address>) -> Vec<(String, Expression)> {
    let mut grants = vec![
        ("host".to_owned(), role("Storage Blob Data Owner", memory.account.id())),
        (
            "telemetry".to_owned(),
            role("Monitoring Metrics Publisher", hosts.insights.id()),
        ),
    ];
    grants.extend(code.map(|container| ("code".to_owned(), role("Storage Blob Data Reader", container.id()))));
    grants
}

/// Lets an app do what running takes besides its links.
pub(super) fn hosted(
    stack: &mut Stack<'_>,
    name: &str,
    identity: &Address,
    mut grants: Vec<(String, Expression)>,
) -> Address {
    grants.sort_by(|(one, _), (other, _)| one.cmp(other));
    let body = Block::new()
        .set("for_each", expr::object(grants))
        .set("scope", expr::each_value(&["scope"]))
        .set("role_definition_name", expr::each_value(&["role"]))
        .set("principal_id", identity.attr("principal_id"))
        .set("principal_type", "ServicePrincipal");
    stack.module.comment("What running takes besides the links.");
    let name = format!("{name}-host");
    stack.module.resource("azurerm_role_assignment", &name, body)
}
