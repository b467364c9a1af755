//! IAM policies as values.

use hcl::Expression;

use crate::terraform::{Address, Block, expr};
use crate::{list, object};

/// A statement of a policy, put together in the order in which AWS prints them.
pub(super) struct Statement {
    sid: String,
    effect: &'static str,
    principal: Option<Expression>,
    actions: Vec<&'static str>,
    resources: Expression,
    condition: Option<Expression>,
}

impl Statement {
    /// Allows actions on resources.
    pub(super) fn allow(sid: impl Into<String>, actions: &[&'static str], resources: impl Into<Expression>) -> Self {
        Self {
            sid: sid.into(),
            effect: "Allow",
            principal: None,
            actions: actions.to_vec(),
            resources: resources.into(),
            condition: None,
        }
    }

    /// Refuses actions on resources.
    pub(super) fn deny(sid: impl Into<String>, actions: &[&'static str], resources: impl Into<Expression>) -> Self {
        Self {
            effect: "Deny",
            ..Self::allow(sid, actions, resources)
        }
    }

    /// Refuses everything to a bucket that does not come over TLS.
    pub(super) fn tls_only(bucket: &Address) -> Self {
        let arn = bucket.attr("arn");
        Self::refuse_plain(&["s3:*"], list![arn.clone(), crate::template![arn, "/*"]])
    }

    /// Refuses actions that do not come over TLS.
    pub(super) fn refuse_plain(actions: &[&'static str], resources: impl Into<Expression>) -> Self {
        Self::deny("TlsOnly", actions, resources)
            .principal("*")
            .condition(object! { "Bool" => object! { "aws:SecureTransport" => "false" } })
    }

    /// Whom a resource's own policy speaks of.
    pub(super) fn principal(self, principal: impl Into<Expression>) -> Self {
        Self {
            principal: Some(principal.into()),
            ..self
        }
    }

    /// A service of AWS as the principal.
    pub(super) fn service(self, service: impl Into<String>) -> Self {
        self.principal(object! { "Service" => Expression::String(service.into()) })
    }

    /// Under which conditions.
    pub(super) fn condition(self, condition: Expression) -> Self {
        Self {
            condition: Some(condition),
            ..self
        }
    }

    fn expression(self) -> Expression {
        let mut pairs: Vec<(&str, Expression)> = vec![("Sid", self.sid.into()), ("Effect", self.effect.into())];
        if let Some(principal) = self.principal {
            pairs.push(("Principal", principal));
        }
        let action = match self.actions.as_slice() {
            [one] => Expression::from(*one),
            many => Expression::Array(many.iter().map(|&action| Expression::from(action)).collect()),
        };
        pairs.push(("Action", action));
        pairs.push(("Resource", self.resources));
        if let Some(condition) = self.condition {
            pairs.push(("Condition", condition));
        }
        expr::object(pairs)
    }
}

/// A policy document.
pub(super) fn document(statements: impl IntoIterator<Item = Statement>) -> Expression {
    let statements = statements.into_iter().map(Statement::expression).collect();
    expr::jsonencode(object! { "Version" => "2012-10-17", "Statement" => Expression::Array(statements) })
}

/// Who may take on a role: a service of AWS, on behalf of this account only where one is given.
pub(super) fn trust(service: &str, account: Option<&Expression>) -> Expression {
    let mut pairs: Vec<(&str, Expression)> = vec![
        ("Effect", "Allow".into()),
        ("Principal", object! { "Service" => service }),
        ("Action", "sts:AssumeRole".into()),
    ];
    if let Some(account) = account {
        let condition = object! { "StringEquals" => object! { "aws:SourceAccount" => account.clone() } };
        pairs.push(("Condition", condition));
    }
    expr::jsonencode(object! { "Version" => "2012-10-17", "Statement" => list![expr::object(pairs)] })
}

/// The same for several services of AWS, that name no account when they take a role on.
pub(super) fn trusts(services: &[&str]) -> Expression {
    let services = services.iter().map(|&service| service.into()).collect();
    let statement = object! {
        "Effect" => "Allow",
        "Principal" => object! { "Service" => Expression::Array(services) },
        "Action" => "sts:AssumeRole",
    };
    expr::jsonencode(object! { "Version" => "2012-10-17", "Statement" => list![statement] })
}

/// The body of a role's inline policy.
pub(super) fn inline(role: &Address, statements: Vec<Statement>) -> Block {
    Block::new()
        .set("name", "grants")
        .set("role", role.id())
        .set("policy", document(statements))
}
