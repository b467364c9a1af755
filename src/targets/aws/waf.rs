//! The web application firewall in front of the public load balancer.

use super::encryption::Keys;
use super::load_balancer::Balancers;
use super::{Stack, logs};
use crate::list;
use crate::terraform::Block;

/// Longer than any component's name: services have log groups too.
const LOG_GROUP: &str = "web_application_firewall";

/// A group of rules that AWS maintains.
struct Managed {
    name: &'static str,
    group: &'static str,
    why: &'static str,
    /// Only counts what it would block.
    counted: bool,
    /// The rule of the group that only counts.
    counted_rule: Option<&'static str>,
}

const RULES: [Managed; 4] = [
    Managed {
        name: "ip-reputation",
        group: "AWSManagedRulesAmazonIpReputationList",
        why: "",
        counted: false,
        counted_rule: None,
    },
    Managed {
        name: "known-bad-inputs",
        group: "AWSManagedRulesKnownBadInputsRuleSet",
        why: "",
        counted: false,
        counted_rule: None,
    },
    Managed {
        name: "common",
        group: "AWSManagedRulesCommonRuleSet",
        why: "",
        counted: false,
        // It blocks every body over 8 KB, and with that every upload.
        counted_rule: Some("SizeRestrictions_BODY"),
    },
    Managed {
        name: "anonymous-ip",
        group: "AWSManagedRulesAnonymousIpList",
        why: "Counted only: it names people behind VPNs and other clouds too. Look at its metric before it blocks.",
        counted: true,
        counted_rule: None,
    },
];

pub(super) fn lower(stack: &mut Stack<'_>, keys: &Keys, balancers: &Balancers) {
    let Some(public) = &balancers.public else {
        return;
    };
    stack.module.file("load_balancer", "");
    let name = stack.name("public");
    let mut body = Block::new()
        .set("name", name.as_str())
        .set("description", "Guards the public load balancer")
        .set("scope", "REGIONAL")
        .block("default_action", Block::new().block("allow", Block::new()));
    for (priority, managed) in (10_u32..).step_by(10).zip(&RULES) {
        if !managed.why.is_empty() {
            body = body.comment(managed.why);
        }
        body = body.block("rule", rule(managed, priority));
    }
    let acl = body.block("visibility_config", visibility(&name));
    let acl = stack.module.resource("aws_wafv2_web_acl", "public", acl);
    let association = Block::new()
        .set("resource_arn", public.attr("arn"))
        .set("web_acl_arn", acl.attr("arn"));
    stack
        .module
        .resource("aws_wafv2_web_acl_association", "public", association);
    let group = logs::group(stack, keys, format!("aws-waf-logs-{}", stack.system.prefix));
    let group = stack
        .module
        .comment("The name must start with aws-waf-logs-.")
        .resource("aws_cloudwatch_log_group", LOG_GROUP, group);
    let redacted = ["authorization", "cookie"].map(|header| {
        let header = Block::new().set("name", header);
        Block::new().block("single_header", header)
    });
    let logging = Block::new()
        .set("resource_arn", acl.attr("arn"))
        .set("log_destination_configs", list![group.attr("arn")])
        .blocks("redacted_fields", redacted);
    stack
        .module
        .resource("aws_wafv2_web_acl_logging_configuration", "public", logging);
}

fn rule(managed: &Managed, priority: u32) -> Block {
    let action = if managed.counted { "count" } else { "none" };
    let mut group = Block::new().set("vendor_name", "AWS").set("name", managed.group);
    if let Some(rule) = managed.counted_rule {
        let count = Block::new().block("count", Block::new());
        let exception = Block::new().set("name", rule).block("action_to_use", count);
        group = group
            .comment("It blocks every body over 8 KB, and with that every upload: counted only.")
            .block("rule_action_override", exception);
    }
    Block::new()
        .set("name", managed.name)
        .set("priority", priority)
        .block("override_action", Block::new().block(action, Block::new()))
        .block("statement", Block::new().block("managed_rule_group_statement", group))
        .block("visibility_config", visibility(managed.name))
}

fn visibility(metric: &str) -> Block {
    Block::new()
        .set("cloudwatch_metrics_enabled", true)
        .set("metric_name", metric)
        .set("sampled_requests_enabled", true)
}
