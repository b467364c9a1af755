//! What the README says, and the outputs.

use super::compute::{Parts, SNAPSHOT_TAG};
use super::database::shard;
use super::{
    Stack, alarms, cluster, containers, database, endpoint, functions, place, runbook, skips, startup, warehouses,
    workflows,
};
use crate::ir::{Database, Id, Inbox, Resource, Tls};
use crate::target::Target;
use crate::targets::shared::report::{listed, sentence};
use crate::terraform::identifier;
use crate::vocabulary::{Egress, Engine};

/// Servers that RDS runs in a region before one asks for more.
const SERVERS: usize = 40;
/// GiB of all servers in a region, and final snapshots in it, before one asks for more.
const STORAGE: u64 = 100_000;
const SNAPSHOTS: usize = 100;

pub(super) fn fill(stack: &mut Stack<'_>, parts: &Parts<'_>) {
    outputs(stack, parts);
    prerequisites(stack);
    security(stack);
    operations(stack);
    skips::fill(stack);
}

fn outputs(stack: &mut Stack<'_>, parts: &Parts<'_>) {
    let system = stack.system;
    stack.module.file("outputs", "");
    if let Some(public) = &parts.balancers.public {
        let balancer = system.public.as_ref();
        let zone = balancer.and_then(|balancer| balancer.zone.get(Target::Aws));
        let description = match (balancer.and_then(|balancer| balancer.domain.as_deref()), zone) {
            (Some(domain), Some(_)) => format!("Address of the public load balancer: {domain} leads here."),
            (Some(domain), None) => format!("Address of the public load balancer: point {domain} here."),
            (None, _) => "Address of the public load balancer.".to_owned(),
        };
        let address = public.attr("dns_name");
        stack.module.output("public_address", address, &description);
    }
    for (id, item) in system.databases.iter() {
        let description = format!("Host of the database {}.", item.name);
        let host = parts.databases.get(id).attr("address");
        stack.module.output(&format!("{}_host", item.name), host, &description);
        if item.readers.is_some() {
            let description = format!("Host of the read replicas of {}.", item.name);
            let name = format!("{}_host", item.reader_name());
            stack.module.output(&name, system.reader_host(id), &description);
        }
    }
    for (id, item, _) in system.sharded() {
        let servers = parts.shards.get(id);
        let hosts = shard::by_id(servers, "address");
        let description = format!("Hosts of the shards of {}, by their ids.", item.name);
        stack
            .module
            .output(&format!("{}_hosts", item.shard_name()), hosts, &description);
    }
    for (id, item) in system.caches.iter() {
        let description = format!("Host of the cache {}.", item.name);
        let host = parts.caches.get(id).attr("primary_endpoint_address");
        stack.module.output(&format!("{}_host", item.name), host, &description);
    }
    for (id, item) in system.queues.iter() {
        let description = format!("URL of the queue {}.", item.name);
        let url = parts.queues.get(Inbox::Queue(id)).queue.attr("url");
        stack.module.output(&format!("{}_queue", item.name), url, &description);
    }
    for (id, item) in system.topics.iter() {
        let description = format!("ARN of the topic {}.", item.name);
        let arn = parts.topics.get(id).attr("arn");
        stack.module.output(&format!("{}_topic", item.name), arn, &description);
    }
    for (id, item) in system.streams.iter() {
        let description = format!("Name of the stream {}.", item.name);
        let name = parts.streams.get(id).attr("name");
        stack
            .module
            .output(&format!("{}_stream", item.name), name, &description);
    }
    for (id, item) in system.tables.iter() {
        let description = format!("Name of the table {}.", item.name);
        let name = parts.tables.get(id).attr("name");
        stack.module.output(&format!("{}_table", item.name), name, &description);
    }
    for (id, item) in system.buckets.iter() {
        let description = format!("Name of the bucket {}.", item.name);
        let name = parts.buckets.get(id).attr("bucket");
        stack
            .module
            .output(&format!("{}_bucket", item.name), name, &description);
    }
    for (id, item) in system.secrets.iter() {
        let description = format!("Secret {}, to be filled by its owner.", item.name);
        let arn = parts.secrets.get(id).attr("arn");
        stack.module.output(&format!("{}_secret", item.name), arn, &description);
    }
}

fn prerequisites(stack: &mut Stack<'_>) {
    let system = stack.system;
    let mut items = vec![format!(
        "Credentials of an AWS account in the environment (`AWS_PROFILE`, or what your pipeline sets), allowed to create what stands in `terraform/`. The region is {}.",
        stack.region()
    )];
    items.push(match system.state.as_ref().and_then(|state| state.s3.as_ref()) {
        Some(state) => format!("The bucket `{}` for the state, with versioning switched on.", state.bucket),
        None => "The state stays in `terraform/terraform.tfstate` on the machine that applies, for one person to keep, until `[state]` in the blueprint names a bucket.".to_owned(),
    });
    items.push(
        "Commit `terraform/.terraform.lock.hcl` after the first `init`: everybody gets the same providers then."
            .to_owned(),
    );
    let has_own = place::is_network_used(&system) && system.network.existing.aws.is_none();
    if system.network.egress == Egress::Nat && has_own {
        items.push(format!(
            "{} Elastic IP addresses for the NAT gateways are free in the account: the quota is 5 per region unless it was raised.",
            system.network.zones
        ));
    }
    let servers: usize = system.databases.iter().map(|(_, item)| item.servers()).sum();
    if servers > SERVERS {
        items.push(format!(
            "{servers} database servers are free in the account: the quota is {SERVERS} per region unless it was raised."
        ));
    }
    let storage: u64 = system.databases.iter().map(|(_, item)| item.stored_gb()).sum();
    if storage > STORAGE {
        items.push(format!(
            "{storage} GiB of storage for databases are free in the account: the quota is {STORAGE} per region unless it was raised."
        ));
    }
    if system.protect && servers > SNAPSHOTS {
        items.push(format!(
            "Every server leaves a final snapshot when it is removed, and the quota of snapshots that are not taken automatically is {SNAPSHOTS} per region: have it raised too before many are."
        ));
    }
    match system.public.as_ref().map(|public| (public, public.tls(Target::Aws))) {
        Some((_, Tls::Requested { domain, zone: None })) => items.push(format!(
            "A hand on the DNS of `{domain}`: the first apply requests a certificate and waits until the CNAME record that ACM shows for it is there."
        )),
        Some((_, Tls::Named(certificate))) => items.push(format!(
            "The certificate `{certificate}`, issued, in this region."
        )),
        _ => {}
    }
    let own_images = system
        .services
        .iter()
        .any(|(_, item)| item.machine_image.get(Target::Aws).is_some());
    if own_images {
        items.push(
            "Machine images of your own are built on Ubuntu or Debian: cloud-init, systemd, a root disk called `/dev/sda1`, and the agent of Systems Manager where you want Session Manager.".to_owned(),
        );
    }
    runbook::apis::prerequisites(stack, &mut items);
    functions::runbook::prerequisites(stack, &mut items);
    warehouses::runbook::prerequisites(stack, &mut items);
    containers::runbook::prerequisites(stack, &mut items);
    cluster::runbook::prerequisites(stack, &mut items);
    if system.network.egress == Egress::None && stack.has_machines() {
        items.push("Without egress the machines install nothing: their images hold docker, curl and jq.".to_owned());
    }
    stack.report.prerequisites = items;
}

fn security(stack: &mut Stack<'_>) {
    let system = stack.system;
    let logs = match alarms::has_topic(&system) {
        true => "log groups and alarms",
        false => "log groups",
    };
    let which = [
        (stack.has_machines(), "machines"),
        (stack.has_containers(), "tasks"),
        (stack.has_pods(), "nodes"),
        (place::has_functions(&system), "functions in the network"),
    ];
    let which: Vec<&str> = which.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    let (run, machines) = match (which.as_slice(), stack.has_machines()) {
        ([] | ["machines"], _) => (
            vec!["machines"],
            "; machines take its credentials over IMDSv2 with a hop limit of 1, which is why containers share the host's network",
        ),
        (words, true) => (
            words.to_vec(),
            "; machines take its credentials over IMDSv2 with a hop limit of 1, which is why containers on them share the host's network",
        ),
        (words, false) => (words.to_vec(), ""),
    };
    let mut items = vec![];
    if place::is_network_used(&system) {
        let data = !system.databases.is_empty() || !system.caches.is_empty();
        let inside = [
            (data, "databases"),
            (system.internal.is_some(), "the internal load balancer"),
        ];
        let inside = inside.into_iter().filter(|(is, _)| *is).map(|(_, word)| word);
        let all = sentence(&listed(&run.into_iter().chain(inside).collect::<Vec<_>>()));
        items.push(format!("{all} have no public address; a security group per component opens, on both ends, exactly the connections of the links."));
    }
    if place::has_processes(&system) {
        items.push(format!(
            "Each service has a role of its own with what its links grant{machines}."
        ));
        items.push(format!("Disks, databases, objects and secrets are encrypted with the key `data`, {logs} with the key `logs`; both rotate every year."));
    } else {
        items.push(format!("Objects, items, messages and secrets are encrypted with the key `data`, {logs} with the key `logs`; both rotate every year."));
    }
    let balanced = system.public.is_some() || system.internal.is_some();
    let kept = [
        (place::is_network_used(&system), "VPC flow logs"),
        (balanced, "access logs of load balancers"),
        (!system.buckets.is_empty(), "access logs of buckets"),
        (!system.apis.is_empty(), "access logs of APIs"),
        (!system.databases.is_empty(), "logs of databases"),
        (!system.warehouses.is_empty(), "logs of warehouses"),
    ];
    let kept: Vec<&str> = kept.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    let kept = match listed(&kept) {
        none if none.is_empty() => String::new(),
        some => format!("{} are kept. ", sentence(&some)),
    };
    items.push(format!(
        "{kept}CloudTrail belongs to the account, not to one system: switch it on there."
    ));
    if !system.databases.is_empty() {
        items.push("Databases refuse connections without TLS (Oracle: without native network encryption). Verify their certificates with the bundle from https://truststore.pki.rds.amazonaws.com.".to_owned());
    }
    containers::runbook::security(stack, &mut items);
    cluster::runbook::security(stack, &mut items);
    items.extend(runbook::verification(stack));
    items.extend(runbook::shard::security(stack));
    items.extend(runbook::messages::security(stack));
    runbook::apis::security(stack, &mut items);
    functions::runbook::security(stack, &mut items);
    workflows::runbook::security(stack, &mut items);
    warehouses::runbook::security(stack, &mut items);
    if system.public.is_some() {
        items.push("AWS WAF guards the public load balancer; bodies over 8 KB and anonymous addresses are counted, not blocked.".to_owned());
    }
    if place::has_sessions(&system) {
        let what = match (stack.has_machines() || stack.has_pods(), stack.has_containers()) {
            (_, false) => "machines",
            (true, true) => "machines and containers",
            (false, true) => "containers",
        };
        items.push(format!("Administrators reach {what} through Session Manager: no SSH key, no open port, every session in CloudTrail."));
    }
    if !endpoint::interfaces(&system).is_empty() && system.network.existing.aws.is_none() {
        items.push("Secrets and objects are read over private endpoints.".to_owned());
    }
    if endpoint::reaches_vault(&system) && system.network.existing.aws.is_none() {
        items.push("The endpoint of Secrets Manager passes reads of this system's secrets and nothing else: fill and manage secrets from outside the network.".to_owned());
    }
    stack.report.security = items;
}

fn operations(stack: &mut Stack<'_>) {
    let system = stack.system;
    let prefix = &system.prefix;
    let mut items = vec![];
    let public = system.public.as_ref();
    if let Some(public) = public.filter(|public| public.zone.get(Target::Aws).is_none())
        && let Some(domain) = &public.domain
    {
        items.push(format!(
            "After the first apply, point `{domain}` at the output `public_address`: a CNAME record, or an alias where the name is that of a whole DNS zone."
        ));
    }
    for (_, item) in system.secrets.iter() {
        items.push(format!(
            "To fill `{0}`, write its value into a file as plain text of one line, run `aws secretsmanager put-secret-value --secret-id {prefix}/{0} --secret-string file://FILE`{1}.",
            item.name,
            match place::has_processes(&system) {
                true => ", delete the file, and raise `rollout`",
                false => ", and delete the file",
            }
        ));
    }
    for (id, item) in system.databases.iter() {
        databases(stack, &mut items, (id, item));
    }
    runbook::replicas(stack, &mut items);
    runbook::shard::shards(stack, &mut items);
    runbook::messages::messages(stack, &mut items);
    runbook::apis::operations(stack, &mut items);
    functions::runbook::operations(stack, &mut items);
    workflows::runbook::operations(stack, &mut items);
    warehouses::runbook::operations(stack, &mut items);
    functions::runbook::data(stack, &mut items);
    runbook::told(stack, &mut items);
    machines(stack, &mut items);
    let has_own = place::is_network_used(&system) && system.network.existing.aws.is_none();
    if system.network.egress == Egress::Nat && has_own && system.network.zones > 2 {
        let later = match system.databases.is_empty() {
            true => "",
            false => ", for RDS does not let go of a subnet that its servers may stand in",
        };
        items.push(format!(
            "{} NAT gateways are the largest fixed cost of the network; `zones = 2` saves one. Choose before the first apply{later}.",
            system.network.zones
        ));
    }
    if system.budget.is_some() {
        items.push("The budget watches the whole account, not this system alone.".to_owned());
    }
    stack.report.operations = items;
}

/// Passwords, sizes and hours of a database.
fn databases(stack: &Stack<'_>, items: &mut Vec<String>, (id, item): (Id<Database>, &Database)) {
    let (replaced, one) = runbook::replaced(
        stack,
        "it",
        |resource| matches!(resource, Resource::Database(other) | Resource::Proxy(other) | Resource::Shards(other) if other == id),
    );
    items.push(format!(
        "To rotate the password of `{0}`, write `{1}_password_version = 2` (then 3, and so on) into `terraform/terraform.tfvars`, commit that and apply{replaced}. Until its turn comes, {one} to the database fail: choose a quiet hour. Should an apply stop between database and secret, raise it again.",
        item.name,
        identifier(&item.name)
    ));
    items.push(format!(
        "`{0}` is backed up daily at {1} UTC and maintained in the window {2} UTC. A new size waits for that window; to have it with the apply, and the interruption too, write `apply_immediately = true` into `[override.aws.aws_db_instance.{3}]`.",
        item.name,
        item.backup.time(0),
        database::maintenance(item),
        identifier(&item.name)
    ));
    if item.engine == Engine::Sqlserver {
        items.push(format!(
            "RDS for SQL Server begins without a database: create `{}` on `{}` once, as `{}`, before the application connects.",
            item.database, item.name, item.user
        ));
    }
}

/// How machines are reached, replaced and kept.
fn machines(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    let prefix = &system.prefix;
    if system.services.is_empty() {
        return;
    }
    if system.network.bastion && stack.has_machines() {
        items.push("A shell on a machine: `aws ssm start-session --target INSTANCE_ID`.".to_owned());
    }
    for (_, item) in system.services.iter().filter(|(_, item)| item.function.is_none()) {
        items.push(match startup::logs_of(item) {
            true => format!(
                "The output of `{0}` is in the log group `/{prefix}/service/{0}`.",
                item.name
            ),
            false => format!(
                "The output of `{0}` is in the journal of its machines: `journalctl -u {prefix}-{0}`.",
                item.name
            ),
        });
    }
    containers::runbook::operations(stack, items);
    cluster::runbook::operations(stack, items);
    if !stack.has_machines() {
        return;
    }
    items.push(format!(
        "A change of a service replaces its machines one by one, each new one in service before an old one goes; a change of `labels` replaces all machines. An apply does not wait for that: follow it with `aws autoscaling describe-instance-refreshes --auto-scaling-group-name {prefix}-SERVICE`. Nothing is rolled back by itself: put the old image back into the blueprint, render and apply."
    ));
    items.push("New Ubuntu images come with every new machine. To replace all machines, write `rollout = 2` (then 3, and so on) into `terraform/terraform.tfvars`, commit that and apply.".to_owned());
    items.push("Disks are snapshotted daily, and the snapshots of the last seven days are kept; machines keep nothing on them that is not in the blueprint. Of a disk that is gone, the last snapshot stays until you delete it.".to_owned());
    if !system.protect {
        let region = stack.region();
        items.push(format!(
            "`terraform destroy` leaves the snapshots of disks behind. Delete them before the key `data`, which waits for its end from then on, is gone: `for id in $(aws ec2 describe-snapshots --region {region} --owner-ids self --filters Name=tag:{SNAPSHOT_TAG},Values={prefix} --query 'Snapshots[].SnapshotId' --output text); do aws ec2 delete-snapshot --region {region} --snapshot-id \"$id\"; done`."
        ));
    }
}
