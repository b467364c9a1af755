//! What the README says.

use super::Stack;
use super::compute::Parts;

pub(super) fn fill(stack: &mut Stack<'_>, parts: &Parts<'_>) {
    let _ = parts;
    outputs(stack, parts);
}

fn outputs(stack: &mut Stack<'_>, parts: &Parts<'_>) {
    let system = stack.system;
    stack.module.file("outputs", "");
    if let Some(public) = &parts.balancers.public {
        let description = match system.public.as_ref().and_then(|balancer| balancer.domain.as_deref()) {
            Some(domain) => format!("Address of the public load balancer: {domain} leads here."),
            None => "Address of the public load balancer.".to_owned(),
        };
        stack
            .module
            .output("public_address", public.attr("dns_name"), &description);
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
