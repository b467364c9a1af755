//! Findings in workflows and warehouses.

use super::local;
use crate::targets::aws::Stack;

pub(super) fn fill(stack: &mut Stack<'_>) {
    let system = stack.system;
    for (_, item) in system.workflows.iter() {
        let address = format!("aws_sfn_state_machine.{}", local(&item.name));
        let why = "steps are logged without what they were given: the history of a run has it, under the key of data";
        stack.report.skip("CKV_AWS_285", &address, why);
    }
}
