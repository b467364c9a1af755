//! The budget of the resource group.

use hcl::Expression;

use super::Stack;
use crate::list;
use crate::terraform::{Block, expr};

pub(super) fn lower(stack: &mut Stack<'_>) {
    let Some(budget) = &stack.system.budget else {
        return;
    };
    stack.module.file("budget", "");
    let created = stack.module.resource("time_static", "budget", Block::new());
    let this_month = expr::call(
        "formatdate",
        list_of(["YYYY-MM-01'T'00:00:00Z".into(), created.attr("rfc3339")]),
    );
    let first = format!("{}-01T00:00:00Z", budget.start);
    let later = expr::call("sort", [list![first, this_month]]);
    let period = Block::new()
        .comment("The later of the blueprint's month and this one: Azure takes no month before the budget's creation.")
        .set("start_date", expr::call("element", list_of([later, 1.into()])));
    let notification = |threshold: u32| {
        Block::new()
            .set("operator", "GreaterThanOrEqualTo")
            .set("threshold", threshold)
            .set("contact_emails", budget.emails.clone())
    };
    let body = Block::new()
        .set("name", stack.system.prefix.as_str())
        .set("resource_group_id", stack.project.group.id())
        .set("amount", budget.monthly)
        .set("time_grain", "Monthly")
        .block("time_period", period)
        .blocks("notification", [80, 100].map(notification));
    stack
        .module
        .comment("The amount is in the currency of the subscription's bill.");
    stack
        .module
        .resource("azurerm_consumption_budget_resource_group", "main", body);
}

fn list_of<const N: usize>(values: [Expression; N]) -> Vec<Expression> {
    values.into_iter().collect()
}
