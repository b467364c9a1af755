//! Shards on AWS: what further ones change, who reaches which server and reads which password, and how many there may be.

use cloudgen::blueprint;
use cloudgen::diagnostic::Severity;
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "sharding"
region = "seoul"

[services.web]
image = "web:1"
port = 8080
public = true
reads = ["main"]
writes = ["main"]

[services.books]
image = "books:1"
port = 8081
public = true
routes = ["/books"]
reads = ["ledger"]

[databases.main]
engine = "postgres"

[databases.main.sharding]
key = "customer_id"
shards = SHARDS
strategy = "hash"
tables = ["orders"]
generated_ids = { orders = "order_id" }

[databases.ledger]
engine = "ENGINE"

[databases.ledger.sharding]
key = "tenant"
shards = ["east", "west"]
strategy = "directory"
directory = { acme = "east" }
default = "west"
tables = ["entries"]
router = "application"
"#;

fn shop(shards: &str) -> String {
    SHOP.replace("SHARDS", shards).replace("ENGINE", "postgres")
}

fn compile(text: &str) -> cloudgen::Outcome<cloudgen::output::Rendered> {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    cloudgen::compile(&blueprint, Target::Aws)
}

/// The text of one Terraform file; empty where there is none.
fn file(text: &str, name: &str) -> String {
    written(text, &format!("terraform/{name}.tf"))
}

/// The text of the file at a path; empty where there is none.
fn written(text: &str, path: &str) -> String {
    let outcome = compile(text);
    let rendered = outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics));
    let found = rendered.files.iter().find(|(other, _)| *other == path);
    found.map(|(_, text)| text.to_owned()).unwrap_or_default()
}

/// The rules for which a blueprint is refused.
fn rules(text: &str) -> Vec<&'static str> {
    let problems = compile(text).diagnostics;
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| problem.rule).collect()
}

/// One block, from its first line to its last.
fn block(text: &str, head: &str) -> String {
    let at = text.find(head).unwrap_or_else(|| panic!("no {head}"));
    let end = text[at..].find("\n}\n").unwrap();
    text[at..at + end].to_owned()
}

/// The lines of `after` that `before` does not have.
fn added(before: &str, after: &str) -> Vec<String> {
    let known: Vec<&str> = before.lines().collect();
    let lines = after.lines().filter(|line| !known.contains(line));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn shards_that_are_being_filled_change_a_list_and_nothing_else() {
    let four = shop("4");
    let eight = shop("8\nactive = 4");
    for name in [
        "database",
        "secrets",
        "identity",
        "firewall",
        "network",
        "load_balancer",
        "edge",
    ] {
        assert_eq!(file(&four, name), file(&eight, name), "{name}");
    }
    let new = added(&file(&four, "shards"), &file(&eight, "shards"));
    let expected = [
        "main_shards = [\"s0\", \"s1\", \"s2\", \"s3\", \"s4\", \"s5\", \"s6\", \"s7\"]",
        "# Rows are routed to these; the others are being filled.",
        "main_shards_active = [\"s0\", \"s1\", \"s2\", \"s3\"]",
    ];
    assert_eq!(new, expected);
    // What the machines are told has the same value as before.
    let new = added(&file(&four, "compute"), &file(&eight, "compute"));
    assert!(
        matches!(new.as_slice(), [line] if line.contains("[for id in local.main_shards_active :")),
        "{new:?}"
    );
}

#[test]
fn clients_of_the_proxy_reach_nothing_behind_it() {
    let text = shop("4");
    let rules = file(&text, "firewall");
    for rule in [
        "web_to_main_proxy_load_balancer_3307",
        "main_proxy_load_balancer_to_main_proxy_3307",
        "main_proxy_to_main_5432",
        "main_proxy_to_main_shard_5432",
        "books_to_ledger_5432",
        "books_to_ledger_shard_5432",
    ] {
        assert_eq!(rules.matches(&format!("\"{rule}\"")).count(), 2, "{rule}: both ends");
    }
    for rule in [
        "web_to_main_5432",
        "web_to_main_shard",
        "web_to_main_proxy_3307",
        "books_to_main",
    ] {
        assert!(!rules.contains(rule), "{rule}");
    }
    let identities = file(&text, "identity");
    let web = block(&identities, "resource \"aws_iam_role_policy\" \"web\"");
    assert!(web.contains("aws_secretsmanager_secret.main_proxy.arn"));
    assert!(!web.contains("aws_secretsmanager_secret.main.arn") && !web.contains("main-shard"));
    let proxy = block(&identities, "resource \"aws_iam_role_policy\" \"main_proxy\"");
    for entry in ["secret.main.arn", "secret.main_proxy.arn", ":secret:shop/main-shard/*"] {
        assert!(proxy.contains(entry), "{entry}");
    }
    let books = block(&identities, "resource \"aws_iam_role_policy\" \"books\"");
    for entry in [
        "secret.ledger.arn",
        "secret.ledger_shard_map.arn",
        ":secret:shop/ledger-shard/*",
    ] {
        assert!(books.contains(entry), "{entry}");
    }
}

#[test]
fn replicas_of_the_main_server_are_the_proxys() {
    let text = shop("4").replace("[databases.main]", "[databases.main]\nreplicas = 2");
    let rules = file(&text, "firewall");
    assert_eq!(
        rules.matches("\"main_proxy_to_main_read_5432\"").count(),
        2,
        "both ends"
    );
    assert!(!rules.contains("\"web_to_main_read"), "{rules}");
    let machines = file(&text, "compute");
    let template = block(&machines, "resource \"aws_launch_template\" \"main_proxy\"");
    for part in [
        "MAIN_READ_HOST=main-read.shop.internal",
        "- !READWRITE_SPLITTING",
        "transactionalReadQueryStrategy: PRIMARY",
        // A replica's certificate has its own name alone.
        "sslmode=verify-full",
        "sslmode=verify-ca",
    ] {
        assert!(template.contains(part), "{part}");
    }
    let group = block(&machines, "resource \"aws_autoscaling_group\" \"main_proxy\"");
    assert!(group.contains("aws_route53_record.internal_main_read,"), "{group}");
    let web = block(&machines, "resource \"aws_launch_template\" \"web\"");
    assert!(
        web.contains("MAIN_HOST=main-proxy.") && !web.contains("MAIN_READ"),
        "{web}"
    );
    assert!(file(&text, "alarms").contains("\"main_replica_lag\""));
}

#[test]
fn machines_with_shards_are_told_in_compressed_form_and_others_as_ever() {
    let machines = file(&shop("4"), "compute");
    let data = |service: &str| {
        let template = block(&machines, &format!("resource \"aws_launch_template\" \"{service}\""));
        template.contains("base64gzip")
    };
    assert!(data("main_proxy") && data("books") && !data("web"));
}

#[test]
fn clients_of_the_proxy_wait_for_it() {
    let machines = file(&shop("4"), "compute");
    let group = |service: &str| block(&machines, &format!("resource \"aws_autoscaling_group\" \"{service}\""));
    for need in [
        "aws_autoscaling_group.main_proxy,",
        "aws_route53_record.internal_main_proxy,",
        "aws_vpc_security_group_egress_rule.web_to_main_proxy_load_balancer_3307,",
        "aws_vpc_security_group_ingress_rule.web_to_main_proxy_load_balancer_3307,",
    ] {
        assert_eq!(group("web").matches(need).count(), 1, "{need}");
        assert!(!group("books").contains(need), "{need}");
    }
}

#[test]
fn storage_alarms_say_how_much_is_left_and_how_far_it_grows() {
    let text = shop("4").replace("key = \"customer_id\"", "key = \"customer_id\"\nstorage_gb = 25");
    let alarm = block(&file(&text, "alarms"), "\"main_shard_storage\"");
    assert!(
        alarm.contains("less than 3.75 GiB of storage left; it grows by itself up to 50 GiB"),
        "{alarm}"
    );
}

#[test]
fn a_restored_shard_has_its_standby_from_the_start() {
    let shard = "--no-publicly-accessible --multi-az";
    let readme = written(&shop("4"), "README.md");
    assert!(readme.contains(shard) && !readme.contains("its standby"));
    let alone = shop("4").replace("engine = \"postgres\"", "engine = \"postgres\"\nmulti_zone = false");
    assert!(!written(&alone, "README.md").contains(shard));
}

#[test]
fn a_hot_shard_is_compared_with_as_many_as_an_alarm_takes() {
    let query = "for_each = local.main_shards\n";
    assert!(file(&shop("10"), "alarms").contains(query));
    let ring = "slice(concat(local.main_shards, local.main_shards), index(local.main_shards, each.key), \
                index(local.main_shards, each.key) + 10)";
    let alarms = file(&shop("11"), "alarms");
    assert!(alarms.contains(ring) && !alarms.contains(query), "{alarms}");
    let alone = file(&shop("2\nactive = 1"), "alarms");
    assert!(!alone.contains("main_shard_hot") && alone.contains("main_shard_load"));
}

#[test]
fn proxies_stand_among_1024_addresses() {
    let network = file(&shop("4"), "network");
    let subnets = block(&network, "resource \"aws_subnet\" \"proxy\"");
    for cidr in ["\"10.20.192.0/24\"", "\"10.20.193.0/24\"", "\"10.20.194.0/24\""] {
        assert!(subnets.contains(cidr), "{subnets}");
    }
    assert!(file(&shop("4"), "compute").contains("values(aws_subnet.proxy)[*].id"));
    let without = shop("4").replace(
        "[databases.main.sharding]",
        "[databases.main.sharding]\nrouter = \"application\"",
    );
    assert!(!file(&without, "network").contains("aws_subnet\" \"proxy"));
}

#[test]
fn what_does_not_fit_is_refused() {
    let named = |length: usize| {
        let ids: Vec<String> = (0..1000).map(|number| format!("\"s{number:0length$}\"")).collect();
        format!("[{}]", ids.join(", "))
    };
    // Routed by a proxy and by the application.
    assert_eq!(rules(&shop("1000")), Vec::<&str>::new());
    let routed = |shards: &str| {
        shop(shards).replace(
            "[databases.main.sharding]",
            "[databases.main.sharding]\nrouter = \"application\"",
        )
    };
    assert_eq!(rules(&routed("1000")), Vec::<&str>::new());
    assert_eq!(rules(&routed(&named(6))), Vec::<&str>::new());
    assert_eq!(rules(&shop(&named(6))), ["too-much-for-a-machine"]);
    let small = |shards: &str| shop(shards) + "\n[network]\ncidr = \"10.20.0.0/20\"\n";
    // Three subnets of 123 addresses, where every server and every standby has one.
    assert_eq!(rules(&small("180")), Vec::<&str>::new());
    assert_eq!(rules(&small("181")), ["no-room-for-shards"]);
    let keys: Vec<String> = (0..1000).map(|number| format!("\"{number:064}\" = \"east\"")).collect();
    let large = shop("4").replace("acme = \"east\"", &keys.join(", "));
    assert_eq!(rules(&large), ["shard-map-too-large"]);
}

#[test]
fn quotas_that_must_be_raised_are_told_before_the_first_apply() {
    let told = |text: &str| {
        let problems = compile(text).diagnostics;
        let quotas = problems.iter().filter(|problem| problem.rule == "quota-to-raise");
        quotas.map(|problem| problem.message.clone()).collect::<Vec<_>>()
    };
    // Beside these shards: the two main servers, and the two other shards.
    assert_eq!(told(&shop("36")), Vec::<String>::new());
    let servers = "41 database servers, and an account has 40 in a region unless asked for more";
    assert_eq!(told(&shop("37")), [servers]);
    let stored = shop("1000").replace("key = \"customer_id\"", "key = \"customer_id\"\nstorage_gb = 100");
    let stored = told(&stored);
    assert_eq!(stored.len(), 2, "{stored:?}");
    assert!(stored[1].contains("GiB of storage for databases, and an account has 100000"));
    let licensed = SHOP.replace("SHARDS", "2").replace("ENGINE", "sqlserver");
    assert_eq!(told(&licensed), Vec::<String>::new());
    let ids: Vec<String> = (0..10).map(|number| format!("\"t{number}\"")).collect();
    let licensed = licensed.replace("\"east\", \"west\"", &format!("\"east\", \"west\", {}", ids.join(", ")));
    let licensed = told(&licensed);
    assert!(
        matches!(licensed.as_slice(), [one] if one.starts_with("13 servers of SQL Server (")),
        "{licensed:?}"
    );
}

#[test]
fn a_dashboard_draws_five_hundred_shards_and_a_further_one_the_rest() {
    let few = file(&shop("500"), "dashboards");
    assert!(few.contains("metrics = [for id in local.main_shards : [") && !few.contains("_further"));
    assert!(!written(&shop("500"), "README.md").contains("`shop-main-shards-2`"));
    let many = file(&shop("501"), "dashboards");
    // The first keeps its address and its name, whatever comes after it.
    let first = block(&many, "resource \"aws_cloudwatch_dashboard\" \"main_shards\"");
    assert!(!first.contains("for_each") && first.contains("dashboard_name = \"shop-main-shards\"\n"));
    assert_eq!(first.matches("for id in slice(local.main_shards, 0, 500) :").count(), 5);
    let further = block(&many, "resource \"aws_cloudwatch_dashboard\" \"main_shards_further\"");
    for part in [
        "for_each       = { for number, ids in chunklist(local.main_shards, 500) : number + 1 => ids if number > 0 }\n",
        "dashboard_name = \"shop-main-shards-${each.key}\"\n",
    ] {
        assert!(further.contains(part), "{further}");
    }
    assert_eq!(further.matches("for id in each.value :").count(), 5);
    assert!(!many.contains("\"ledger_shards_further\""));
    assert!(
        written(&shop("1000"), "README.md")
            .contains("The dashboards `shop-main-shards` and `shop-main-shards-2` in CloudWatch")
    );
}

#[test]
fn a_machine_knows_the_names_of_a_shard_by_its_id() {
    let machines = file(&shop("4"), "compute");
    let lines = "[for id in local.main_shards : \"${id} ${trimprefix(aws_db_instance.main_shard[id].address, \"shop-main-shard-${id}\")}\"]";
    assert_eq!(machines.matches(lines).count(), 1);
    for line in ["host=shop-main-shard-$id$domain\n", "identifier=shop/main-shard/$id\n"] {
        assert_eq!(machines.matches(line).count(), 1, "{line}");
    }
    let secrets = file(&shop("4"), "secrets");
    assert!(
        block(&secrets, "\"aws_secretsmanager_secret\" \"main_shard\"").contains("\"shop/main-shard/${each.key}\"")
    );
    // Nothing in the table says so, but the passwords are there before the machines.
    let group = block(&machines, "resource \"aws_autoscaling_group\" \"main_proxy\"");
    assert!(
        group.contains("aws_secretsmanager_secret_version.main_shard,"),
        "{group}"
    );
}

#[test]
fn engines_without_a_proxy_are_routed_by_the_application() {
    for engine in ["sqlserver", "oracle", "mysql"] {
        let text = SHOP.replace("SHARDS", "2").replace("ENGINE", engine);
        let shards = file(&text, "shards");
        assert!(
            shards.contains("resource \"aws_db_instance\" \"ledger_shard\""),
            "{engine}"
        );
    }
}
