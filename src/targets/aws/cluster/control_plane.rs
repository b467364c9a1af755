//! The control plane, and who vouches for the pods.

use hcl::Expression;

use super::{Cluster, Issuer, after};
use crate::catalog;
use crate::list;
use crate::object;
use crate::targets::aws::compute::Parts;
use crate::targets::aws::policy::{Statement, inline, trust};
use crate::targets::aws::{Stack, logs};
use crate::terraform::{Address, Block, expr};

/// Longer than any component's name: services have roles and log groups too.
const NAME: &str = "kubernetes_control_plane";
/// Everything that the control plane tells.
const LOGS: [&str; 5] = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/// Name of the log group of the control plane, which EKS gives.
pub(super) fn log_group(stack: &Stack<'_>) -> String {
    format!("/aws/eks/{}/cluster", stack.system.prefix)
}

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts<'_>) -> Cluster {
    let system = stack.system;
    let group = logs::group(stack, parts.keys, log_group(stack));
    let group = stack
        .module
        .comment("EKS would make it itself, without the key and the retention.")
        .resource("aws_cloudwatch_log_group", NAME, group);
    let (role, grants) = role(stack, parts);
    stack.module.file("cluster", "");
    let ranges: Vec<Expression> = system
        .cluster
        .api_cidrs
        .iter()
        .map(|range| range.to_string().into())
        .collect();
    let access = Block::new()
        .set("authentication_mode", "API")
        .comment("Whoever applies first may administer the cluster; others stand in cluster_admins.")
        .set("bootstrap_cluster_creator_admin_permissions", true);
    let secrets = Block::new()
        .set("resources", list!["secrets"])
        .block("provider", Block::new().set("key_arn", parts.keys.data.attr("arn")));
    let network = Block::new()
        .set("subnet_ids", parts.network.nodes())
        .set(
            "security_group_ids",
            list![
                parts
                    .groups
                    .nodes()
                    .map(|nodes| nodes.control_plane.id())
                    .unwrap_or(Expression::Null)
            ],
        )
        .set("endpoint_private_access", true)
        .set("endpoint_public_access", !ranges.is_empty())
        .when(!ranges.is_empty(), |block| {
            block.set("public_access_cidrs", Expression::Array(ranges.clone()))
        });
    let upgrades = Block::new().set("support_type", catalog::eks_support(&system.cluster));
    let body = Block::new()
        .set("name", system.prefix.as_str())
        .set("version", catalog::eks_version(&system.cluster))
        .set("role_arn", role.attr("arn"))
        .comment("Add-ons are resources of their own here.")
        .set("bootstrap_self_managed_addons", false)
        .set("deletion_protection", system.protect)
        .set(
            "enabled_cluster_log_types",
            Expression::Array(LOGS.map(Expression::from).to_vec()),
        )
        .block("access_config", access)
        .block("encryption_config", secrets)
        .block("upgrade_policy", upgrades)
        .block("vpc_config", network)
        .set("depends_on", after(grants.iter().chain([&group])));
    let cluster = stack.module.resource("aws_eks_cluster", "main", body);
    let issuer = issuer(stack, &cluster);
    Cluster { cluster, issuer }
}

fn role(stack: &mut Stack<'_>, parts: &Parts<'_>) -> (Address, [Address; 2]) {
    stack.module.file("identity", "");
    let role = Block::new()
        .set("name", stack.name("kubernetes-control-plane"))
        .set("description", "The control plane of the Kubernetes cluster")
        .set(
            "assume_role_policy",
            trust("eks.amazonaws.com", Some(&parts.base.account)),
        );
    let role = stack.module.resource("aws_iam_role", NAME, role);
    let managed = Block::new()
        .set("role", role.attr("name"))
        .set("policy_arn", "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy");
    let managed = stack.module.resource("aws_iam_role_policy_attachment", NAME, managed);
    let key = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"];
    let secrets = Statement::allow("EncryptSecrets", &key, parts.keys.data.attr("arn"));
    let own = stack
        .module
        .resource("aws_iam_role_policy", NAME, inline(&role, vec![secrets]));
    (role, [managed, own])
}

/// The cluster vouches for service accounts with tokens, which AWS takes for roles that name them.
fn issuer(stack: &mut Stack<'_>, cluster: &Address) -> Issuer {
    stack.module.file("identity", "");
    let url = expr::attribute(cluster.attr("identity"), &["0", "oidc", "0", "issuer"]);
    let body = Block::new()
        .set("url", url.clone())
        .set("client_id_list", list!["sts.amazonaws.com"])
        .set("tags", object! { "Name" => stack.name("kubernetes") });
    let provider = stack
        .module
        .comment("The cluster vouches for the service accounts of its pods: each role below names the one that may take it on.")
        .resource("aws_iam_openid_connect_provider", "main", body);
    let name = expr::call("trimprefix", [url, "https://".into()]);
    let name = stack.module.local("kubernetes_issuer", name);
    stack.module.file("cluster", "");
    Issuer { provider, name }
}
