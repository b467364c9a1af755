//! Who administers the cluster.

use super::Cluster;
use crate::targets::aws::Stack;
use crate::terraform::{Block, expr};

/// Longer than any component's name.
const NAME: &str = "kubernetes_administrators";
const POLICY: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

/// The variable that names administrators.
pub(super) const ADMINS: &str = "cluster_admins";

pub(super) fn lower(stack: &mut Stack<'_>, cluster: &Cluster) {
    stack.module.file("variables", "");
    let about = "ARNs of the IAM roles and users that administer the Kubernetes cluster, beside whoever applied first.";
    let admins = stack.module.variable(ADMINS, "set(string)", crate::list![], about);
    stack.module.file("cluster", "");
    let entry = Block::new()
        .set("for_each", admins)
        .set("cluster_name", cluster.name())
        .set("principal_arn", expr::each_key());
    let entry = stack.module.resource("aws_eks_access_entry", NAME, entry);
    let policy = Block::new()
        .set("for_each", entry.whole())
        .set("cluster_name", cluster.name())
        .set("principal_arn", expr::each_value(&["principal_arn"]))
        .set("policy_arn", POLICY)
        .block("access_scope", Block::new().set("type", "cluster"));
    stack.module.resource("aws_eks_access_policy_association", NAME, policy);
}
