//! Addresses of functions' own.

use super::Lambda;
use crate::ir::{Function, Id, Service, Trigger};
use crate::targets::aws::Stack;
use crate::terraform::{Address, Block};

/// True for a function that anybody may call at its own address.
pub(super) fn is_open(service: &Service) -> bool {
    let trigger = service.function.as_ref().and_then(|item| item.trigger.as_ref());
    matches!(trigger, Some(Trigger::Url { open: true }))
}

/// The address of a function that is started by requests, or by who calls it.
pub(super) fn lower(stack: &mut Stack<'_>, id: Id<Service>, item: &Function, lambda: &Lambda) -> Option<Address> {
    let system = stack.system;
    let service = &system.services[id];
    let is_called = system.callers_of(id).next().is_some();
    let is_url = matches!(item.trigger, Some(Trigger::Url { .. }));
    if !is_called && !is_url {
        return None;
    }
    stack.module.file("triggers", "");
    let open = is_open(service);
    let body = lambda
        .named()
        .when(!open, |block| {
            block.comment("Callers sign their requests with an identity that may call the function.")
        })
        .set("authorization_type", if open { "NONE" } else { "AWS_IAM" });
    let url = stack.module.resource("aws_lambda_function_url", &service.name, body);
    if open {
        anybody(stack, service, lambda);
    }
    if is_url {
        stack.module.file("outputs", "");
        let description = format!("Where the function {} is called.", service.name);
        let name = format!("{}_url", service.name);
        stack.module.output(&name, url.attr("function_url"), &description);
    }
    Some(url)
}

/// Lets anybody call the function: at its address, and in no other way.
fn anybody(stack: &mut Stack<'_>, service: &Service, lambda: &Lambda) {
    let allowed = |statement: &str, action: &str| -> Block {
        lambda
            .named()
            .set("statement_id", statement)
            .set("action", action)
            .set("principal", "*")
    };
    let address = allowed("anybody-asks-the-address", "lambda:InvokeFunctionUrl").set("function_url_auth_type", "NONE");
    let local = format!("anybody_to_address_of_{}", service.name);
    stack
        .module
        .comment("Anybody may call it at its address, and in no other way: Lambda wants both to be said.")
        .resource("aws_lambda_permission", &local, address);
    let function = allowed("anybody-by-the-address", "lambda:InvokeFunction").set("invoked_via_function_url", true);
    let local = format!("anybody_to_function_{}", service.name);
    stack.module.resource("aws_lambda_permission", &local, function);
}
