//! What the README of the output says about Google Cloud.

mod cluster;
mod containers;
mod messaging;
mod sharding;
mod warehouses;

use super::{Stack, is_machine};
use crate::check::shared_ports;
use crate::ir::{Database, Grant, Resource, Tls};
use crate::target::Target;
use crate::targets::shared::{report::Report, sharding as shared};
use crate::terraform::identifier;
use crate::vocabulary::{Egress, Engine};

pub(super) fn lower(stack: &mut Stack<'_>) {
    prerequisites(stack);
    security(stack);
    operations(stack);
    skips(stack);
}

fn prerequisites(stack: &mut Stack<'_>) {
    let system = stack.system;
    let mut items = vec![
        "A project with billing, in which `cloudresourcemanager.googleapis.com` and `serviceusage.googleapis.com` are on (`gcloud services enable`): Terraform asks for the project's number before it switches on anything. The other APIs are switched on by `apis.tf`.".to_owned(),
        "Credentials in the environment (`gcloud auth application-default login`, or a service account) that may administer Compute Engine, Cloud SQL, Cloud KMS, Secret Manager, Cloud Storage, Cloud DNS, Logging and the project's IAM policy.".to_owned(),
        "Commit `terraform/.terraform.lock.hcl` after the first `init`: everybody gets the same providers then. Where newer files ask for newer ones, `terraform init -upgrade` fetches them.".to_owned(),
    ];
    if super::alarms::any(system) {
        items.push(match system.sharded().next() {
            Some(_) => "The same for Monitoring: alert policies, notification channels and dashboards.".to_owned(),
            None => "The same for Monitoring: alert policies and notification channels.".to_owned(),
        });
    }
    items.extend(containers::prerequisites(stack));
    items.extend(cluster::prerequisites(stack));
    items.extend(super::apis::readme::prerequisites(stack));
    items.extend(messaging::prerequisites(stack));
    items.extend(super::functions::readme::prerequisites(stack));
    items.extend(warehouses::prerequisites(stack));
    items.extend(sharding::quotas(stack));
    items.extend(sharding::addresses(stack));
    if !system.buckets.is_empty() {
        items.push("Where the organisation restricts who may be granted anything (`iam.allowedPolicyMemberDomains`), an exception on the project for `group:cloud-storage-analytics@google.com`, which delivers the access logs of buckets.".to_owned());
    }
    if system.accounts.gcp.is_none() {
        items.push("`GOOGLE_PROJECT` in the environment: the blueprint names no project.".to_owned());
    }
    if let Some(existing) = &system.network.existing.gcp {
        items.push(format!(
            "The network `{}`: private Google access on `{}`, a proxy-only subnet `{}` in the region, routes to {}. A network of another project must be shared with this one, and the credentials must be allowed to make firewall rules there.",
            existing.network,
            existing.application,
            existing.proxies,
            match system.network.egress {
                Egress::None => "`199.36.153.8/30`, and a private zone that leads `googleapis.com` there",
                Egress::Nat | Egress::Firewall => "the internet through Cloud NAT",
            }
        ));
    }
    if let Some(public) = &system.public {
        match public.tls(Target::Gcp) {
            Tls::Named(certificate) => items.push(format!("The certificate `{certificate}`.")),
            Tls::Requested { zone: Some(zone), .. } => {
                let zone = format!("The public Cloud DNS zone `{zone}` in the same project.");
                if !items.contains(&zone) {
                    items.push(zone);
                }
            }
            Tls::Requested { .. } | Tls::Off => {}
        }
    }
    if super::budget::account(system).is_some() {
        items.push("The right to make budgets of the billing account (`roles/billing.costsManager` on it).".to_owned());
    }
    stack.report.prerequisites.extend(items);
}

fn security(stack: &mut Stack<'_>) {
    let system = stack.system;
    let mut items = vec![];
    if has_machines(stack) {
        items.extend([
            "Every service runs as a service account of its own, and may use what its links say. Besides that it may write logs, which Google grants on the project only.",
            "Firewall rules look at service accounts: both directions are closed but for the links, health checks and Google's own services.",
            "Machines have no public address, no project-wide SSH keys, secure boot, and disks under a key of this system that changes every 90 days.",
        ]);
    } else {
        items.push("Every service runs as a service account of its own, and may use what its links say.");
    }
    items.extend(containers::security(stack));
    items.extend(cluster::security(stack));
    items.extend(super::apis::readme::security(stack));
    items.push("Google's services are reached at `private.googleapis.com`, inside Google's network.");
    if system.network.bastion && has_machines(stack) {
        items.push("Administrators come through Identity-Aware Proxy and OS Login; nobody is admitted yet.");
    }
    if !system.databases.is_empty() {
        items.push("Databases have one private address each, refuse connections without TLS, and their passwords stand in Secret Manager alone, never in Terraform's state.");
    }
    let apart = |database: &Database| database.readers.is_some() && database.proxy().is_none();
    if system.databases.iter().any(|(_, database)| apart(database)) {
        items.push("A service that only reads a database reaches its read replicas and not its primary, one that only writes the primary and not the replicas. Replicas have an address, TLS, key and credentials like their primary.");
    }
    items.extend(sharding::security(stack));
    items.extend(messaging::security(stack));
    items.extend(super::functions::readme::security(stack));
    items.extend(super::workflows::readme::security(stack));
    items.extend(warehouses::security(stack));
    if !system.buckets.is_empty() {
        items.push("Buckets are private by enforcement, under the key, and log every access. Google has no switch per bucket that refuses plain HTTP (the organisation policy `storage.secureHttpTransport` does); the firewall lets only port 443 out to it.");
    }
    let write_only = |grant: &Grant| matches!(grant.resource, Resource::Bucket(_)) && !grant.access.reads();
    if system.grants.iter().any(write_only) {
        items.push("Cloud Storage has no role that replaces objects without reading them: a service that only `writes` a bucket may read it too.");
    }
    if stack.registry.is_some() {
        items.push("Every image of the registry has a repository of its own, which is read by those who start it: a machine as its service, nodes as those of their pool, containers by Cloud Run's agent.");
    }
    if system.public.is_some() {
        items.push(
            "Cloud Armor stands before the public entry point with Google's preconfigured rules at sensitivity 1.",
        );
    }
    let shared = shared_ports(system).into_iter().map(|(first, other, port)| {
        format!(
            "**A shared port.** `{}` and `{}` are both behind port {port} of the internal load balancer, and firewall rules see no more than that port: who may call the one reaches the other too, whatever its links say.",
            system.services[first].name, system.services[other].name
        )
    });
    let items = items.into_iter().map(str::to_owned);
    stack.report.security.extend(items.chain(shared));
}

fn operations(stack: &mut Stack<'_>) {
    let system = stack.system;
    let days = system.log_days;
    let mut items = super::apis::readme::operations(stack);
    if let Some(public) = &system.public {
        let answer = match public.tls(Target::Gcp) {
            Tls::Requested { zone: Some(_), .. } => {
                "The certificate is issued some minutes after the first apply; until then the entry point does not answer over HTTPS."
            }
            Tls::Requested { .. } => {
                "Make the DNS records of the output `certificate_records`: the certificate is issued some minutes later. Then let the host names lead to `public_address`."
            }
            Tls::Named(_) if public.zone.gcp.is_some() => "The host name leads to the load balancer by itself.",
            Tls::Named(_) | Tls::Off => "Let the host names lead to the output `public_address`.",
        };
        items.push(answer.to_owned());
    }
    items.extend(system.secrets.iter().map(|(id, _)| containers::filling(stack, id)));
    if !system.databases.is_empty() {
        items.push("A new password: write `NAME_password_version = 2` (then 3, and so on) into `terraform/terraform.tfvars`, commit that and apply. The database and the secret change together, and the machines that read it are replaced one after the other. Should an apply stop between the two, raise it again.".to_owned());
        if system
            .databases
            .iter()
            .any(|(_, database)| database.engine == Engine::Postgres)
        {
            items.push("PostgreSQL logs changes of its schema. For more, pgAudit is loaded: `CREATE EXTENSION pgaudit` in the database, then the flag `pgaudit.log`.".to_owned());
        }
        items.push("Storage of databases grows by itself and never shrinks. A restore to any moment of the last 7 days makes a second instance, `gcloud sql instances clone`; daily backups reach as far back as the blueprint says.".to_owned());
    }
    items.extend(messaging::operations(stack));
    items.extend(super::functions::readme::operations(stack));
    items.extend(super::workflows::readme::operations(stack));
    items.extend(warehouses::operations(stack));
    for (id, database) in system.databases.iter() {
        items.extend(super::replicas::runbook(stack, id, database));
    }
    for (id, database, sharding) in system.sharded() {
        items.extend(shared::runbook(stack.system, database, sharding));
        items.extend(sharding::runbook(stack, id, database, sharding));
    }
    if system.network.bastion && has_machines(stack) {
        items.push("To admit an administrator: `roles/iap.tunnelResourceAccessor` and `roles/compute.osAdminLogin` on the project, `roles/iam.serviceAccountUser` on the service's account; then `gcloud compute ssh MACHINE --tunnel-through-iap`.".to_owned());
    }
    let printed = match (has_machines(stack), super::containers::any(system)) {
        (true, false) => {
            "What containers print goes there through Docker's `gcplogs` driver; what a start script prints stays in the machine's journal."
        }
        (true, true) => {
            "What containers print goes there, on Cloud Run by itself, on machines through Docker's `gcplogs` driver; what a start script prints stays in the machine's journal."
        }
        (false, _) => "What containers print goes there by itself.",
    };
    items.push(format!(
        "Logs of this system are kept for {days} days in a log bucket of their own. {printed}"
    ));
    if has_machines(stack) {
        items.push("A change of a template replaces the machines of its group, a new one per zone first. Scale-in takes one machine in ten minutes, drained before.".to_owned());
    }
    items.extend(containers::operations(stack));
    items.extend(cluster::operations(stack));
    if super::identity::registries(system).next().is_some() {
        items.push("Images of Artifact Registry are pulled as the service's account, which may read that repository. A repository of another project must let Terraform's credentials set its policy.".to_owned());
    }
    items.push("Should the first apply stop with 403 on the key, apply again: a grant takes up to some minutes to reach every service.".to_owned());
    if system.public.is_some() {
        items.push("Watch `jsonPayload.enforcedSecurityPolicy` in the load balancer's log in the first days: a rule of Cloud Armor that refuses what your application needs is set to preview with an `[override]`.".to_owned());
    }
    if has_machines(stack) {
        items.push("A machine that does not start its service says why on its serial port: `gcloud compute instances get-serial-port-output MACHINE`.".to_owned());
        items.push("Snapshots of disks that the schedule made are not Terraform's: they stay after a destroy until they are seven days old.".to_owned());
    }
    items.push("Key rings are never deleted, so the suffix of the names is theirs too: a system that is made again takes a new one.".to_owned());
    stack.report.operations.extend(items);
}

/// True if any service runs on machines.
fn has_machines(stack: &Stack<'_>) -> bool {
    let mut services = stack.system.services.iter();
    services.any(|(_, service)| is_machine(service))
}

/// The findings that checkov reports on this very output.
fn skips(stack: &mut Stack<'_>) {
    let system = stack.system;
    cluster::skips(stack);
    super::functions::readme::skips(stack);
    let report = &mut stack.report;
    if !system.protect {
        report.skip(
            "CKV_GCP_82",
            "google_kms_crypto_key.main",
            "this environment is made and thrown away: protect is off",
        );
    }
    for (id, database) in system.databases.iter() {
        let server = format!("google_sql_database_instance.{}", identifier(&database.name));
        database_skips(report, database, &server);
        if let Some(replicas) = &stack.databases[&id].replicas {
            database_skips(report, database, &replicas.servers.text());
        }
        if let Some(shards) = stack.shards.get(&id) {
            database_skips(report, database, &shards.servers.instance.text());
        }
    }
    if !system.buckets.is_empty() {
        let address = "google_storage_bucket.access_logs_of_buckets";
        report.skip(
            "CKV_GCP_62",
            address,
            "the bucket of the access logs does not log itself",
        );
        report.skip("CKV_GCP_78", address, "logs are written once and never changed");
    }
    for (_, bucket) in system.buckets.iter().filter(|(_, bucket)| !bucket.versioning) {
        let address = format!("google_storage_bucket.{}", identifier(&bucket.name));
        report.skip("CKV_GCP_78", &address, "the blueprint turns versioning off");
    }
}

/// Of a server or its replicas.
fn database_skips(report: &mut Report, database: &Database, address: &str) {
    if database.engine != Engine::Sqlserver {
        report.skip(
            "CKV_GCP_6",
            address,
            "TLS is forced; client certificates would be a second credential beside the password",
        );
    }
    if database.version != newest_known_to_checkov(database.engine) {
        report.skip("CKV_GCP_79", address, "the major version is the blueprint's choice");
    }
    if database.engine == Engine::Postgres {
        report.skip(
            "CKV_GCP_108",
            address,
            "a reverse lookup for each connection, and a private endpoint's names say nothing",
        );
        report.skip(
            "CKV2_GCP_13",
            address,
            "Query Insights has the durations; the flag writes a line for each statement",
        );
    }
}

/// The version that the rule about old versions takes for the newest.
fn newest_known_to_checkov(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "18",
        Engine::Mysql => "8.4",
        Engine::Sqlserver => "2022",
        Engine::Oracle => "",
    }
}
