//! What the owner of the cluster and of the registry should know and do. What is the same on every cloud, [`shared::runbook`] says.

use super::{access, control_plane, gateway, logs};
use crate::catalog;
use crate::ir::{Exposure, NodePool};
use crate::targets::aws::{Stack, cluster};
use crate::targets::shared::cluster::{self as shared, Handling};

/// Adds what must be there before the first apply.
pub(in crate::targets::aws) fn prerequisites(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    if !system.repositories.is_empty() {
        let region = stack.region();
        items.push(format!(
            "The images of `registry/`, which machines, tasks and nodes pull as soon as they are there: make the repositories first (`terraform -chdir=terraform apply -target=aws_ecr_repository.own_container_images`), log in (`aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin $(aws sts get-caller-identity --query Account --output text).dkr.ecr.{region}.amazonaws.com`), push each image, built for Linux on x86-64 (`linux/amd64`), with the tag of the blueprint to its address in the output `repositories`, and then apply everything."
        ));
    }
    if !stack.has_pods() {
        return;
    }
    items.push("The credentials may create service-linked roles: the first cluster and the first group of nodes of an account make one each, and so does its first Auto Scaling group.".to_owned());
    items.push(format!(
        "{} processors of On-Demand instances are free in the account for all nodes at their most, and for six more of each pool while it is updated, beside those of machines: the quota `Running On-Demand Standard instances`, which is one for all, is much lower in new accounts.",
        processors(stack)
    ));
    items.push("`kubectl`, `helm` and version 2 of the AWS CLI where the cluster is filled from. Images of services in it are built for Linux on x86-64 (`linux/amd64`).".to_owned());
}

/// Processors of all nodes at their most.
fn processors(stack: &Stack<'_>) -> u32 {
    stack.system.pools.iter().map(|pool| pool.size.cpu * pool.max).sum()
}

/// Adds what is done for security.
pub(in crate::targets::aws) fn security(stack: &Stack<'_>, items: &mut Vec<String>) {
    if !stack.has_pods() {
        return;
    }
    items.push("A pod has the role of its service: the cluster vouches for its service account, and the role names that one and no other. The nodes of each pool have a role, with which they join and pull the images of the services on the pool, of this account no others; pods cannot take it on, for the metadata service of a node does not answer them.".to_owned());
    items.push("The firewall knows pools: databases, caches and load balancers are open to the nodes of the domain that is linked to them. Within a pool, and between the gateway and pods, network policies in `kubernetes/` tell pods apart; the network plug-in enforces them from a moment after a pod starts. Node groups of two domains have no rule between them. What runs in a domain's namespace runs on its nodes and on no others: policies of the cluster (`kubernetes/admission.yaml`) refuse pods that choose differently, and routes for hosts of others.".to_owned());
    items.push("Secrets of the cluster are encrypted with the key `data`, and so are the disks of nodes. Kubernetes Secrets are filled by External Secrets, as the role of the service that reads them: they stand neither in `kubernetes/` nor in Terraform's state.".to_owned());
}

/// Adds how the cluster is reached, filled and kept.
pub(in crate::targets::aws) fn operations(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    if !system.repositories.is_empty() {
        items.push(registry(stack));
    }
    if !stack.has_pods() {
        return;
    }
    let (prefix, region) = (&system.prefix, stack.region());
    let keda = [
        "--set podIdentity.aws.irsa.enabled=true",
        "--set podIdentity.aws.irsa.roleArn=$(terraform -chdir=terraform output -raw keda_role)",
    ];
    let credentials = format!("aws eks update-kubeconfig --region {region} --name {prefix}");
    let handling = Handling {
        credentials: &credentials,
        has_keda: false,
        writes_more: true,
        external_secrets: &[],
        keda: if cluster::followed(stack).is_empty() {
            &[]
        } else {
            &keda
        },
    };
    items.extend(shared::runbook(&system, &handling));
    items.push(reached(stack));
    items.push(format!(
        "Whoever applies first administers the cluster; if that was a person who leaves, take the entry away with `aws eks delete-access-entry --region {region} --cluster-name {prefix} --principal-arn ARN`, for Terraform does not know it. Name the others, and the role of your pipeline unless it applied first, in `{}` of `terraform/terraform.tfvars`: a list of ARNs of IAM roles and users. A team gets an entry with a group of Kubernetes, `aws eks create-access-entry --region {region} --cluster-name {prefix} --principal-arn ARN --kubernetes-groups GROUP`, and a RoleBinding of that group in its namespace.",
        access::ADMINS
    ));
    items.push(upgrades(stack));
    items.push(format!(
        "A change of a pool (`size`, disks, `labels`) replaces its nodes while pods move within their disruption budgets, which an apply waits for. Amazon Linux on nodes stays as it is between upgrades: `aws eks update-nodegroup-version --region {region} --cluster-name {prefix} --nodegroup-name NAME` brings the newest image, with a name from `aws eks list-nodegroups --region {region} --cluster-name {prefix}`; do so every month. The autoscaler moves the number of nodes between `min` and `max`. Before `min` rises above the number that runs, raise that too: `aws eks update-nodegroup-config --region {region} --cluster-name {prefix} --nodegroup-name NAME --scaling-config desiredSize=N`."
    ));
    items.push(format!(
        "What the gateway, Istio and the other parts of the cluster write is in the log group `{}`, what the control plane writes in `{}`. In a service's log group each pod has a stream. Fluent Bit on every node puts it there, once it is deployed with what is in `kubernetes/`; a newer version of it comes with a new version of cloudgen, or with its image in an override. `kubectl logs` has what runs now.",
        logs::group(stack),
        control_plane::log_group(stack)
    ));
    items.push(gateway(stack));
    items.push("Security groups know the ports that the cluster's own parts use: DNS, metrics, Istio, External Secrets, KEDA. Whatever else you install in the cluster runs on the pool `system` and needs rules there for what it answers to other nodes and to the control plane; from repositories of this account it needs a policy on the role `aws_iam_role.system_nodes_of_kubernetes` to be pulled.".to_owned());
    items.push("To change `runtime` of a service that serves already interrupts it, from the apply that moves its routes until its pods are healthy. Without interruption, add a service of another name on the other runtime with the same links, wait until it is healthy, move `routes` and the callers' `calls` to it, and remove the first one then.".to_owned());
    if system.protect {
        items.push(format!(
            "The cluster is guarded against deletion. When it goes for good because no service needs it any more, lift that first: `aws eks update-cluster-config --region {region} --name {prefix} --no-deletion-protection`. A plan before that would put it back."
        ));
    }
}

/// How requests reach the gateway.
fn gateway(stack: &Stack<'_>) -> String {
    let exposures = [Exposure::Public, Exposure::Internal];
    let behind = exposures
        .into_iter()
        .filter(|&exposure| shared::is_behind(&stack.system, exposure));
    let ports: Vec<String> = behind.map(|exposure| gateway::port(exposure).to_string()).collect();
    let (ports, balancers) = match ports.as_slice() {
        [] => return "Nothing leads into the cluster: no service in it is called or public.".to_owned(),
        [port] => (
            format!("port {port}"),
            "the load balancer shows the others as unhealthy",
        ),
        ports => (
            format!("ports {}", ports.join(" and ")),
            "the load balancers show the others as unhealthy",
        ),
    };
    format!(
        "Requests reach the gateway at {ports} of the nodes of the pool `{}` that a pod of it runs on; {balancers}, and that is as it should be. Until the gateway runs, the answer is 503. A change that makes a new group of these nodes (`zones`) interrupts such requests until the gateway's pods run on the new nodes, some minutes: choose a quiet hour.",
        NodePool::SYSTEM
    )
}

/// How images come into the registry, and how long they stay.
fn registry(stack: &Stack<'_>) -> String {
    let keep = stack.system.registry.map_or(0, |registry| registry.keep_images);
    let protected = match stack.system.protect {
        true => " A repository that still holds images is not destroyed: delete them first.",
        false => "",
    };
    format!(
        "A new version of an image of `registry/` is pushed under a new tag before the blueprint names it: a tag that is there is refused. The last {keep} of each name stay, whichever run: roll back to one of them. ECR scans each image when it is pushed; look at its findings with `aws ecr describe-image-scan-findings`.{protected}"
    )
}

/// How administrators reach the API.
fn reached(stack: &Stack<'_>) -> String {
    let system = stack.system;
    let (prefix, region) = (&system.prefix, stack.region());
    if !system.cluster.api_cidrs.is_empty() {
        return "The API of the cluster answers inside the network, and to `kubernetes.api_cidrs` from outside; others time out.".to_owned();
    }
    if !system.network.bastion {
        return "The API of the cluster answers inside the network only: name address ranges in `kubernetes.api_cidrs`, or connect your network to this one and add a rule to the group of the control plane.".to_owned();
    }
    format!(
        "The API of the cluster answers inside the network only, unless `kubernetes.api_cidrs` names ranges. From outside, go through a node: `NODE=$(aws ec2 describe-instances --region {region} --filters Name=tag:eks:cluster-name,Values={prefix} Name=instance-state-name,Values=running --query 'Reservations[0].Instances[0].InstanceId' --output text)`, `API=$(aws eks describe-cluster --region {region} --name {prefix} --query cluster.endpoint --output text | cut -d/ -f3)`, `aws ssm start-session --region {region} --target $NODE --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters host=$API,portNumber=443,localPortNumber=8443`, and in another shell, once, `kubectl config set-cluster $(kubectl config view --minify -o 'jsonpath={{.clusters[0].name}}') --server https://127.0.0.1:8443 --tls-server-name $API`."
    )
}

/// What happens to versions.
fn upgrades(stack: &Stack<'_>) -> String {
    let system = stack.system;
    let version = catalog::eks_version(&system.cluster);
    let end = match catalog::eks_support(&system.cluster) {
        "EXTENDED" => {
            "EKS keeps the version for a year beyond its standard support, at a higher price (`channel = \"stable\"`)"
        }
        _ => {
            "When the standard support of the version ends, EKS upgrades the control plane by itself, and the next plan fails to go back: be there first"
        }
    };
    format!(
        "The cluster runs Kubernetes {version}. To upgrade it, write the next version, one at a time, into `[kubernetes] version`, render and apply: the control plane goes first, then the nodes of each pool, pod by pod. Then render and deploy again what is in `kubernetes/`, for the autoscaler follows, and bring each add-on (`vpc-cni`, `kube-proxy`, `coredns`, `metrics-server`) to the version that `aws eks describe-addon-versions --region {0} --kubernetes-version VERSION --addon-name NAME` recommends: `aws eks update-addon --region {0} --cluster-name {1} --addon-name NAME --addon-version VERSION --resolve-conflicts PRESERVE`. That of `vpc-cni` also needs `--service-account-role-arn ARN`, or it loses its role: `aws eks describe-addon --region {0} --cluster-name {1} --addon-name vpc-cni --query addon.serviceAccountRoleArn --output text` gives it. Terraform leaves their versions alone. Look at `aws eks list-insights --region {0} --cluster-name {1}` before. {end}.",
        stack.region(),
        system.prefix
    )
}
