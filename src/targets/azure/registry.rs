//! The registry of the system's own images.

pub(super) mod readme;

use hcl::expr::ForExpr;
use hcl::{Expression, Identifier};

use super::database::lifecycle;
use super::project::{after, as_identity};
use super::secrets::{Endpoint, Reached, private_endpoint};
use super::{Parts, Stack, names};
use crate::ir::{Image, Service};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Runtime;
use crate::{list, object, template};

/// The zone of a registry's private endpoint.
pub(super) const ZONE: &str = "privatelink.azurecr.io";
/// What its endpoint and its security group are called.
pub(super) const NAME: &str = "registry";
/// Days that an image stays which no tag names any more.
const UNTAGGED_DAYS: u32 = 7;

/// The registry.
pub(super) struct Registry {
    /// The registry.
    pub registry: Address,
    /// It can be reached from here on.
    pub reached: [Address; 2],
    /// Nodes of the cluster pull from it.
    pub feeds_nodes: bool,
}

impl Registry {
    /// Its host name.
    pub fn host(&self) -> Expression {
        self.registry.attr("login_server")
    }

    /// The reference of an image of its own.
    pub fn image(&self, stack: &Stack<'_>, image: &Image) -> Option<Expression> {
        match image {
            Image::Own { .. } => Some(template![self.host(), stack.system.image_at("", image)]),
            Image::Reference(_) => None,
        }
    }
}

/// True for a service whose image is in the system's own registry.
pub(super) fn is_own(service: &Service) -> bool {
    matches!(service.launch.image(), Some(Image::Own { .. }))
}

/// Nothing for a system without a registry.
pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts) -> Option<Registry> {
    let system = stack.system;
    let (group, keep) = (parts.firewall.groups.registry.as_ref()?, system.registry?.keep_images);
    stack.module.file("registry", "");
    let key = object! {
        "identity_client_id" => parts.encryption.identity.attr("client_id"),
        "key_vault_key_id" => parts.encryption.key.attr("versionless_id"),
    };
    let range = object! { "action" => "Allow", "ip_range" => expr::keyword("range") };
    let ranges = ForExpr::new(Identifier::unchecked("range"), parts.vault.admin_cidrs.clone(), range);
    let rules = object! { "default_action" => "Deny", "ip_rule" => Expression::from(ranges) };
    let name = names::account(&system.prefix, NAME);
    let body = stack
        .named(template![name, stack.project.suffix.attr("hex")])
        .comment("Premium alone has private endpoints and a key of our own.")
        .set("sku", "Premium")
        .set("admin_enabled", false)
        .set(
            "public_network_access_enabled",
            expr::not_empty(parts.vault.admin_cidrs.clone()),
        )
        .set("network_rule_set", list![rules])
        .comment("The task that removes old images is Azure's, and outside of the network.")
        .set("network_rule_bypass_for_tasks_enabled", true)
        .comment("Layers come from an address of the registry's own.")
        .set("data_endpoint_enabled", true)
        .set("zone_redundancy_enabled", true)
        .set("retention_policy_in_days", UNTAGGED_DAYS)
        .comment("Named without a version, a rotated key is taken by itself.")
        .set("encryption", list![key])
        .set("tags", stack.tags())
        .block("identity", as_identity(&parts.encryption.identity))
        .block_some("lifecycle", lifecycle(system.protect, &[]))
        .set("depends_on", after([parts.encryption.ready.clone()]));
    stack
        .module
        .comment("Images are pushed from admin_cidrs, and pulled over the private endpoint.");
    let registry = stack.module.resource("azurerm_container_registry", "main", body);
    let endpoint = Endpoint {
        name: NAME,
        resource: &registry,
        subresource: "registry",
        zone: ZONE,
        group,
        each: false,
        after: vec![],
    };
    let Reached { endpoint, grouped } = private_endpoint(stack, &parts.network.endpoint, &parts.zones, &endpoint);
    stack.module.file("registry", "");
    purge(stack, &registry, keep);
    stack.built("registry", "Azure Container Registry", &registry);
    stack.module.output(
        "registry",
        registry.attr("login_server"),
        "Host name of the registry: images are pushed to it.",
    );
    let services = || system.services.iter().map(|(_, service)| service);
    let feeds_nodes = services().any(|service| is_own(service) && service.runtime == Runtime::Kubernetes);
    Some(Registry {
        registry,
        reached: [endpoint, grouped],
        feeds_nodes,
    })
}

/// Once a week, what is older than the images that are kept goes.
fn purge(stack: &mut Stack<'_>, registry: &Address, keep: u32) {
    let names = stack.system.repositories.iter().map(|(_, repository)| &repository.name);
    let filters: Vec<String> = names.map(|name| format!("--filter '{name}:.*'")).collect();
    if filters.is_empty() {
        return;
    }
    let task = [
        "version: v1.1.0".to_owned(),
        "steps:".to_owned(),
        format!("  - cmd: acr purge {} --ago 0d --keep {keep}", filters.join(" ")),
        "    disableWorkingDirectoryOverride: true".to_owned(),
        "    timeout: 3600\n".to_owned(),
    ];
    let task = expr::heredoc([expr::Part::from(task.join("\n").as_str())]);
    let step = Block::new().set("task_content", expr::call("base64encode", [task]));
    let login = Block::new()
        .set("login_server", registry.attr("login_server"))
        .set("identity", "[system]");
    let timer = Block::new().set("name", "weekly").set("schedule", "0 1 * * Sun");
    let body = Block::new()
        .set("name", "purge")
        .set("container_registry_id", registry.id())
        .set("tags", stack.tags())
        .block("platform", Block::new().set("os", "Linux"))
        .block("agent_setting", Block::new().set("cpu", 2))
        .block("encoded_step", step)
        .block("identity", Block::new().set("type", "SystemAssigned"))
        .block("registry_credential", Block::new().block("custom", login))
        .block("timer_trigger", timer);
    stack.module.comment(&format!(
        "Keeps the latest {keep} images of each name, with an identity of its own."
    ));
    let task = stack.module.resource("azurerm_container_registry_task", "purge", body);
    let roles = [("delete", "AcrDelete"), ("pull", "AcrPull")];
    let body = Block::new()
        .set("for_each", expr::object(roles))
        .set("scope", registry.id())
        .set("role_definition_name", expr::each_value(&[]))
        .set("principal_id", task.attr("identity.0.principal_id"))
        .set("principal_type", "ServicePrincipal");
    stack.module.resource("azurerm_role_assignment", "registry_purge", body);
}
