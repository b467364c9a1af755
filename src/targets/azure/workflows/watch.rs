//! Alarms about workflows: questions to the workspace.

use std::collections::BTreeMap;

use crate::ir::{Id, Workflow};
use crate::targets::azure::Stack;
use crate::targets::azure::functions::watch::ask;
use crate::terraform::{Address, expr};

pub(in crate::targets::azure) fn alarms(
    stack: &mut Stack<'_>,
    (apps, account): (&BTreeMap<Id<Workflow>, Address>, &Address),
    workspace: &Address,
    told: Option<&Address>,
) {
    for alarm in &stack.system.workflow_alarms {
        let name = &stack.system.workflows[alarm.workflow].name;
        let app = || expr::Part::from(apps[&alarm.workflow].attr("name"));
        // What the code says of a run that failed, what goes wrong in the code itself, and what it has given up.
        let query = vec![
            "union isfuzzy=true (\n  AppTraces\n  | where AppRoleName =~ \"".into(),
            app(),
            "\" and SeverityLevel >= 3\n), (\n  AppExceptions\n  | where AppRoleName =~ \"".into(),
            app(),
            "\"\n), (\n  StorageQueueLogs\n  | where AccountName == \"".into(),
            account.attr("name").into(),
            format!("\" and OperationName == \"PutMessage\" and (Uri has \"/{name}-steps-poison/\" or Uri has \"/{name}-starts-poison/\")\n)").into(),
        ];
        ask(stack, (&alarm.name, &alarm.about), (query, 0), workspace, told);
    }
}
