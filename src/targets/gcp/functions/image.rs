//! Functions of images: services of Cloud Run that handle one call at a time.

use super::{Made, containers, is_called_outside};
use crate::object;
use crate::targets::gcp::Stack;
use crate::terraform::{Address, Block};
use containers::{Containers, Parts};

/// Where the process in the image listens.
const PORT: u16 = 8080;

pub(super) fn function(stack: &mut Stack<'_>, made: Made<'_>, (containers, parts): (&Containers, Parts)) -> Address {
    let (service, function) = (made.service, made.function);
    let limits = object! {
        "cpu" => made.processors().to_string(),
        "memory" => format!("{}Mi", function.memory_mb),
    };
    let resources = Block::new()
        .set("limits", limits)
        .comment("Processors are there while there is a call.")
        .set("cpu_idle", true)
        .set("startup_cpu_boost", true);
    let container = Block::new()
        .set("image", containers.images.reference(stack, service))
        .block("resources", resources)
        .block("ports", Block::new().set("container_port", PORT));
    let (container, volumes) = parts.into_container(container);
    let template = containers::template(stack, made.id)
        .comment("One call at a time, as on every cloud: as many instances as calls.")
        .set("max_instance_request_concurrency", 1)
        .set("timeout", format!("{}s", function.timeout_seconds))
        .block("scaling", Block::new().set("max_instance_count", function.concurrency))
        .when(function.private, |block| {
            block.block("vpc_access", containers::way_out(stack, service))
        })
        .block("containers", container)
        .blocks("volumes", volumes);
    let ingress = match is_called_outside(stack.system, made.id) {
        true => "INGRESS_TRAFFIC_ALL",
        false => "INGRESS_TRAFFIC_INTERNAL_ONLY",
    };
    let mut ready = made.ready.clone();
    ready.extend(containers.images.ready(stack, service));
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set("location", stack.region())
        .comment("Who may call it is granted to each by itself.")
        .set("ingress", ingress)
        .comment("It keeps nothing.")
        .set("deletion_protection", false)
        .when(function.warm > 0, |block| {
            block.block("scaling", Block::new().set("min_instance_count", function.warm))
        })
        .block("template", template)
        .comment("It finds its names, its secrets and an open way when it starts.")
        .set("depends_on", hcl::Expression::Array(ready));
    let address = stack
        .module
        .resource("google_cloud_run_v2_service", &service.name, body);
    let what = format!("function on Cloud Run, {}", made.sizes());
    stack.report.component(&service.path, what, address.text());
    made.output(stack, address.attr("uri"));
    address
}
