//! What the README of the output says about the cluster.

use std::collections::BTreeSet;

use super::control_plane::scales;
use super::pools::is_ephemeral;
use crate::check::{cluster_block, gateway_address, inside_blocks, nodes_name};
use crate::ir::{Exposure, NodePool, Service, System};
use crate::targets::azure::Stack;
use crate::targets::azure::startup::registry;
use crate::targets::shared::cluster::{self, Handling, namespace, runbook};

/// How KEDA learns who it is.
const KEDA: &str = "KEDA is an add-on of the cluster. It asks Azure Monitor for the messages that wait, some minutes late, as the identity `PREFIX-keda`, which may read the numbers and settings of queues and no message. (To ask the queues themselves, without delay, it would need *Azure Service Bus Data Receiver* there at least, and could take what waits in them.) Once after the first apply, its pods are told so:

  ```sh
  CLIENT_ID=\"$(az identity show --resource-group PREFIX --name PREFIX-keda --query clientId --output tsv)\"
  kubectl annotate serviceaccount keda-operator --namespace kube-system --overwrite \"azure.workload.identity/client-id=$CLIENT_ID\"
  kubectl rollout restart deployment keda-operator --namespace kube-system
  ```";

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>) {
    let Some(own) = stack.system.pools.first() else {
        return;
    };
    prerequisites(stack);
    security(stack, own);
    operations(stack);
    skips(stack);
}

/// The services in the cluster.
fn inside<'a>(stack: &Stack<'a>) -> impl Iterator<Item = &'a Service> {
    let system = stack.system;
    let services = system.services.iter().filter(|(id, _)| system.pool_of(*id).is_some());
    services.map(|(_, service)| service)
}

fn prerequisites(stack: &mut Stack<'_>) {
    let prefix = &stack.system.prefix;
    let mut items = vec![format!(
        "The subscription's quota has room for the nodes, by their series of machines, at their most and a third more for upgrades. Azure makes a resource group of its own for the nodes, `{prefix}-nodes`: there must be none of that name."
    )];
    let hosts: BTreeSet<&str> = inside(stack).filter_map(|service| Some(registry(service)?.0)).collect();
    items.extend(hosts.iter().map(|host| {
        format!("`{host}` is not part of this system: grant the nodes of the cluster, who pull from it as `{prefix}-nodes`, the role *AcrPull* there.")
    }));
    stack.report.prerequisites.append(&mut items);
}

fn security(stack: &mut Stack<'_>, own: &NodePool) {
    let system = stack.system;
    let (pods, _) = inside_blocks(system);
    let items = &mut stack.report.security;
    let api = match system.cluster.api_cidrs.is_empty() {
        true => "The API of the cluster has an address in the network alone.",
        false => {
            "The API of the cluster has a public address, which answers `api_cidrs` and the address that the cluster's nodes leave with. Pods that may reach the internet leave with it as well; machines and containers have others."
        }
    };
    items.push(format!("{api} People sign in to it with Entra ID, and Azure's roles say what they may do there: *Azure Kubernetes Service RBAC Cluster Admin* has whoever runs Terraform (`operators`), and nobody else has any. There are no local accounts, and nobody signs in to nodes."));
    items.push(format!("Nodes of each domain have a subnet and a security group of their own. Whatever a pod opens to somebody outside the cluster has the address of its node, so pods on a domain's nodes reach the databases, caches and endpoints of that domain's links and no others, whatever a network policy in the cluster says; that a namespace's pods are on the nodes of its domain is seen to by the admission policies in `kubernetes/admission.yaml`, which only administrators of the cluster may change. Security groups do not tell the services of one domain apart, nor anything within the cluster: pods speak with addresses of {pods}, which all nodes share, and Azure wants nodes ({}) and pods open to each other on every port. There the network policies decide, which Cilium enforces on the nodes: of a domain only what it serves is open, and only to the gateway.", cluster_block(system)));
    items.push(format!("Requests reach pods through one gateway, on the nodes `{}`: the application gateways know it by the address {}{}.", nodes_name(own), gateway_address(system), ports(system)));
    items.push("A service's pods sign in to Azure with a token of their Kubernetes service account, which Azure trusts for the service's identity alone: no key is kept anywhere. External Secrets reads the vault in the same way, with the identity of the service that the value is for, over the private endpoint. Nodes pull images with an identity that may do nothing else; Azure's add-ons for logs and policies have identities of their own on the nodes, made and granted by Azure. Pods reach the metadata service of their node, where the tokens of all of these are, only if somebody opens the network policy of their namespace.".to_owned());
    items.push("Disks of nodes are encrypted with the system's key. What the cluster itself keeps, the Secrets among it, is encrypted by Azure with keys of Azure's: a key of one's own for that cannot be had from a vault behind a firewall, nor the newer way that can (`az aks update --kms-infrastructure-encryption`) in Terraform yet. The control plane's identity manages its own subnets, and may use the nodes' identity and the disks' key.".to_owned());
}

/// What comes from the internet has another port of the gateway than what comes from inside.
fn ports(system: &System) -> &'static str {
    let (public, internal) = (
        cluster::is_behind(system, Exposure::Public),
        cluster::is_behind(system, Exposure::Internal),
    );
    match (public, internal) {
        (true, true) => {
            ", at one port for what came from the internet and one for what came from inside. A name of an internal service leads nowhere from the internet, and from inside only at the service's own port"
        }
        (true, false) => ", which takes only what came from the internet",
        (false, true) => {
            ", which takes only what came from inside. The name of a service leads to it only at the service's own port"
        }
        (false, false) => "",
    }
}

fn operations(stack: &mut Stack<'_>) {
    let system = stack.system;
    let prefix = &system.prefix;
    let credentials = format!(
        "az aks get-credentials --resource-group {prefix} --name {prefix}\nkubelogin convert-kubeconfig -l azurecli"
    );
    let handling = Handling {
        credentials: &credentials,
        has_keda: true,
        external_secrets: &[],
        keda: &[],
        writes_more: false,
    };
    let mut items = runbook(system, &handling);
    if !system.cluster.api_cidrs.is_empty() {
        items.push(
            "`kubectl` and `helm` have to come from an address in `api_cidrs`: the cluster's API answers no other."
                .to_owned(),
        );
    }
    if system.cluster.api_cidrs.is_empty() {
        items.push(format!("Without a machine in the network, Azure runs `kubectl` and `helm` in the cluster, for whoever may use its API and has *Azure Kubernetes Service Contributor Role* on it as well (owners and contributors of the subscription do); the activity log has an entry of it. In the folder `kubernetes`, which goes along: `az aks command invoke --resource-group {prefix} --name {prefix} --command \"kubectl apply -k .\" --file .`"));
    }
    let first = system
        .services
        .iter()
        .find(|(id, _)| system.pool_of(*id).is_some_and(|pool| pool.domain.is_some()));
    if let Some((id, _)) = first {
        items.push(format!("Access of a team to its namespace: `az role assignment create --role \"Azure Kubernetes Service RBAC Admin\" --assignee TEAM --scope \"$(az aks show --resource-group {prefix} --name {prefix} --query id --output tsv)/namespaces/{}\"`, and *Azure Kubernetes Service Cluster User Role* on the cluster for its credentials. The namespace itself and its quota stay with whoever runs Terraform: `kubectl apply` passes over them while they are unchanged.", namespace(system, id)));
    }
    if scales(stack) {
        items.push(KEDA.replace("PREFIX", prefix));
    }
    items.push("Azure upgrades the cluster on Sundays and the nodes' images on Saturdays, from midnight UTC, for four hours at most. With `version` it stays at that minor version and gets its patches; a higher one is an upgrade of cluster and nodes by the next apply, one minor version at a time. Without, `rapid` is the newest version, and `stable` and `regular` are both the one before: Azure has nothing between. A third more nodes are there while nodes are upgraded. Another size of nodes makes those of a pool anew, with others in their place meanwhile; nodes of domains are drained for it, those of the system are not.".to_owned());
    items.push("What pods print is in the workspace's `ContainerLogV2` table, what Kubernetes says of them in `KubeEvents` and `KubePodInventory`; the control plane's logs, with everything that is changed in the cluster and by whom, in `AzureDiagnostics` (`kube-audit-admin`). Of an entry of the vault that its owner has not filled yet pods see the text `unfilled`.".to_owned());
    items.push("Pods ask the cluster's own DNS pods, and the network policies open the way there alone. Azure's LocalDNS answers on the node instead, where they do not: leave it off, as Azure does where Cilium enforces the policies (`az aks nodepool list --resource-group PREFIX --cluster-name PREFIX --query \"[].localDnsProfile\"` tells).".replace("PREFIX", prefix));
    items.push("The cluster is paid by the hour, as are the nodes, at least `min` of each pool, whatever runs on them. A pool's subnet cannot change while it is there.".to_owned());
    stack.report.operations.append(&mut items);
}

fn skips(stack: &mut Stack<'_>) {
    let system = stack.system;
    cluster::skips(system, &mut stack.report);
    let report = &mut stack.report;
    let mut skip = |check: &str, resource: &str, reason: &str| report.skip(check, resource, reason);
    let (cluster, pools) = (
        "azurerm_kubernetes_cluster.main",
        "azurerm_kubernetes_cluster_node_pool.*",
    );
    let registered = "encryption at host has to be registered for the whole subscription first; disks are encrypted with the managed key";
    skip("CKV_AZURE_227", cluster, registered);
    if system.pools.len() > 1 {
        skip("CKV_AZURE_227", pools, registered);
    }
    if !system.pools.first().is_some_and(is_ephemeral) {
        skip(
            "CKV_AZURE_226",
            cluster,
            "machines of this size have no disk of their own that is large enough",
        );
    }
    skip(
        "CKV_AZURE_232",
        cluster,
        "the gateway and what stands outside domains run there, too",
    );
    skip(
        "CKV_AZURE_172",
        cluster,
        "External Secrets reads the vault, not this driver",
    );
    if !system.cluster.api_cidrs.is_empty() {
        skip(
            "CKV_AZURE_115",
            cluster,
            "the blueprint names `api_cidrs`, and nobody else reaches the API",
        );
    }
}
