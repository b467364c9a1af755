//! What the owner of tasks should know and do.

use crate::catalog;
use crate::ir::{Id, Service, Value};
use crate::targets::aws::Stack;
use crate::terraform::identifier;
use crate::vocabulary::{Egress, Runtime};

use super::cluster::shells_group;

/// The services that run as tasks.
fn services<'a>(stack: &'a Stack<'_>) -> impl Iterator<Item = (Id<Service>, &'a Service)> {
    let services = stack.system.services.iter();
    services.filter(|(_, service)| service.runtime == Runtime::Container)
}

/// Adds what must be there before the first apply.
pub(in crate::targets::aws) fn prerequisites(stack: &Stack<'_>, items: &mut Vec<String>) {
    if !stack.has_containers() {
        return;
    }
    let most = services(stack).map(|(_, service)| {
        let (cpu, _) = catalog::aws_task(&service.size).unwrap_or_default();
        cpu * service.scale.max
    });
    items.push(format!(
        "{} processors of Fargate On-Demand are free in the account for all tasks at their most, and as many again while all are replaced: the quota of new accounts is much lower.",
        most.sum::<u32>()
    ));
    items.push("Images of services on containers are built for Linux on x86-64 (`linux/amd64`).".to_owned());
    items.push("The credentials may create service-linked roles: the first cluster and the first scaled service of an account make one each.".to_owned());
}

/// Adds what is done for security.
pub(in crate::targets::aws) fn security(stack: &Stack<'_>, items: &mut Vec<String>) {
    if !stack.has_containers() {
        return;
    }
    items.push("A task has two roles: its container's own, with what the links grant, and one with which AWS pulls the image, fetches the secrets and writes the logs, and which the container cannot take on. Secrets stand in no task definition: ECS puts their values into the environment when a task starts.".to_owned());
    items.push("The disks of tasks are encrypted with the key `data` and go with them. Images may write to their root file system and choose their user, as on a machine: name one that is not root in the image.".to_owned());
}

/// Adds how tasks are reached, replaced and kept.
pub(in crate::targets::aws) fn operations(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    let Some((_, first)) = services(stack).next() else {
        return;
    };
    let (prefix, region) = (&system.prefix, stack.region());
    let name = stack.name(&first.name);
    items.push(format!(
        "A service on containers has tasks where others have machines, and what is said of those holds for them: a change of the service, of `rollout` or of a password's version starts new tasks beside the old ones, which go as new ones become healthy. An apply does not wait for that: follow it with `aws ecs describe-services --region {region} --cluster {prefix} --services {name} --query 'services[0].[deployments,events[:5]]'`. Tasks that do not start or stay healthy are given up after some attempts, and ECS goes back to the revision before; the next plan shows the new one again. Mend the blueprint, render and apply."
    ));
    if system.network.bastion {
        items.push(format!(
            "A shell in a container, where its image has one: `aws ecs execute-command --region {region} --cluster {prefix} --task TASK_ID --container {} --interactive --command /bin/sh`, with an id from `aws ecs list-tasks --region {region} --cluster {prefix} --service-name {name}`. Who opens it may call `ecs:ExecuteCommand`, and `kms:GenerateDataKey` with the key `logs`; what is typed is in the log group `{}`.",
            first.name,
            shells_group(stack)
        ));
    }
    items.extend(services(stack).filter_map(|(_, service)| unfilled(stack, service)));
    items.push("AWS patches what tasks run on and replaces those on an older revision by itself. Each apply that changes a task definition adds a revision; earlier ones stay registered, also after `terraform destroy`, and cost nothing.".to_owned());
    items.push("Enhanced Container Insights measures every task and container, and is charged by the measurement: see the console of CloudWatch.".to_owned());
    items.push(moved());
    if system.network.egress == Egress::Nat && system.network.existing.aws.is_none() {
        items.push("Tasks pull their images through the NAT gateways each time one starts, a repository of Amazon ECR aside: its layers come over the gateway endpoint of S3. Docker Hub allows few pulls an hour from one address without a login: copy such images to ECR.".to_owned());
    }
}

/// A task waits for entries that a machine does without.
fn unfilled(stack: &Stack<'_>, service: &Service) -> Option<String> {
    let entries = service.settings.iter().filter_map(|setting| match setting.value {
        Value::SecretValue(id) => Some(&stack.system.secrets[id].name),
        _ => None,
    });
    let (names, targets): (Vec<String>, Vec<String>) = entries
        .map(|name| {
            (
                format!("`{name}`"),
                format!(" -target=aws_secretsmanager_secret.{}", identifier(name)),
            )
        })
        .unzip();
    (!names.is_empty()).then(|| {
        format!(
            "ECS starts no task of `{}` before {} is filled, where a machine would start without. Create the entry alone first (`terraform -chdir=terraform apply{}`), fill it, then apply everything; or fill it after the first apply and raise `rollout`.",
            service.name,
            names.join(" and "),
            targets.concat()
        )
    })
}

/// What it costs to move a service that is there already.
fn moved() -> String {
    "To change `runtime` of a service that serves already interrupts it: the apply removes its machines with their Auto Scaling group, or its tasks with their service, while the load balancers change to a new target group, which is empty until the first that take their place are healthy, some minutes later. Its name, role, security group and log group stay. Without interruption, add a service of another name on the other runtime with the same links, wait until it is healthy, move `routes` and the callers' `calls` to it, and remove the first one then.".to_owned()
}
