//! The budget.

use super::Stack;
use crate::terraform::Block;

/// Percentages of the amount at which the owners are told.
const ALERTS: [u32; 2] = [80, 100];

pub(super) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    let Some(budget) = &system.budget else {
        return;
    };
    let emails = hcl::Expression::Array(budget.emails.iter().map(|email| email.as_str().into()).collect());
    let alert = |percent: u32| {
        Block::new()
            .set("comparison_operator", "GREATER_THAN")
            .set("notification_type", "ACTUAL")
            .set("threshold", percent)
            .set("threshold_type", "PERCENTAGE")
            .set("subscriber_email_addresses", emails.clone())
    };
    let body = Block::new()
        .set("name", system.prefix.as_str())
        .set("budget_type", "COST")
        .set("time_unit", "MONTHLY")
        .set("time_period_start", format!("{}-01_00:00", budget.start))
        .set("limit_amount", budget.monthly.to_string())
        .set("limit_unit", budget.currency.as_str())
        .blocks("notification", ALERTS.map(alert));
    stack.module.file("budget", "");
    stack
        .module
        .comment("Counts the whole account: a filter by tag sees nothing until that tag is activated for billing.")
        .resource("aws_budgets_budget", "monthly", body);
}
