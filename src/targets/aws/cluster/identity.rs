//! Roles of pods. A pod proves with a token of the cluster which service account it has, and AWS takes that for the role that names it.

use hcl::Expression;
use hcl::expr::ObjectKey;

use super::Cluster;
use crate::targets::aws::Stack;
use crate::targets::aws::policy::{Statement, inline};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// Namespace of the cluster's own parts.
pub(super) const OWN: &str = "kube-system";
/// The annotation of a service account that names its role.
pub(super) const ANNOTATION: &str = "eks.amazonaws.com/role-arn";

/// A role, and who takes it on.
pub(super) struct Role<'a> {
    /// Its name in the output.
    pub(super) local: &'a str,
    /// Its name in AWS, after the system's.
    pub(super) name: &'a str,
    /// What it is for.
    pub(super) description: String,
    /// Namespace and name of the service account.
    pub(super) account: (&'a str, &'a str),
}

impl Role<'_> {
    /// Adds the role, and what it may do if that is anything.
    pub(super) fn lower(
        &self,
        stack: &mut Stack<'_>,
        cluster: &Cluster,
        statements: Vec<Statement>,
    ) -> (Address, Option<Address>) {
        stack.module.file("identity", "");
        let body = Block::new()
            .set("name", stack.name(self.name))
            .set("description", self.description.as_str())
            .set("assume_role_policy", trust(cluster, self.account));
        let role = stack.module.resource("aws_iam_role", self.local, body);
        let grants = (!statements.is_empty()).then(|| {
            let policy = inline(&role, statements);
            stack.module.resource("aws_iam_role_policy", self.local, policy)
        });
        (role, grants)
    }
}

/// Who may take on a role: the pods of one service account.
fn trust(cluster: &Cluster, (namespace, account): (&str, &str)) -> Expression {
    let issuer = &cluster.issuer;
    let claim = |what: &str| ObjectKey::Expression(template![issuer.name.clone(), format!(":{what}")]);
    let subject = format!("system:serviceaccount:{namespace}:{account}");
    let claims = [
        (claim("aud"), Expression::from("sts.amazonaws.com")),
        (claim("sub"), subject.into()),
    ];
    let statement = object! {
        "Effect" => "Allow",
        "Principal" => object! { "Federated" => issuer.provider.attr("arn") },
        "Action" => "sts:AssumeRoleWithWebIdentity",
        "Condition" => object! { "StringEquals" => Expression::Object(claims.into_iter().collect()) },
    };
    expr::jsonencode(object! { "Version" => "2012-10-17", "Statement" => list![statement] })
}
