//! The key that encrypts disks, databases, tables, objects, secrets, messages, functions and caches.

use hcl::Expression;

use super::functions;
use super::project::Project;
use crate::check::Checked;
use crate::terraform::{Address, Block, Module, expr};
use crate::{list, template};

/// The words for services whose agents are wanted for more than the key.
const CLOUD_RUN: &str = "run";
const PUBSUB: &str = "pubsub";
const STORAGE: &str = "storage";
const WORKFLOWS: &str = "workflows";

/// The key and the grants without which nothing can be encrypted with it.
#[derive(Debug)]
pub(super) struct Encryption {
    /// The key.
    pub key: Address,
    /// Who may use it.
    pub users: Address,
    /// The agent of Cloud Run as an IAM member, where anything runs there.
    pub run: Option<Expression>,
    /// The agent of Pub/Sub as an IAM member, where there are messages.
    pub pubsub: Option<Expression>,
    /// The agent of Cloud Storage as an IAM member, where there are buckets.
    pub storage: Option<Expression>,
}

impl Encryption {
    /// `depends_on` of what the key encrypts: the service's agent must have been let in first.
    pub fn ready(&self) -> Expression {
        list![self.users.whole()]
    }
}

pub(super) fn lower(system: &Checked<'_>, module: &mut Module, project: &Project) -> Encryption {
    module.file("encryption", "");
    let ring = module
        .comment("A key ring can never be deleted, so a system that is made again needs a new name.")
        .resource(
            "google_kms_key_ring",
            "main",
            Block::new()
                .set(
                    "name",
                    template![system.prefix.as_str(), "-", project.suffix.attr("hex")],
                )
                .set("location", system.region())
                .set("depends_on", project.ready()),
        );
    let key = module.resource(
        "google_kms_crypto_key",
        "main",
        Block::new()
            .set("name", "main")
            .set("key_ring", ring.id())
            // 90 days.
            .set("rotation_period", "7776000s")
            .when(system.protect, |block| {
                block
                    .comment("Without the key every disk, database, object and secret under it is lost.")
                    .block("lifecycle", Block::new().set("prevent_destroy", true))
            }),
    );
    let agents = agents(system, module, project);
    let asked = (!system.warehouses.is_empty()).then(|| {
        module
            .comment("BigQuery makes its agent when it is asked for it.")
            .data(
                "google_bigquery_default_service_account",
                "this",
                Block::new().set("depends_on", project.ready()),
            )
    });
    let member = |wanted: &str| {
        let found = agents.iter().find(|(service, _)| *service == wanted);
        found.map(|(_, member)| member.clone())
    };
    let (run, pubsub) = (member(CLOUD_RUN), member(PUBSUB));
    let storage = member(STORAGE);
    let users = module
        .comment("The agents of Google's services encrypt and decrypt; workloads never see the key.")
        .resource(
            "google_kms_crypto_key_iam_member",
            "agents",
            Block::new()
                .set("for_each", expr::object(agents))
                .set("crypto_key_id", key.id())
                .set("role", "roles/cloudkms.cryptoKeyEncrypterDecrypter")
                .set("member", expr::each_value(&[]))
                .set_some("depends_on", asked.map(|agent| list![agent.whole()])),
        );
    Encryption {
        key,
        users,
        run,
        pubsub,
        storage,
    }
}

/// True if the agents of some services have to be made: the provider that can is wanted for nothing else.
pub(super) fn has_identities(system: &Checked<'_>) -> bool {
    identities(system).into_iter().any(|(_, wanted)| wanted)
}

/// The services that make their agents only when they are asked to, and whether the system uses them.
fn identities(system: &Checked<'_>) -> [(&'static str, bool); 11] {
    let sources = functions::of_source(system).next().is_some();
    [
        ("secretmanager", super::project::has_vault(system)),
        ("sqladmin", !system.databases.is_empty()),
        (PUBSUB, super::project::has_messages(system)),
        ("memorystore", !system.caches.is_empty()),
        (CLOUD_RUN, super::containers::any(system)),
        (
            "artifactregistry",
            system.registry.is_some() || sources || !super::containers::remote_registries(system).is_empty(),
        ),
        ("cloudfunctions", sources),
        ("firestore", !system.tables.is_empty()),
        ("managedkafka", super::streams::has_kafka(system)),
        (
            WORKFLOWS,
            functions::watches_tables(system) || !system.workflows.is_empty(),
        ),
        ("container", !system.pools.is_empty()),
    ]
}

/// (service, its agent as an IAM member), for the services that keep something under the key.
fn agents(system: &Checked<'_>, module: &mut Module, project: &Project) -> Vec<(&'static str, Expression)> {
    let mut agents = vec![(
        "compute",
        template![
            "serviceAccount:service-",
            project.data.attr("number"),
            "@compute-system.iam.gserviceaccount.com"
        ],
    )];
    for (service, _) in identities(system).into_iter().filter(|(_, wanted)| *wanted) {
        let identity = module.resource(
            "google_project_service_identity",
            service,
            Block::new()
                .set("provider", expr::keyword("google-beta"))
                .set("service", format!("{service}.googleapis.com"))
                .set("depends_on", project.ready()),
        );
        agents.push((service, identity.attr("member")));
    }
    if !system.buckets.is_empty() || functions::of_source(system).next().is_some() {
        let identity = module
            .comment("Cloud Storage makes its agent when it is asked for it.")
            .data("google_storage_project_service_account", "this", Block::new());
        agents.push((STORAGE, identity.attr("member")));
    }
    if !system.warehouses.is_empty() {
        agents.push((
            "bigquery",
            template![
                "serviceAccount:bq-",
                project.data.attr("number"),
                "@bigquery-encryption.iam.gserviceaccount.com"
            ],
        ));
    }
    agents
}
