//! What workflows say of their runs.

use super::Built;
use crate::targets::azure::Stack;
use crate::terraform::{Address, Block, expr};

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>, built: &Built, workspace: &Address) {
    if built.apps.is_empty() {
        return;
    }
    stack.module.file("observability", "");
    let apps = built.apps.iter().map(|(id, app)| {
        let name = stack.system.workflows[*id].name.clone();
        (name, app.id())
    });
    let body = Block::new()
        .set("for_each", expr::object(apps.collect::<Vec<_>>()))
        .set("name", stack.system.prefix.as_str())
        .set("target_resource_id", expr::each_value(&[]))
        .set("log_analytics_workspace_id", workspace.id())
        .block("enabled_log", Block::new().set("category", "WorkflowRuntime"));
    stack
        .module
        .comment("Every run and every step of it, without what went from one to the next.");
    stack
        .module
        .resource("azurerm_monitor_diagnostic_setting", "workflows", body);
    let Some(mail) = &built.mail else {
        return;
    };
    let body = Block::new()
        .set("name", stack.system.prefix.as_str())
        .set(
            "target_resource_id",
            crate::template![mail.account.id(), "/queueServices/default"],
        )
        .set("log_analytics_workspace_id", workspace.id())
        .block("enabled_log", Block::new().set("category", "StorageWrite"));
    stack.module.comment("Who asks a function, or starts a workflow.");
    stack
        .module
        .resource("azurerm_monitor_diagnostic_setting", "workflow_calls", body);
}
