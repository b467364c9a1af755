//! Versions, providers, state, the project and its APIs.

use hcl::Expression;

use super::{containers, functions, warehouses, workflows};
use crate::check::Checked;
use crate::ir::Tls;
use crate::target::Target;
use crate::terraform::{Address, Block, Module, expr};
use crate::{list, object};

/// The project that everything is in.
#[derive(Debug)]
pub(super) struct Project {
    /// `data.google_project`: id and number.
    pub data: Address,
    /// The APIs that are switched on.
    pub apis: Address,
    /// `random_id`: makes names unique.
    pub suffix: Address,
}

impl Project {
    /// The project's id.
    pub fn id(&self) -> Expression {
        self.data.attr("project_id")
    }

    /// `depends_on` of what has no reference to anything that waits for the APIs.
    pub fn ready(&self) -> Expression {
        list![self.apis.whole()]
    }
}

/// Versions of the providers that know every argument used here: the oldest is the one that they were checked against.
const GOOGLE: &str = "~> 7.45";

pub(super) fn lower(system: &Checked<'_>, module: &mut Module) -> Project {
    module.file("versions", "");
    let provider = |source: &str, version: &str| object! { "source" => source, "version" => version };
    let beta = super::encryption::has_identities(system);
    let sources = functions::of_source(system).next().is_some();
    let providers = Block::new()
        .set("google", provider("hashicorp/google", GOOGLE))
        .when(beta, |block| {
            block.set("google-beta", provider("hashicorp/google-beta", GOOGLE))
        })
        .set("random", provider("hashicorp/random", "~> 3.7"))
        .when(sources, |block| {
            block.set("archive", provider("hashicorp/archive", "~> 2.7"))
        })
        .when(
            sources || warehouses::has_sinks(system) || functions::watches_tables(system),
            |block| block.set("time", provider("hashicorp/time", "~> 0.13")),
        );
    let state = system.state.as_ref().and_then(|state| state.gcs.as_ref());
    let mut terraform = Block::new()
        .set("required_version", ">= 1.11")
        .block("required_providers", providers);
    if let Some(state) = state {
        let backend = Block::new()
            .set("bucket", state.bucket.as_str())
            .set("prefix", system.prefix.as_str());
        terraform = terraform.labelled("backend", &["gcs"], backend);
    }
    module.define("terraform", vec![], terraform);
    module.define("provider", vec!["google".to_owned()], settings(system));
    if beta {
        module.comment("Service identities are in this provider only.").define(
            "provider",
            vec!["google-beta".to_owned()],
            settings(system),
        );
    }
    if system.accounts.gcp.is_none() {
        module.comment("The project is the provider's own: GOOGLE_PROJECT in its environment.");
    }
    let data = module.data("google_project", "this", Block::new());
    let suffix = module
        .comment("For names that are shared with the world, and for those that are not given back after a destroy.")
        .resource("random_id", "suffix", Block::new().set("byte_length", 3));

    module.file("apis", "");
    let services: Vec<Expression> = apis(system).into_iter().map(Expression::from).collect();
    let apis = module.resource(
        "google_project_service",
        "this",
        Block::new()
            .set("for_each", expr::call("toset", [Expression::Array(services)]))
            .set("service", expr::each_key())
            // Others may use them too.
            .set("disable_on_destroy", false),
    );
    Project { data, apis, suffix }
}

fn settings(system: &Checked<'_>) -> Block {
    let project = system.accounts.gcp.as_ref().map(|account| account.project.as_str());
    let has_budget = super::budget::account(system).is_some();
    Block::new()
        .set_some("project", project)
        .set("region", system.region())
        .when(has_budget, |block| {
            block
                .comment("Budgets belong to a billing account; their API counts its calls on this project.")
                .set("user_project_override", true)
                .set_some("billing_project", project)
        })
        .set(
            "default_labels",
            expr::object(system.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()))),
        )
}

/// True if anything is kept in Secret Manager.
pub(super) fn has_vault(system: &Checked<'_>) -> bool {
    !system.databases.is_empty() || !system.secrets.is_empty() || containers::has_files(system)
}

/// True if there are messages of Pub/Sub.
pub(super) fn has_messages(system: &Checked<'_>) -> bool {
    let streams = system.streams.iter().any(|(_, stream)| !stream.kafka);
    !system.queues.is_empty() || !system.topics.is_empty() || streams || functions::has_events(system)
}

/// The APIs that the system needs, sorted.
fn apis(system: &Checked<'_>) -> Vec<String> {
    let requests_certificate = system
        .public
        .as_ref()
        .is_some_and(|public| matches!(public.tls(Target::Gcp), Tls::Requested { .. }));
    let has_budget = super::budget::account(system).is_some();
    let cluster = !system.pools.is_empty();
    let named = super::identity::registries(system).next().is_some();
    let registry = named || containers::any(system) || cluster || system.registry.is_some();
    let sources = functions::of_source(system).next().is_some();
    let watched = functions::watches_tables(system);
    let runs = watched || !system.workflows.is_empty();
    let wanted = [
        ("artifactregistry", registry),
        ("bigquery", !system.warehouses.is_empty()),
        ("bigquerystorage", !system.warehouses.is_empty()),
        ("billingbudgets", has_budget),
        ("binaryauthorization", cluster),
        ("certificatemanager", requests_certificate),
        ("cloudbuild", sources),
        ("cloudfunctions", sources),
        ("cloudkms", true),
        ("cloudresourcemanager", true),
        (
            "cloudscheduler",
            functions::has_schedules(system) || workflows::has_schedules(system),
        ),
        ("compute", true),
        ("container", cluster),
        ("containersecurity", cluster),
        ("dns", true),
        ("eventarc", watched),
        ("firestore", !system.tables.is_empty()),
        ("iam", true),
        ("iamcredentials", cluster),
        ("iap", system.network.bastion),
        ("logging", true),
        ("managedkafka", super::streams::has_kafka(system)),
        ("memorystore", !system.caches.is_empty()),
        ("monitoring", has_budget || cluster || super::alarms::any(system)),
        ("networkconnectivity", !system.caches.is_empty()),
        ("oslogin", system.network.bastion),
        ("pubsub", has_messages(system)),
        ("run", containers::any(system)),
        ("secretmanager", has_vault(system)),
        ("serviceconsumermanagement", !system.caches.is_empty()),
        ("sqladmin", !system.databases.is_empty()),
        ("storage", sources || !system.buckets.is_empty()),
        ("sts", cluster),
        ("workflowexecutions", runs),
        ("workflows", runs),
    ];
    wanted
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(name, _)| format!("{name}.googleapis.com"))
        .collect()
}
