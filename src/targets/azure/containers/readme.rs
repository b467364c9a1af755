//! What the README of the output says about services on containers.

use super::environments::is_on;
use crate::catalog;
use crate::ir::{Service, Sharding};
use crate::targets::azure::Stack;
use crate::vocabulary::Egress;

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    let services: Vec<&Service> = system
        .services
        .iter()
        .map(|(_, service)| service)
        .filter(|service| is_on(service))
        .collect();
    if services.is_empty() {
        return;
    }
    security(stack, &services);
    operations(stack, &services);
    switching(stack);
}

/// Names of services in running text.
fn listed(services: &[&Service]) -> String {
    let names: Vec<String> = services.iter().map(|service| format!("`{}`", service.name)).collect();
    names.join(", ")
}

fn security(stack: &mut Stack<'_>, services: &[&Service]) {
    let items = &mut stack.report.security;
    items.push(format!("What runs on containers ({}) is in environments of Container Apps without a public address, each in a subnet of its own: one for each domain, and one for what is shared. Security groups tell environments apart, not the services in one: these share what any of them may reach, and may call each other by the names that Azure gives them. What one of them may read or change is its own identity's alone.", listed(services)));
    items.push("The gateways speak TLS to containers, by the public certificate of the environment's domain. Nobody signs in to a container over the network; `az containerapp exec` opens a shell for whoever has the role *Container Apps Contributor*, and Azure's activity log has an entry of it.".to_owned());
    items.push("Azure reads passwords and secrets of containers from the vault with the service's own identity and keeps them for as long as the app is there: they stand neither in state nor in plan. The image is pulled with the same identity, which the code in it may use as well. Containers may write to their own disk, which goes with them; whether they run as root is for the image to say, and Azure runs none of them privileged.".to_owned());
    if stack.system.network.egress == Egress::None {
        items.push("An environment reaches parts of Azure (its images, Entra ID, Azure Monitor, and registries of images) over a way out of its own even with `egress = \"none\"`: Azure does not run one without. Its security group lets nothing else out.".to_owned());
    }
}

fn operations(stack: &mut Stack<'_>, services: &[&Service]) {
    let system = stack.system;
    let items = &mut stack.report.operations;
    items.push("A change of a container's image, size or settings makes a new revision beside the old one; requests go to it when it is ready, and the old one ends then. One that does not get ready gets no requests, and the apply fails. `rollout` and the versions of passwords make new revisions too: they stand in the variable `CLOUDGEN_ROLLOUT`. Azure reads an entry of the vault that has changed within half an hour by itself and starts the containers anew.".to_owned());
    items.push("Containers see the host that a client has asked for in `X-Forwarded-Host` (`Host` is the name that Azure gives the app), the scheme in `X-Forwarded-Proto`, and a request may take 240 seconds at most. Of an entry of the vault that its owner has not filled yet they see the text `unfilled`: unlike on machines, the variable is there.".to_owned());
    let large =
        |service: &&&Service| catalog::azure_container(&service.size).is_some_and(|size| size.machine.is_some());
    let dedicated: Vec<&Service> = services.iter().filter(large).copied().collect();
    items.push("A container that Azure places itself has a processor for every two GiB, so either may be more than the blueprint says, and is paid for while it runs. Its disk has 8 GiB (4 with one processor), whatever `disk_gb` says.".to_owned());
    if !dedicated.is_empty() {
        items.push(format!("What is larger than that ({}) runs on dedicated machines, which are paid for as machines, together with a fee for the environment that has some.", listed(&dedicated)));
    }
    items.push("An environment is spread over the zones, and so are the containers of a service that has several. Addresses on the internet see it come from addresses of Azure's that may change: NAT gateways that span zones take no subnet of containers. Where somebody admits known addresses only, run the service that calls them on machines.".to_owned());
    items.push("What containers print is in the workspace's `ContainerAppConsoleLogs` table, and what the platform says of them (images that cannot be pulled, failed checks, scaling) in `ContainerAppSystemLogs`.".to_owned());
    let counted = services.iter().any(|service| service.scale.queue_messages.is_some());
    if counted && !(system.queues.is_empty() && system.topics.is_empty()) {
        items.push("Containers are counted by the messages that wait: the platform reads their number from the queue, with the identity of the service, whose *Azure Service Bus Data Receiver* contains the reading of its queue (`Microsoft.ServiceBus/*/queues/read`). *Azure Service Bus Data Owner*, which guides to this scaling name, would let a worker forward its messages into any other queue. Should the number not be told, services still grow with their processors; look for `KEDAScalerFailed` in `ContainerAppSystemLogs` after the first release.".to_owned());
    }
    items.push("The subnet of an environment cannot change while it is there. A subscription has room for 15 environments in a region, and each for 100 processors, unless Azure has raised it: ask before there are more.".to_owned());
    if system
        .sharded()
        .any(|(_, _, sharding)| sharding.proxy().is_some() && Sharding::active(sharding).next().is_some())
    {
        items.push(
            "The proxy in front of shards runs on machines, whatever the services in front of it run on.".to_owned(),
        );
    }
}

fn switching(stack: &mut Stack<'_>) {
    stack.report.operations.push("A running service that changes its `runtime` is gone for some minutes (for as long as Azure takes to make an environment, the first time in a domain: ten and more): its machines are destroyed while the container app is made, and the gateways and security groups change in between. Without that gap: add the service a second time under another name on the new runtime and apply; move routes and `calls` to it and apply; then take the first one away and apply.".to_owned());
}
