//! Findings in functions, tables and what starts functions.

use super::local;
use crate::ir::{Function, Service, Trigger};
use crate::targets::aws::Stack;

pub(super) fn fill(stack: &mut Stack<'_>) {
    let system = stack.system;
    for (_, service, item) in system.functions() {
        function(stack, service, item);
    }
    for (_, item) in system.tables.iter() {
        if !item.restore {
            let address = format!("aws_dynamodb_table.{}", local(&item.name));
            let why = "the blueprint does without point-in-time restore";
            stack.report.skip("CKV_AWS_28", &address, why);
        }
    }
}

fn function(stack: &mut Stack<'_>, service: &Service, item: &Function) {
    let name = local(&service.name);
    let address = format!("aws_lambda_function.{name}");
    let dead = match item.has_dead_letters() {
        true => "what it failed on goes to its own dead letters from its trigger, with the error beside it",
        false => "what starts it keeps what it failed on, or waits for its answer",
    };
    stack.report.skip("CKV_AWS_116", &address, dead);
    if !item.private {
        let why = "none of its links leads into the network";
        stack.report.skip("CKV_AWS_117", &address, why);
    }
    let why = "the code is in the blueprint's folder, and who may apply may change it";
    stack.report.skip("CKV_AWS_272", &address, why);
    if matches!(item.trigger, Some(Trigger::Url { open: true })) {
        let why = "the blueprint calls its address `open`";
        let url = format!("aws_lambda_function_url.{name}");
        stack.report.skip("CKV_AWS_258", &url, why);
        for place in ["address_of", "function"] {
            let permission = format!("aws_lambda_permission.anybody_to_{place}_{name}");
            stack.report.skip("CKV_AWS_301", &permission, why);
        }
    }
}
