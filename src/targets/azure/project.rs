//! Versions, provider, state, resource group.

use hcl::Expression;

use super::{Stack, dns_zones};
use crate::check::{Checked, function_places};
use crate::target::Target;
use crate::targets::shared::sources;
use crate::terraform::{Address, Block, Module, expr};
use crate::vocabulary::{Engine, Runtime};
use crate::{list, object};

/// What every resource refers to.
pub(super) struct Project {
    /// The resource group.
    pub group: Address,
    /// The random suffix of names that are unique in the world.
    pub suffix: Address,
    /// The tags.
    pub tags: Expression,
    /// Who runs Terraform.
    pub operator: Address,
}

pub(super) fn lower(system: &Checked<'_>, module: &mut Module) -> Project {
    module.file("versions", "");
    module.define("terraform", vec![], terraform(system));
    module.define("provider", vec!["azurerm".to_owned()], provider(system));
    dns_zones::providers(system, module);
    let operator = module.data("azurerm_client_config", "current", Block::new());
    module.comment("Part of the names that are unique in the world.");
    let suffix = module.resource("random_id", "suffix", Block::new().set("byte_length", 3));
    let tags = module.local("tags", expr::object(system.labels.clone()));
    let group = module.resource(
        "azurerm_resource_group",
        "main",
        Block::new()
            .set("name", system.prefix.as_str())
            .set("location", system.region())
            .set("tags", tags.clone()),
    );
    Project {
        group,
        suffix,
        tags,
        operator,
    }
}

fn terraform(system: &Checked<'_>) -> Block {
    let packs = sources::is_needed(system);
    let pin = |source: &str, version: &str| object! { "source" => source, "version" => version };
    Block::new()
        .set("required_version", ">= 1.11")
        .block(
            "required_providers",
            Block::new()
                .when(packs, |block| block.set("archive", pin("hashicorp/archive", "~> 2.7")))
                .set("azurerm", pin("hashicorp/azurerm", "~> 5.0"))
                .set("random", pin("hashicorp/random", "~> 3.7"))
                .set("time", pin("hashicorp/time", "~> 0.12")),
        )
        .when(true, |block| match backend(system) {
            Some(backend) => block.labelled("backend", &["azurerm"], backend),
            None => block,
        })
}

fn backend(system: &Checked<'_>) -> Option<Block> {
    let state = system.state.as_ref()?.azurerm.as_ref()?;
    Some(
        Block::new()
            .set_some("resource_group_name", state.resource_group.as_deref())
            .set_some("storage_account_name", state.account.as_deref())
            .set("container_name", state.bucket.as_str())
            .set("key", format!("{}.tfstate", system.prefix))
            .set("use_azuread_auth", true),
    )
}

fn provider(system: &Checked<'_>) -> Block {
    let subscription = system
        .accounts
        .azure
        .as_ref()
        .map(|account| account.subscription_id.as_str());
    let group = Block::new().set("prevent_deletion_if_contains_resources", false);
    let subscriptions = Block::new()
        .comment("A new subscription would take every message until its own rule is there.")
        .set("auto_delete_subscription_default_rule", true);
    let rules = Block::new()
        .comment("Azure would add an alarm of its own, which mails people whom nobody asked.")
        .set("disable_generated_rule", true);
    let features = Block::new()
        .when(!function_places(system).is_empty(), |features| {
            features.block("application_insights", rules)
        })
        .when(!system.topics.is_empty(), |features| {
            features.block("servicebus", subscriptions)
        })
        .block(
            "storage",
            Block::new()
                .comment("The accounts are closed to the network that Terraform runs from.")
                .set("data_plane_available", false),
        )
        // What Azure itself adds to the group would keep it from being destroyed.
        .when(!system.protect, |features| features.block("resource_group", group));
    Block::new()
        .set_some("subscription_id", subscription)
        .comment("Account keys are off: whatever reads or writes data signs in with Entra ID.")
        .set("storage_use_azuread", true)
        .set("resource_providers_to_register", resource_providers(system))
        .block("features", features)
}

/// Version 5 of the provider registers none by itself.
fn resource_providers(system: &Checked<'_>) -> Expression {
    let has = |engine: Engine| system.databases.iter().any(|(_, database)| database.engine == engine);
    let mut names = vec![
        "Microsoft.Compute",
        "Microsoft.Insights",
        "Microsoft.KeyVault",
        "Microsoft.ManagedIdentity",
        "Microsoft.Network",
        "Microsoft.OperationalInsights",
        "Microsoft.Storage",
    ];
    let messaging = !(system.queues.is_empty() && system.topics.is_empty());
    let functions = !function_places(system).is_empty();
    let hears = system
        .buckets
        .iter()
        .any(|(id, _)| system.notified_by(id).next().is_some());
    let on_containers = system
        .services
        .iter()
        .any(|(_, item)| item.runtime == Runtime::Container);
    let optional = [
        (!system.apis.is_empty(), "Microsoft.ApiManagement"),
        (on_containers, "Microsoft.App"),
        (!system.caches.is_empty(), "Microsoft.Cache"),
        (system.budget.is_some(), "Microsoft.Consumption"),
        (has(Engine::Mysql), "Microsoft.DBforMySQL"),
        (has(Engine::Postgres), "Microsoft.DBforPostgreSQL"),
        (messaging, "Microsoft.ServiceBus"),
        (!system.tables.is_empty(), "Microsoft.DocumentDB"),
        (!system.streams.is_empty(), "Microsoft.EventHub"),
        (hears, "Microsoft.EventGrid"),
        (system.registry.is_some(), "Microsoft.ContainerRegistry"),
        (!system.pools.is_empty(), "Microsoft.ContainerService"),
        (!system.pools.is_empty(), "Microsoft.OperationsManagement"),
        (!system.pools.is_empty(), "Microsoft.PolicyInsights"),
        (has(Engine::Sqlserver), "Microsoft.Sql"),
        // Subnets of API Management are delegated to it.
        (!system.apis.is_empty() || functions, "Microsoft.Web"),
        (!system.warehouses.is_empty(), "Microsoft.Kusto"),
        (!system.workflows.is_empty(), "Microsoft.Logic"),
    ];
    names.extend(optional.into_iter().filter_map(|(wanted, name)| wanted.then_some(name)));
    names.sort_unstable();
    Expression::Array(names.into_iter().map(Expression::from).collect())
}

impl Stack<'_> {
    /// The arguments that nearly every resource begins with.
    pub(super) fn named(&self, name: impl Into<Expression>) -> Block {
        Block::new()
            .set("name", name)
            .set("location", self.project.group.attr("location"))
            .set("resource_group_name", self.project.group.attr("name"))
    }

    /// The same for one resource of each of several things.
    pub(super) fn named_each(&self, things: impl Into<Expression>, name: impl Into<Expression>) -> Block {
        let body = Block::new().set("for_each", things);
        let named = self.named(name);
        named
            .attributes()
            .fold(body, |body, (name, value)| body.set(name, value.clone()))
    }

    /// `PREFIX-NAME`
    pub(super) fn prefixed(&self, name: &str) -> String {
        format!("{}-{name}", self.system.prefix)
    }

    /// The tags of every resource that takes some.
    pub(super) fn tags(&self) -> Expression {
        self.project.tags.clone()
    }

    /// Numbers of the zones that are used.
    pub(super) fn zones(&self) -> Expression {
        let zones = (1..=self.system.network.zones).map(|zone| Expression::from(zone.to_string()));
        Expression::Array(zones.collect())
    }

    /// All of a region's zones: Azure spreads an address over them whatever was asked for, and reports all three.
    pub(super) fn all_zones(&self) -> Expression {
        list!["1", "2", "3"]
    }

    /// True if a service runs on machines.
    pub(super) fn has_machines(&self) -> bool {
        self.system.services.iter().any(|(_, item)| item.runtime == Runtime::Vm)
    }

    /// Notes where a component went.
    pub(super) fn built(&mut self, path: &str, what: &str, address: &Address) {
        self.report.component(path, what, address.text());
    }
}

/// `depends_on`, in the order of the addresses.
pub(super) fn after(addresses: impl IntoIterator<Item = Address>) -> Expression {
    let mut addresses: Vec<Address> = addresses.into_iter().collect();
    addresses.sort();
    addresses.dedup();
    Expression::Array(addresses.iter().map(Address::whole).collect())
}

/// The identity of a service that uses one of ours.
pub(super) fn as_identity(identity: &Address) -> Block {
    Block::new()
        .set("type", "UserAssigned")
        .set("identity_ids", list![identity.id()])
}

/// The target.
pub(super) const TARGET: Target = Target::Azure;
