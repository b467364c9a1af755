//! Shards on Azure: what further ones change, who reaches which server, what does not fit.

use std::collections::BTreeMap;

use cloudgen::blueprint;
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "sharding"
region = "seoul"

[observability]
emails = ["platform@example.com"]

[edge]
certificate = { azure = "https://shop-certs.vault.azure.net/secrets/shop" }

[services.market]
image = "market:1"
port = 8080
public = true
reads = ["main"]
writes = ["main"]

[databases.main]
engine = "ENGINE"

[databases.main.sharding]
key = "customer_id"
strategy = "hash"
tables = ["orders"]
"#;

/// The blueprint with further lines at the end, which are of `databases.main.sharding`.
fn shop(engine: &str, lines: &str) -> String {
    SHOP.replace("ENGINE", engine) + lines
}

/// Every block of the rendered Terraform, by its keyword and labels. Locals have their own names.
fn render(text: &str) -> BTreeMap<String, String> {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let compiled = cloudgen::compile(&blueprint, Target::Azure);
    let rendered = compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let body = hcl::parse(&rendered.terraform()).unwrap();
    let named = |block: &hcl::Block| {
        let labels = block.labels().iter().map(|label| label.as_str().to_owned());
        let locals = block.body().attributes().map(|attribute| attribute.key().to_owned());
        let names: Vec<String> = match block.identifier() {
            "locals" => locals.collect(),
            _ => labels.collect(),
        };
        let text = hcl::to_string(&hcl::Body::from(vec![hcl::Structure::Block(block.clone())])).unwrap();
        (format!("{} {}", block.identifier(), names.join(".")), text)
    };
    body.blocks().map(named).collect()
}

/// The rules of the diagnostics of a blueprint.
fn rules(text: &str) -> Vec<&'static str> {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let compiled = cloudgen::compile(&blueprint, Target::Azure);
    compiled.diagnostics.iter().map(|problem| problem.rule).collect()
}

#[test]
fn further_shards_change_nothing_but_their_ids() {
    for (engine, router) in [
        ("postgres", ""),
        ("mysql", "proxy = { image = \"registry.example.com/proxy:1\" }\n"),
        ("sqlserver", "router = \"application\"\n"),
    ] {
        let four = render(&shop(engine, &format!("{router}shards = 4\n")));
        let eight = render(&shop(engine, &format!("{router}shards = 8\nactive = 4\n")));
        let changed = eight.iter().filter(|(name, text)| four.get(*name) != Some(*text));
        let changed: Vec<&String> = changed.map(|(name, _)| name).collect();
        let hot = "resource azurerm_monitor_scheduled_query_rules_alert_v2.main_shard_hot";
        assert_eq!(changed, ["locals main_shards", hot], "{engine}");
        assert_eq!(four.len(), eight.len(), "{engine}");
        // Servers that hold nothing yet do not make the others look hot.
        let in_use = "| where shard in (\"s0\", \"s1\", \"s2\", \"s3\")";
        assert!(eight[hot].contains(in_use), "{engine}: {}", eight[hot]);
        assert!(!four[hot].contains("shard in ("), "{engine}: {}", four[hot]);
    }
}

#[test]
fn shards_are_like_the_main_server() {
    let blocks = render(&shop("postgres", "shards = 4\n"));
    let kind = "resource azurerm_postgresql_flexible_server";
    let lines = |name: &str| -> Vec<String> {
        let text = &blocks[&format!("{kind}.{name}")];
        let own = ["resource ", "name ", "for_each ", "administrator_password"];
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !own.iter().any(|own| line.starts_with(own)));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(lines("main"), lines("main_shard"));
}

#[test]
fn clients_reach_the_proxy_and_no_server() {
    let blocks = render(&shop("postgres", "shards = 4\n"));
    let rules = &blocks["resource azurerm_network_security_group.application"];
    for (name, wanted) in [
        ("market-to-main-proxy-balancer", true),
        ("main-proxy-balancer-to-main-proxy", true),
        ("main-proxy-to-main", true),
        ("main-proxy-to-main-shard", true),
        ("market-to-main", false),
        ("market-to-main-shard", false),
    ] {
        assert_eq!(rules.contains(&format!("\"{name}\"")), wanted, "{name}");
    }
    let market = &blocks["resource azurerm_role_assignment.market"];
    assert!(market.contains("azurerm_key_vault_secret.main_proxy."), "{market}");
    assert!(!market.contains("azurerm_key_vault_secret.main."), "{market}");
    assert!(!market.contains("main_shard"), "{market}");
    let proxy = &blocks["resource azurerm_role_assignment.main_proxy"];
    assert!(proxy.contains("local.main_shard_grants"), "{proxy}");
    let grants = &blocks["locals main_shard_grants"];
    assert!(grants.contains("in azurerm_key_vault_secret.main_shard"), "{grants}");
}

#[test]
fn replicas_of_the_main_server_are_the_proxys() {
    let text = shop("postgres", "shards = 4\n").replace("[databases.main]", "[databases.main]\nreplicas = 2");
    let blocks = render(&text);
    let rules = &blocks["resource azurerm_network_security_group.application"];
    assert!(rules.contains("\"main-proxy-to-main-read\"") && !rules.contains("\"market-to-main-read\""));
    let told = &blocks["locals main_proxy_user_data"];
    for part in [
        "MAIN_READ_HOST=main-read.shop.internal",
        "- !READWRITE_SPLITTING",
        "sslmode=verify-full",
        // A replica's certificate has its own name alone.
        "sslmode=verify-ca",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!blocks["locals market_user_data"].contains("MAIN_READ"));
    let machines = &blocks["resource azurerm_linux_virtual_machine_scale_set.main_proxy"];
    assert!(
        machines.contains("azurerm_private_dns_a_record.main_read"),
        "{machines}"
    );
    assert!(blocks.contains_key("resource azurerm_monitor_metric_alert.main_replica_lag"));
}

#[test]
fn every_shard_is_watched() {
    for (engine, lines, namespace) in [
        ("postgres", "", "Microsoft.DBforPostgreSQL/flexibleServers"),
        (
            "sqlserver",
            "router = \"application\"\n",
            "Microsoft.Sql/servers/databases",
        ),
    ] {
        let blocks = render(&shop(engine, &format!("{lines}shards = [\"a\", \"b\"]\n")));
        for alarm in ["main_shard_load", "main_shard_storage"] {
            let alert = &blocks[&format!("resource azurerm_monitor_metric_alert.{alarm}")];
            assert!(alert.contains(namespace), "{alert}");
        }
        let hot = &blocks["resource azurerm_monitor_scheduled_query_rules_alert_v2.main_shard_hot"];
        assert!(hot.contains("/shop-main-shard-([a-z0-9]+)-"), "{hot}");
        assert!(blocks.contains_key("resource azurerm_application_insights_workbook.main_shards"));
    }
}

#[test]
fn the_readme_says_how_rows_are_copied() {
    let readme = |text: &str| {
        let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
        let compiled = cloudgen::compile(&blueprint, Target::Azure);
        let rendered = compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
        rendered.files.get("README.md").unwrap_or_default().to_owned()
    };
    let restored = "&& ! ends_with(name, '-restored')";
    for (engine, router, program) in [
        ("postgres", "", "pg_dump --schema-only"),
        (
            "mysql",
            "proxy = { image = \"registry.example.com/proxy:1\" }\n",
            "mysqldump --host",
        ),
        ("sqlserver", "router = \"application\"\n", "/opt/mssql-tools18/bin/bcp"),
    ] {
        let text = readme(&shop(engine, &format!("{router}shards = 4\n")));
        // No machine knows the shard yet.
        assert!(text.contains("--name main-shard-NEW --query value"), "{engine}: {text}");
        assert!(text.contains("read -rs NEW_PASSWORD"), "{engine}: {text}");
        assert!(text.contains(program), "{engine}: {text}");
        assert_eq!(text.matches(restored).count(), 2, "{engine}: {text}");
        // Only this command of the Azure CLI has to be told of the key.
        assert_eq!(text.contains("--byok-key"), engine == "postgres", "{engine}: {text}");
    }
    let by_range = "router = \"application\"\nshards = [\"a\", \"b\"]\nranges = [{ shard = \"a\" }, { from = 5, shard = \"b\" }]\n";
    let text = readme(&shop("postgres", by_range).replace("\"hash\"", "\"range\""));
    assert!(text.contains("NEW_PASSWORD=$MAIN_SHARD_NEW_PASSWORD"), "{text}");
    assert!(!text.contains("read -rs"), "{text}");
}

#[test]
fn what_does_not_fit_is_said() {
    let long = shop("postgres", "shards = [\"abcdefghijkl\", \"b\"]\n")
        .replace("\"shop\"", "\"a-name-of-20-letters\"")
        .replace("main", "another-of-20-letter");
    assert_eq!(rules(&long), ["name-too-long"]);
    let small = shop("postgres", "shards = 600\n") + "\n[network]\ncidr = \"10.0.0.0/20\"\n";
    assert!(rules(&small).contains(&"no-room-for-shards"), "{:?}", rules(&small));
    assert_eq!(rules(&shop("postgres", "shards = 1000\n")), ["many-private-endpoints"]);
    let keys: String = (0..1000)
        .map(|key| format!("{} = \"a\"\n", "k".repeat(20) + &key.to_string()))
        .collect();
    let directory =
        format!("router = \"application\"\nshards = [\"a\", \"b\"]\n[databases.main.sharding.directory]\n{keys}")
            .replace("hash", "directory");
    let text = shop("postgres", &directory).replace("\"hash\"", "\"directory\"");
    assert!(rules(&text).contains(&"shard-map-too-large"), "{:?}", rules(&text));
}
