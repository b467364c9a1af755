//! A monthly budget and who is told.

use super::Stack;
use crate::check::Checked;
use crate::terraform::{Block, expr};
use crate::{list, template};

/// The billing account of the budget, where the blueprint has both.
pub(super) fn account<'a>(system: &'a Checked<'_>) -> Option<&'a str> {
    system.budget.as_ref()?;
    system.accounts.gcp.as_ref()?.billing_account.as_deref()
}

pub(super) fn lower(stack: &mut Stack<'_>) {
    let (Some(budget), Some(account)) = (&stack.system.budget, account(stack.system)) else {
        return;
    };
    stack.module.file("budget", "");
    let emails: Vec<hcl::Expression> = budget.emails.iter().map(|email| email.as_str().into()).collect();
    let channels = Block::new()
        .set("for_each", expr::call("toset", [hcl::Expression::Array(emails)]))
        .set(
            "display_name",
            template![stack.name("budget"), " to ", expr::each_key()],
        )
        .set("type", "email")
        .set("labels", crate::object! { "email_address" => expr::each_key() })
        .set("depends_on", stack.project.ready());
    let channels = stack
        .module
        .resource("google_monitoring_notification_channel", "budget", channels);
    let amount = Block::new()
        .comment("The currency of the billing account: it takes no other.")
        .set("currency_code", budget.currency.as_str())
        .set("units", budget.monthly.to_string());
    let filter = Block::new()
        .set(
            "projects",
            list![template!["projects/", stack.project.data.attr("number")]],
        )
        .set("calendar_period", "MONTH");
    let told = Block::new()
        .set("monitoring_notification_channels", channels.all("id"))
        .set("disable_default_iam_recipients", true);
    let body = Block::new()
        .set("billing_account", account)
        .set("display_name", stack.system.prefix.as_str())
        .block("budget_filter", filter)
        .block("amount", Block::new().block("specified_amount", amount))
        .blocks(
            "threshold_rules",
            [0.8, 1.0].map(|part| Block::new().set("threshold_percent", part)),
        )
        .block("all_updates_rule", told)
        .set("depends_on", stack.project.ready());
    let address = stack.module.resource("google_billing_budget", "main", body);
    stack
        .report
        .component("budget", "budget of the billing account", address.text());
}
