//! What the README says about the managed cluster, and about the system's own registry.

use std::collections::BTreeSet;

use super::containers::url_maps;
use crate::targets::gcp::Stack;
use crate::targets::gcp::cluster::{all, is_pod};
use crate::targets::shared::cluster::{self as shared, Handling, runbook};

/// How KEDA gets to know who it is.
const SCALER: &str = "--set podIdentity.gcp.enabled=true --set podIdentity.gcp.gcpIAMServiceAccount=\"$(terraform -chdir=terraform output -raw keda_account)\"";

/// What must be there before the cluster is.
pub(super) fn prerequisites(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let mut items = vec![];
    if !system.pools.is_empty() {
        let most: u32 = system.pools.iter().map(|pool| pool.max).sum();
        items.push(format!(
            "The same for Kubernetes Engine and Artifact Registry, and the right to let nodes run as the service accounts made here (`roles/iam.serviceAccountUser`). Quota in the region for {most} machines, their processors and 100 GB of balanced disk each; making the cluster takes one machine in each zone more for some minutes."
        ));
        items.push("`kubectl` with `gke-gcloud-auth-plugin`, and `helm`.".to_owned());
    }
    items
}

/// What is done for its security.
pub(super) fn security(stack: &Stack<'_>) -> Vec<&'static str> {
    let system = stack.system;
    if system.pools.is_empty() {
        return vec![];
    }
    let mut items = vec![
        "Pods run as the service account of their service (Workload Identity Federation), with what its links say; the node's own account may write logs and metrics and read images. A pod cannot ask for the node's identity.",
        "Nodes have no public address, secure boot, disks under the key and a kubelet without its unauthenticated port. The cluster's secrets are under the key too; nobody logs in with a password or a certificate, and anonymous requests get health alone.",
        "Every pool of nodes has a service account of its own, and firewall rules close what leaves it but for the links of its services: pods on a domain's nodes reach its own databases and no pod or node of another domain, whatever runs in them. GKE lets all pods of the cluster in on its nodes with rules of its own, which cannot be closed; so what the system's pool reaches (it brings requests everywhere) and what services of one pool reach of each other is said by the network policies of the cluster.",
    ];
    if system.cluster.api_cidrs.is_empty() {
        items.push("The cluster's API has an address in the network alone.");
    } else {
        items.push("The cluster's API answers the network and the ranges of `kubernetes.api_cidrs`; Google's own public addresses are not among them.");
    }
    items
}

/// What their owner does or should know.
pub(super) fn operations(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let mut items = vec![];
    if let Some(registry) = system.registry {
        items.push(format!(
            "Images of the registry are there before what runs them: `terraform apply -target=google_artifact_registry_repository.images` at the very first, `gcloud auth configure-docker {}-docker.pkg.dev`, push them by the name that `terraform output -raw registry` answers, then apply the rest. A tag stays on its image for ever, so each build has one of its own. Once a day Google deletes what is not among the newest {} of an image; one for several processors counts once for each. {}",
            stack.region(),
            registry.keep_images,
            "An image whose name leaves the blueprint goes with all its versions, and so do all in a destroy.",
        ));
    }
    if system.pools.is_empty() {
        return items;
    }
    let private = match system.cluster.api_cidrs.is_empty() {
        true => " --internal-ip",
        false => "",
    };
    let project = system.accounts.gcp.as_ref();
    let project = project.map_or_else(String::new, |account| format!(" --project {}", account.project));
    let credentials = format!(
        "gcloud container clusters get-credentials {} --region {}{project}{private}",
        system.prefix,
        stack.region()
    );
    let counts = all(system).any(|(_, service)| service.scale.queue_messages.is_some());
    let scaler: &[&str] = if counts { &[SCALER] } else { &[] };
    let handling = Handling {
        credentials: &credentials,
        has_keda: false,
        writes_more: false,
        external_secrets: &[],
        keda: scaler,
    };
    items.extend(runbook(system, &handling));
    if system.cluster.api_cidrs.is_empty() {
        items.push(format!(
            "A machine from which the cluster's API is reached is yours to make: `gcloud compute instances create admin --zone {} --subnet {}-application --no-address --scopes cloud-platform`, with a service account of its own (what runs as the accounts made here does not get there) and a firewall rule for SSH from IAP. A VPN into the network does as well, and so do named ranges, `[kubernetes] api_cidrs`.",
            crate::catalog::gcp_zones(stack.region(), 1).first().map_or("ZONE", String::as_str),
            system.prefix
        ));
    }
    items.push("Who may use the cluster's API is said by IAM: `roles/container.clusterViewer` on the project to get credentials, and roles inside the cluster for what is in a namespace. `roles/container.developer` holds for all namespaces: it is for those who keep the cluster, not for the team of a domain. Nobody is admitted yet but the project's owners and editors.".to_owned());
    items.push("Nodes and control plane are upgraded by themselves between 18:00 and 22:00 UTC, with one node more at a time, and with regard to disruption budgets for an hour. Another number of zones makes every pool anew, the new one first. Other machine types replace the nodes of a pool in place.".to_owned());
    if counts {
        items.push("Cloud Monitoring knows some minutes late how many messages wait: KEDA adds pods as late. It asks in Prometheus' language, which Google goes on with: that of KEDA's own trigger for Pub/Sub is given up. It may read all metrics of the project, for there is no narrower grant.".to_owned());
    }
    if system.protect {
        items.push("Before a destroy of the cluster: `[override.gcp.google_container_cluster.main]` with `deletion_protection = false`, and apply.".to_owned());
    }
    items.extend(moving(stack));
    items
}

/// How a running service moves into the cluster.
fn moving(stack: &Stack<'_>) -> Option<String> {
    let balancers = [&stack.system.public, &stack.system.internal];
    let maps: BTreeSet<String> = balancers
        .into_iter()
        .flatten()
        .flat_map(|balancer| url_maps(stack, balancer, is_pod))
        .map(|map| format!("-target=google_compute_region_url_map.{map}"))
        .collect();
    let targets: Vec<String> = maps.into_iter().collect();
    (!targets.is_empty()).then(|| {
        format!(
            "A service that was on machines or on Cloud Run before moves into the cluster in two steps: `terraform apply {}` makes the cluster and leads requests to it, then `terraform apply` takes the machines or containers away; in one step machines or containers would go before there are pods. Between the first step and `kubectl apply -k` nobody answers its requests: a service that must not pause gets pods under another name first, and its routes once they are well.",
            targets.join(" ")
        )
    })
}

/// The findings that checkov reports.
pub(super) fn skips(stack: &mut Stack<'_>) {
    if stack.system.pools.is_empty() {
        return;
    }
    shared::skips(stack.system, &mut stack.report);
    let rows = [
        (
            "CKV_GCP_12",
            "Dataplane V2 holds pods to network policies by itself; the block is for its predecessor",
        ),
        ("CKV_GCP_21", "labels are those of the provider, `default_labels`"),
        (
            "CKV_GCP_65",
            "needs a group in the owner's own domain; who may do what is said by IAM and by roles of the cluster",
        ),
    ];
    for (check, reason) in rows {
        stack.report.skip(check, "google_container_cluster.main", reason);
    }
}
