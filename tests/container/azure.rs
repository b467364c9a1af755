//! Containers on Azure: how gateways and firewalls know them, what they are told, which addresses they have.

use std::collections::BTreeMap;

use cloudgen::blueprint;
use cloudgen::target::Target;

const MALL: &str = r#"
name = "mall"
pattern = "per-domain"
region = "seoul"

[edge]
certificate = { azure = "https://mall-certs.vault.azure.net/secrets/mall" }

[domains.market.services.web]
image = "market:1"
port = 8080
public = true
calls = ["pay.api"]

[domains.pay.services.api]
runtime = "container"
image = "mall.azurecr.io/pay:1"
port = 8081
size = { cpu = 2, memory_gb = 4 }
scale = { min = 2, max = 4, cpu_percent = 60 }
health = { path = "/healthz" }
reads = ["main", "psp-key"]
writes = ["main"]

[domains.pay.databases.main]
engine = "postgres"

[domains.pay.secrets.psp-key]
"#;

const SHOP: &str = r#"
name = "shop"
pattern = "sharding"
region = "seoul"

[services.market]
runtime = "container"
image = "market:1"
port = 8080
public = true
reads = ["main"]
writes = ["main"]

[databases.main]
engine = "postgres"

[databases.main.sharding]
key = "customer_id"
strategy = "hash"
tables = ["orders"]
shards = 4
"#;

/// Every block of the rendered Terraform, by its keyword and labels, and the README.
pub(super) fn render(text: &str) -> (BTreeMap<String, String>, String) {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let compiled = cloudgen::compile(&blueprint, Target::Azure);
    let rendered = compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let body = hcl::parse(&rendered.terraform()).unwrap();
    let named = |block: &hcl::Block| {
        let labels = block.labels().iter().map(|label| label.as_str().to_owned());
        let name = format!("{} {}", block.identifier(), labels.collect::<Vec<_>>().join("."));
        let text = hcl::to_string(&hcl::Body::from(vec![hcl::Structure::Block(block.clone())])).unwrap();
        (name, text)
    };
    let readme = rendered.files.get("README.md").unwrap_or_default().to_owned();
    (body.blocks().map(named).collect(), readme)
}

/// The rules of the diagnostics of a blueprint.
fn rules(text: &str) -> Vec<&'static str> {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let compiled = cloudgen::compile(&blueprint, Target::Azure);
    compiled.diagnostics.iter().map(|problem| problem.rule).collect()
}

/// A rule of a security group, as text.
pub(super) fn rule<'a>(group: &'a str, name: &str) -> &'a str {
    let start = group
        .find(&format!("name = \"{name}\""))
        .unwrap_or_else(|| panic!("{name}: {group}"));
    let rest = &group[start..];
    &rest[..rest.find('}').unwrap()]
}

#[test]
fn gateways_reach_containers_by_the_name_of_their_environment() {
    let (blocks, _) = render(MALL);
    let gateway = &blocks["resource azurerm_application_gateway.internal"];
    assert!(
        gateway.contains("\"mall-pay-api.${azurerm_container_app_environment.pay_containers.default_domain}\""),
        "{gateway}"
    );
    assert!(
        gateway.contains("pick_host_name_from_backend_address = true"),
        "{gateway}"
    );
    assert!(gateway.contains("header_value = \"{http_req_host}\""), "{gateway}");
    assert!(
        gateway.contains("azurerm_private_dns_a_record.pay_containers"),
        "{gateway}"
    );
    let group = &blocks["resource azurerm_network_security_group.pay_containers"];
    let inbound = rule(group, "internal-gateway-to-pay-containers");
    assert!(
        inbound.contains("31443") && inbound.contains("443") && !inbound.contains("8081"),
        "{inbound}"
    );
    assert!(!group.contains("name = \"public-gateway"), "{group}");
    // The public gateway serves machines only: it does not wait, and rewrites nothing.
    let public = &blocks["resource azurerm_application_gateway.public"];
    assert!(
        !public.contains("rewrite_rule_set") && !public.contains("pay_containers"),
        "{public}"
    );
}

#[test]
fn an_environment_reaches_what_its_services_are_linked_to() {
    let (blocks, _) = render(MALL);
    let group = &blocks["resource azurerm_network_security_group.pay_containers"];
    for name in [
        "pay-containers-to-pay-main",
        "pay-containers-to-endpoints",
        "MicrosoftContainerRegistry",
        "AzureContainerRegistry",
    ] {
        assert!(group.contains(&format!("name = \"{name}\"")), "{name}: {group}");
    }
    let data = &blocks["resource azurerm_network_security_group.data"];
    let inbound = rule(data, "pay-containers-to-pay-main");
    assert!(
        inbound.contains("azurerm_subnet.pay_containers.address_prefixes"),
        "{inbound}"
    );
    assert!(!blocks.contains_key("resource azurerm_application_security_group.pay_api"));
    assert!(!blocks.contains_key("resource azurerm_linux_virtual_machine_scale_set.pay_api"));
}

#[test]
fn an_app_is_told_what_a_machine_is_told() {
    let (blocks, readme) = render(MALL);
    let app = &blocks["resource azurerm_container_app.pay_api"];
    for wanted in [
        "azurerm_key_vault_secret.pay_main.versionless_id",
        "azurerm_key_vault_secret.pay_psp_key.versionless_id",
        "name = \"AZURE_CLIENT_ID\"",
        "\"rollout ${var.rollout}, password of pay-main ${var.pay_main_password_version}\"",
        "time_sleep.pay_api",
        "azurerm_private_endpoint_application_security_group_association.pay_main",
        "azurerm_private_endpoint_application_security_group_association.vault",
        "server = \"mall.azurecr.io\"",
        "path = \"/healthz\"",
        "cpu = 2",
        "memory = \"4Gi\"",
        "revision_mode = \"Single\"",
    ] {
        assert!(app.contains(wanted), "{wanted}: {app}");
    }
    assert!(readme.contains("X-Forwarded-Host"), "{readme}");
}

#[test]
fn shards_are_told_one_by_one() {
    let (blocks, _) = render(&format!("{SHOP}router = \"application\"\n"));
    let app = &blocks["resource azurerm_container_app.market"];
    for wanted in [
        "dynamic \"secret\"",
        "\"MAIN_SHARD_${upper(id)}_HOST\"",
        "\"main-shard-${secret.key}-password\"",
    ] {
        assert!(app.contains(wanted), "{wanted}: {app}");
    }
    // There is nobody to sign in to.
    assert!(!blocks.keys().any(|name| name.contains("bastion")));
    // The proxy is a machine, which containers reach by its balancer.
    let (blocks, _) = render(SHOP);
    assert!(blocks.contains_key("resource azurerm_linux_virtual_machine_scale_set.main_proxy"));
    let application = &blocks["resource azurerm_network_security_group.application"];
    let inbound = rule(application, "containers-to-main-proxy-balancer");
    assert!(inbound.contains("azurerm_subnet.containers"), "{inbound}");
}

#[test]
fn a_domain_moves_no_other_ones_addresses() {
    let (few, _) = render(MALL);
    let more = MALL.replace("[domains.market.services.web]", "[domains.alpha.services.api]\nruntime = \"container\"\nimage = \"a:1\"\nport = 8082\n\n[domains.market.services.web]");
    let (more, _) = render(&more);
    let subnet = "resource azurerm_subnet.pay_containers";
    assert_eq!(few[subnet], more[subnet]);
    assert_ne!(
        more["resource azurerm_subnet.alpha_containers"].replace("alpha", "pay"),
        more[subnet]
    );
    // Two domains in one block: the author says another.
    let slots = |slot: u32| {
        MALL.replace("[domains.market.services.web]", "[domains.alpha]\nslot = 7\n\n[domains.alpha.services.api]\nruntime = \"container\"\nimage = \"a:1\"\nport = 8082\n\n[domains.market.services.web]")
            .replace("[domains.pay.services.api]", &format!("[domains.pay]\nslot = {slot}\n\n[domains.pay.services.api]"))
    };
    assert!(rules(&slots(7)).contains(&"same-slot"));
    assert!(!rules(&slots(8)).contains(&"same-slot"));
}

#[test]
fn large_containers_have_machines_of_their_own() {
    let (blocks, _) = render(&MALL.replace("{ cpu = 2, memory_gb = 4 }", "{ cpu = 4, memory_gb = 16 }"));
    let environment = &blocks["resource azurerm_container_app_environment.pay_containers"];
    assert!(environment.contains("workload_profile_type = \"D8\""), "{environment}");
    assert!(environment.contains("maximum_count = 8"), "{environment}");
    let app = &blocks["resource azurerm_container_app.pay_api"];
    assert!(app.contains("workload_profile_name = \"D8\""), "{app}");
}

#[test]
fn a_worker_has_no_port_and_counts_messages() {
    let text = r#"
name = "shop"
pattern = "monolith"
region = "seoul"

[services.worker]
runtime = "container"
image = "worker:1"
consumes = ["orders"]

[queues.orders]
"#;
    let (blocks, _) = render(text);
    let app = &blocks["resource azurerm_container_app.worker"];
    assert!(!app.contains("ingress") && !app.contains("_probe"), "{app}");
    for part in [
        "custom_rule_type = \"azure-servicebus\"",
        "queueName = \"orders\"",
        "namespace = azurerm_servicebus_namespace.",
        "identity_id = azurerm_user_assigned_identity.worker.id",
    ] {
        let squeezed = app.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed.contains(part), "{part}: {app}");
    }
    let grants = &blocks["resource azurerm_role_assignment.worker"];
    assert!(grants.contains("Azure Service Bus Data Receiver"), "{grants}");
    // Not of the whole namespace, which has the queues of others, and nothing that could change its own.
    assert!(
        !grants.contains("Monitoring Reader") && !grants.contains("Data Owner"),
        "{grants}"
    );
}
