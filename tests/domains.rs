//! Business domains: each keeps to itself, whatever the others do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use cloudgen::blueprint;
use cloudgen::ir::{Domain, Id, Peer, Resource, Service, System};
use cloudgen::patterns;
use cloudgen::target::Target;
use proptest::prelude::*;
use support::{Example, addresses, example};

/// A domain with something of everything.
fn domain(name: &str) -> String {
    format!(
        r#"
[domains.{name}]
owner = "@acme/{name}"
[domains.{name}.services.api]
image = "nginx:1.29"
port = 8080
public = true
routes = ["/{name}"]
reads = ["main", "key"]
writes = ["main", "files"]
[domains.{name}.databases.main]
engine = "postgres"
[domains.{name}.buckets.files]
[domains.{name}.secrets.key]
"#
    )
}

fn system(domains: &[&str]) -> Example {
    let domains: String = domains.iter().map(|name| domain(name)).collect();
    example(format!(
        "name = \"mall\"\npattern = \"per-domain\"\nregion = \"seoul\"\n{domains}"
    ))
}

/// What of a render is not of a domain.
fn but_for(example: &Example, target: Target, domain: &str) -> BTreeSet<String> {
    let rendered = example.render(&example.load(None), target);
    let own = |address: &String| {
        let words: Vec<&str> = address.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        words.contains(&domain)
    };
    addresses::of(&rendered)
        .into_iter()
        .filter(|address| !own(address))
        .collect()
}

#[test]
fn a_domain_that_comes_or_goes_or_is_renamed_changes_no_other_address() {
    let (two, three, renamed) = (
        system(&["market", "pay"]),
        system(&["market", "pay", "ship"]),
        system(&["market", "pay", "aaa"]),
    );
    for target in Target::ALL {
        let without = but_for(&two, target, "ship");
        assert_eq!(without, but_for(&three, target, "ship"), "{target}");
        assert_eq!(without, but_for(&renamed, target, "aaa"), "{target}");
    }
}

#[test]
fn a_domain_has_a_file_and_its_owner_is_known() {
    let example = system(&["market", "pay"]);
    for target in [Target::Aws, Target::Azure, Target::Gcp] {
        let rendered = example.render(&example.load(None), target);
        let owners = rendered.files.get("CODEOWNERS").unwrap();
        for name in ["market", "pay"] {
            let text = rendered.files.get(&format!("terraform/domain_{name}.tf")).unwrap();
            assert!(text.starts_with(&format!("# Domain {name}, owned by @acme/{name}.\n")));
            assert!(owners.contains(&format!("**/terraform/domain_{name}.tf @acme/{name}\n")));
            let other = if name == "pay" { "market" } else { "pay" };
            let blocks = hcl::parse(text).unwrap();
            for block in blocks.blocks() {
                let label = block.labels().last().map(hcl::BlockLabel::as_str).unwrap_or_default();
                assert!(
                    !label.starts_with(&format!("{other}_")),
                    "{target}: {label} is in the file of {name}"
                );
            }
        }
    }
}

#[test]
fn a_domain_has_a_folder_in_a_cluster() {
    let example = system(&["market", "pay"]);
    let rendered = example.render(&example.load(None), Target::Kubernetes);
    let owners = rendered.files.get("CODEOWNERS").unwrap();
    let folders = rendered.files.get("kubernetes/kustomization.yaml").unwrap();
    for (name, other) in [("market", "pay"), ("pay", "market")] {
        assert!(owners.contains(&format!("**/kubernetes/{name}/ @acme/{name}\n")));
        assert!(folders.contains(&format!("  - {name}\n")));
        let folder = |file: &str| rendered.files.get(&format!("kubernetes/{name}/{file}")).unwrap();
        let listed = folder("kustomization.yaml");
        assert!(folder("README.md").contains(&format!("in the namespace `mall-{name}`. @acme/{name} owns it.")));
        for concern in [
            "compute",
            "database",
            "firewall",
            "identity",
            "load_balancer",
            "secrets",
        ] {
            let text = folder(&format!("{concern}.yaml"));
            assert!(text.starts_with(&format!("# Domain {name}, owned by @acme/{name}.\n")));
            assert!(listed.contains(&format!("  - {concern}.yaml\n")));
            assert!(!text.contains(&format!("\n  name: {other}-")), "{concern} of {name}");
        }
        let shared = rendered.files.get("kubernetes/firewall.yaml").unwrap();
        assert!(!shared.contains(&format!("\n  name: {name}-")));
    }
}

/// Links that a service may say, in its own words; some are wrong.
const LINKS: [&str; 11] = [
    "main",
    "files",
    "key",
    "shared",
    "market.main",
    "pay.main",
    "pay.files",
    "market.key",
    "market.hot",
    "hot",
    "pay.api",
];

fn links() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(LINKS.to_vec(), 0..=4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Either the blueprint is refused, or no identity and no connection of one domain leads to the data of another.
    #[test]
    fn nobody_reaches_the_data_of_another_domain(
        market in [links(), links(), links()],
        pay in [links(), links(), links()],
        outside in [links(), links(), links()],
    ) {
        let service = |[reads, writes, calls]: &[Vec<&str>; 3]| {
            format!("image = \"nginx:1.29\"\nport = 8080\nreads = {reads:?}\nwrites = {writes:?}\ncalls = {calls:?}\n")
        };
        let components = |name: &str| {
            format!("[domains.{name}.databases.main]\nengine = \"postgres\"\n[domains.{name}.buckets.files]\n[domains.{name}.secrets.key]\n[domains.{name}.caches.hot]\n")
        };
        let text = format!(
            "name = \"mall\"\npattern = \"per-domain\"\nregion = \"seoul\"\n\
             [services.edge]\n{}[databases.shared]\nengine = \"postgres\"\n\
             [domains.market.services.api]\n{}[domains.pay.services.api]\n{}{}{}",
            service(&outside), service(&market), service(&pay), components("market"), components("pay"),
        );
        let blueprint = blueprint::load(&text, None).unwrap();
        let said = [(None, &outside), (Some("market"), &market), (Some("pay"), &pay)];
        let crosses = said.iter().any(|(own, [reads, writes, calls])| {
            let stores = reads.iter().chain(writes).chain(calls);
            stores.filter(|link| !link.ends_with(".api")).any(|link| {
                link.split_once('.').is_some_and(|(domain, _)| Some(domain) != *own)
            })
        });
        match patterns::build(&blueprint) {
            Ok((system, _)) => {
                prop_assert!(!crosses, "{text}");
                prop_assert!(keeps_to_itself(&system), "{text}");
            }
            Err(problems) => {
                let refused = problems.iter().any(|problem| problem.rule == "domain-boundary");
                prop_assert_eq!(refused, crosses, "{}", text);
            }
        }
    }
}

/// The blocks of a resource type on Google Cloud, of domains whose services are in a managed cluster.
fn in_a_cluster(domains: &[&str], kind: &str) -> BTreeMap<String, String> {
    let domains = domains.iter().map(|name| {
        format!("[domains.{name}.services.api]\nruntime = \"kubernetes\"\nimage = \"nginx:1.29\"\nport = 8080\nhealth = {{ path = \"/\" }}\n")
    });
    let text: String = std::iter::once("name = \"mall\"\npattern = \"per-domain\"\nregion = \"seoul\"\n".to_owned())
        .chain(domains)
        .collect();
    let blueprint = blueprint::load(&text, None).unwrap();
    let rendered = cloudgen::compile(&blueprint, Target::Gcp).value.unwrap();
    let blocks = hcl::parse(&rendered.terraform()).unwrap().into_blocks();
    let labels = |block: &hcl::Block| -> Vec<String> {
        let labels = block.labels().iter();
        labels.map(|label| label.as_str().to_owned()).collect()
    };
    blocks
        .map(|block| (labels(&block), block))
        .filter(|(labels, _)| labels.first().is_some_and(|label| label == kind))
        .map(|(labels, block)| {
            let text = hcl::to_string(&hcl::Body::from(vec![block])).unwrap();
            (labels.join("."), text)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Google refuses a subnet that gains and loses ranges at a time, or loses one that nodes still use.
    #[test]
    fn a_domain_with_nodes_changes_no_subnet_and_no_other_pool(
        all in prop::sample::subsequence(vec!["aaa", "market", "pay", "ship", "stock", "zoo"], 2..=6),
        gone in any::<prop::sample::Index>(),
    ) {
        let gone = *gone.get(&all);
        let rest: Vec<&str> = all.iter().copied().filter(|name| *name != gone).collect();
        let subnets = |domains: &[&str]| in_a_cluster(domains, "google_compute_subnetwork");
        prop_assert_eq!(subnets(&all), subnets(&rest));
        let mut pools = in_a_cluster(&all, "google_container_node_pool");
        let other = format!("google_container_node_pool.{gone}_nodes");
        prop_assert!(pools.remove(&other).is_some());
        prop_assert_eq!(pools, in_a_cluster(&rest, "google_container_node_pool"));
    }
}

/// True if every way to data of a domain, over the network or by a grant, begins in that domain.
fn keeps_to_itself(system: &System) -> bool {
    let of = |service: Id<Service>| system.services[service].home.domain;
    let may = |from: Option<Id<Domain>>, to: Option<Id<Domain>>| to.is_none() || from == to;
    let connected = system.flows.iter().all(|flow| {
        let from = match flow.from {
            Peer::Service(service) => of(service),
            _ => None,
        };
        match flow.to {
            Peer::Database(id) | Peer::Readers(id) | Peer::Shards(id) => may(from, system.databases[id].home.domain),
            Peer::Cache(id) => may(from, system.caches[id].home.domain),
            _ => true,
        }
    });
    let granted = system.grants.iter().all(|grant| {
        let to = match grant.resource {
            Resource::Database(id) | Resource::Proxy(id) | Resource::Shards(id) => system.databases[id].home.domain,
            Resource::Bucket(id) => system.buckets[id].home.domain,
            Resource::Secret(id) => system.secrets[id].home.domain,
            Resource::Cache(id) => system.caches[id].home.domain,
            // Others send to its queues and take from its topics.
            Resource::Queue(id) if grant.access.reads() => system.queues[id].home.domain,
            Resource::Queue(_) => None,
            Resource::Topic(id) => system.topics[id].home.domain,
            Resource::Subscription(id) => of(system.subscriptions[id].service),
            Resource::Table(id) => system.tables[id].home.domain,
            Resource::Warehouse(id) => system.warehouses[id].home.domain,
            // Others read its streams, call its functions and start its workflows.
            Resource::Stream(id) if grant.access.writes() => system.streams[id].home.domain,
            Resource::Stream(_) | Resource::Function(_) | Resource::Workflow(_) => None,
        };
        may(of(grant.service), to)
    });
    connected && granted
}

#[test]
fn a_domain_in_a_managed_cluster_has_a_namespace_of_its_own() {
    let text = r#"
        name = "shop"
        pattern = "per-domain"
        region = "seoul"
        [domains.edge.services.api]
        runtime = "kubernetes"
        image = "nginx:1.29"
        port = 8000
        public = true
    "#;
    let blueprint = cloudgen::blueprint::load(text, None).unwrap();
    for target in [Target::Aws, Target::Azure, Target::Gcp] {
        let diagnostics = cloudgen::compile(&blueprint, target).diagnostics;
        let rules: Vec<&str> = diagnostics.iter().map(|it| it.rule).collect();
        assert!(rules.contains(&"nodes-reserved-name"), "{target:?}: {rules:?}");
    }
}
