//! The key that encrypts disks, databases, objects and secrets.

use hcl::Expression;

use super::project::Project;
use crate::check::Checked;
use crate::terraform::{Address, Block, Module, expr};
use crate::{list, template};

/// The key and the grants without which nothing can be encrypted with it.
#[derive(Debug)]
pub(super) struct Encryption {
    /// The key.
    pub key: Address,
    /// Who may use it.
    pub users: Address,
    /// Cloud Run's agent, where anything runs there.
    pub run: Option<Address>,
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
    let (agents, run) = agents(system, module, project);
    let users = module
        .comment("The agents of Google's services encrypt and decrypt; workloads never see the key.")
        .resource(
            "google_kms_crypto_key_iam_member",
            "agents",
            Block::new()
                .set("for_each", expr::object(agents))
                .set("crypto_key_id", key.id())
                .set("role", "roles/cloudkms.cryptoKeyEncrypterDecrypter")
                .set("member", expr::each_value(&[])),
        );
    Encryption { key, users, run }
}

/// (service, its agent as an IAM member), for the services that keep something under the key; and the agent of Cloud Run, if it is one.
fn agents(
    system: &Checked<'_>,
    module: &mut Module,
    project: &Project,
) -> (Vec<(&'static str, Expression)>, Option<Address>) {
    let mut run = None;
    let mut agents = vec![(
        "compute",
        template![
            "serviceAccount:service-",
            project.data.attr("number"),
            "@compute-system.iam.gserviceaccount.com"
        ],
    )];
    let identities = [
        (
            "artifactregistry",
            !super::containers::remote_registries(system).is_empty(),
        ),
        ("run", super::containers::any(system)),
        ("secretmanager", super::project::has_vault(system)),
        ("sqladmin", !system.databases.is_empty()),
    ];
    for (service, _) in identities.into_iter().filter(|(_, wanted)| *wanted) {
        let identity = module.resource(
            "google_project_service_identity",
            service,
            Block::new()
                .set("provider", expr::keyword("google-beta"))
                .set("service", format!("{service}.googleapis.com"))
                .set("depends_on", project.ready()),
        );
        agents.push((service, identity.attr("member")));
        if service == "run" {
            run = Some(identity);
        }
    }
    if !system.buckets.is_empty() {
        let identity = module
            .comment("Cloud Storage makes its agent when it is asked for it.")
            .data("google_storage_project_service_account", "this", Block::new());
        agents.push(("storage", identity.attr("member")));
    }
    (agents, run)
}
