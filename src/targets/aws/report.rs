//! What the README says, and the outputs.

use super::compute::Parts;
use super::{Stack, endpoint, skips, startup};
use crate::ir::Tls;
use crate::target::Target;
use crate::vocabulary::{Egress, Engine};

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
        let description = match system.public.as_ref().and_then(|balancer| balancer.domain.as_deref()) {
            Some(domain) => format!("Address of the public load balancer: {domain} leads here."),
            None => "Address of the public load balancer.".to_owned(),
        };
        let address = public.attr("dns_name");
        stack.module.output("public_address", address, &description);
    }
    for (id, item) in system.databases.iter() {
        let description = format!("Host of the database {}.", item.name);
        let host = parts.databases.get(id).attr("address");
        stack.module.output(&format!("{}_host", item.name), host, &description);
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
    if let Some(state) = system.state.as_ref().and_then(|state| state.s3.as_ref()) {
        items.push(format!(
            "The bucket `{}` for the state, with versioning switched on.",
            state.bucket
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
    if system.network.egress == Egress::None {
        items.push("Without egress the machines install nothing: their images hold docker, curl and jq.".to_owned());
    }
    stack.report.prerequisites = items;
}

fn security(stack: &mut Stack<'_>) {
    let system = stack.system;
    let mut items = vec![
        "Machines, databases and the internal load balancer have no public address; a security group per component opens, on both ends, exactly the connections of the links.".to_owned(),
        "Each service has a role of its own with what its links grant; machines take its credentials over IMDSv2 with a hop limit of 1, which is why containers share the host's network.".to_owned(),
        "Disks, databases, objects and secrets are encrypted with the key `data`, log groups with the key `logs`; both rotate every year.".to_owned(),
        "VPC flow logs, access logs of load balancers and buckets, and database logs are kept. CloudTrail belongs to the account, not to one system: switch it on there.".to_owned(),
    ];
    if !system.databases.is_empty() {
        items.push("Databases refuse connections without TLS (Oracle: without native network encryption). Verify their certificates with the bundle from https://truststore.pki.rds.amazonaws.com.".to_owned());
    }
    if system.public.is_some() {
        items.push("AWS WAF guards the public load balancer; bodies over 8 KB and anonymous addresses are counted, not blocked.".to_owned());
    }
    if system.network.bastion {
        items.push("Administrators reach machines through Session Manager: no SSH key, no open port, every session in CloudTrail.".to_owned());
    }
    if !endpoint::interfaces(&system).is_empty() && system.network.existing.aws.is_none() {
        items.push("Secrets and objects are read over private endpoints.".to_owned());
    }
    stack.report.security = items;
}

fn operations(stack: &mut Stack<'_>) {
    let system = stack.system;
    let prefix = &system.prefix;
    let mut items = vec![];
    for (_, item) in system.databases.iter() {
        items.push(format!(
            "To rotate the password of `{0}`, raise the default of `{1}_password_version` (or set `TF_VAR_{1}_password_version`) and apply: the machines that read it are replaced one after the other. Should an apply stop between database and secret, raise it again.",
            item.name,
            item.name.replace('-', "_")
        ));
        if item.engine == Engine::Sqlserver {
            items.push(format!(
                "RDS for SQL Server begins without a database: create `{}` on `{}` once, as `{}`, before the application connects.",
                item.database, item.name, item.user
            ));
        }
    }
    if system.network.bastion {
        items.push("A shell on a machine: `aws ssm start-session --target INSTANCE_ID`.".to_owned());
    }
    for (_, item) in system.services.iter() {
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
    items.push("A change of a service replaces its machines one by one, each new one in service before an old one goes. New Ubuntu images come with every machine; to take one everywhere, start an instance refresh.".to_owned());
    items.push("Disks are snapshotted daily, the last seven are kept; machines keep nothing on them that is not in the blueprint.".to_owned());
    if system.network.egress == Egress::Nat && system.network.existing.aws.is_none() && system.network.zones > 2 {
        items.push(format!(
            "{} NAT gateways are the largest fixed cost of the network; `zones = 2` saves one.",
            system.network.zones
        ));
    }
    if system.budget.is_some() {
        items.push("The budget counts the whole account.".to_owned());
    }
    stack.report.operations = items;
}
