//! What the check of a block against the provider data finds, and what it lets pass.

use cloudgen::terraform::Block;
use cloudgen::terraform::provider::{self, Argument, BlockKind, Nesting, Type};
use hcl::Expression;
use proptest::prelude::*;

use BlockKind::{Data, Ephemeral, Provider, Resource};

/// The violations of a block, one a line.
fn found(kind: BlockKind, type_name: &str, body: &Block) -> Vec<String> {
    let violations = provider::check_block(kind, type_name, body);
    violations.iter().map(ToString::to_string).collect()
}

fn assert_found(type_name: &str, body: Block, expected: &[&str]) {
    assert_eq!(found(Resource, type_name, &body), expected);
}

fn expression(text: &str) -> Expression {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn bucket() -> Block {
    Block::new().set("bucket", "media-4f2a")
}

/// A launch template: no argument is required.
fn template() -> Block {
    Block::new().set("name_prefix", "web-")
}

fn key_vault() -> Block {
    Block::new()
        .set("name", "bumarket")
        .set("location", "koreacentral")
        .set("resource_group_name", "bumarket")
        .set("tenant_id", "00000000-0000-0000-0000-000000000001")
        .set("sku_name", "premium")
        .set("rbac_authorization_enabled", true)
}

fn database() -> Block {
    Block::new()
        .set("name", "main")
        .set("database_version", "POSTGRES_17")
        .set("region", "asia-northeast3")
}

#[test]
fn correct_blocks_pass() {
    assert_found("aws_s3_bucket", bucket(), &[]);
    assert_found("aws_launch_template", template(), &[]);
    assert_found("azurerm_key_vault", key_vault(), &[]);
    assert_found("random_id", Block::new().set("byte_length", 4), &[]);
    let password = Block::new().set("length", 32).set("special", false);
    assert!(found(Ephemeral, "random_password", &password).is_empty());
    let provider = Block::new().block("features", Block::new());
    assert!(found(Provider, "azurerm", &provider).is_empty());
    assert!(
        found(
            Provider,
            "aws",
            &Block::new().set("region", "eu-west-1").set("alias", "eu")
        )
        .is_empty()
    );
    assert!(found(Data, "aws_caller_identity", &Block::new()).is_empty());
}

#[test]
fn unknown_types_are_named() {
    assert_found(
        "aws_s3_buckett",
        bucket(),
        &["no type of this name is known; did you mean `aws_s3_bucket`?"],
    );
    assert_found("oci_core_vcn", Block::new(), &["no type of this name is known"]);
}

#[test]
fn types_of_google_beta_need_the_provider() {
    let identity = Block::new().set("service", "sqladmin.googleapis.com");
    assert_found(
        "google_project_service_identity",
        identity.clone(),
        &["this type needs `provider = google-beta`"],
    );
    let named = identity.set("provider", expression("google-beta"));
    assert_found("google_project_service_identity", named, &[]);
    // What the data of google-beta does not have is taken to be as in google.
    let other = database()
        .set("provider", expression("google-beta"))
        .block("setting", Block::new());
    assert_found(
        "google_sql_database_instance",
        other,
        &[
            "setting: there is no block of this name; did you mean `settings`?",
            "at least one of `clone`, `point_in_time_restore_context`, `settings` must be set",
        ],
    );
}

#[test]
fn unknown_names_get_a_suggestion() {
    assert_found(
        "aws_s3_bucket",
        bucket().set("force_destory", true),
        &["force_destory: there is no argument of this name; did you mean `force_destroy`?"],
    );
    assert_found(
        "aws_s3_bucket",
        bucket().block("timeout", Block::new()),
        &["timeout: there is no block of this name; did you mean `timeouts`?"],
    );
    assert_found(
        "azurerm_key_vault",
        key_vault().block(
            "network_acls",
            Block::new().set("bypas", "None").set("default_action", "Deny"),
        ),
        &[
            "network_acls.bypas: there is no argument of this name; did you mean `bypass`?",
            "network_acls.bypass: must be set",
        ],
    );
}

#[test]
fn arguments_and_blocks_are_not_confused() {
    let options = Expression::from_iter([("http_tokens", "required")]);
    assert_found(
        "aws_launch_template",
        template().set("metadata_options", options),
        &["metadata_options: this is a nested block: write `{ ... }` without `=`"],
    );
    assert_found(
        "aws_s3_bucket",
        bucket().block("tags", Block::new().set("team", "market")),
        &["tags: this is an argument: write `= ...`"],
    );
    assert_found(
        "aws_launch_template",
        template().labelled("metadata_options", &["x"], Block::new()),
        &["metadata_options: this block takes no labels"],
    );
}

#[test]
fn required_arguments_must_have_a_value() {
    assert_found("random_id", Block::new(), &["byte_length: must be set"]);
    let null = Block::new().set("byte_length", Expression::Null);
    assert_found("random_id", null, &["byte_length: must be set"]);
    let variable = Block::new().set("byte_length", expression("var.length"));
    assert_found("random_id", variable, &[]);
}

#[test]
fn what_the_provider_decides_cannot_be_set() {
    assert_found(
        "aws_s3_bucket",
        bucket().set("arn", "arn:aws:s3:::media"),
        &["arn: the provider decides this value; it cannot be set"],
    );
    assert_found(
        "aws_s3_bucket",
        bucket().set("id", "media"),
        &["id: the provider decides this value; it cannot be set"],
    );
    assert_found("aws_s3_bucket", bucket().set("arn", Expression::Null), &[]);
    // The id of a data source is an argument like any other.
    assert!(found(Data, "aws_vpc", &Block::new().set("id", "vpc-1")).is_empty());
}

#[test]
fn literals_have_the_type_of_the_argument() {
    assert_found(
        "aws_s3_bucket",
        bucket().set("force_destroy", "maybe"),
        &["force_destroy: must be a bool, not a string (\"maybe\")"],
    );
    assert_found(
        "aws_s3_bucket",
        bucket().set("tags", vec!["market"]),
        &["tags: must be a map(string), not a list"],
    );
    assert_found(
        "aws_launch_template",
        template().set("vpc_security_group_ids", "sg-1"),
        &["vpc_security_group_ids: must be a set(string), not a string (\"sg-1\")"],
    );
    assert_found(
        "aws_launch_template",
        template().set("default_version", true),
        &["default_version: must be a number, not a bool (true)"],
    );
    let lists = Expression::from_iter([("team", Expression::from(vec!["market"]))]);
    assert_found(
        "aws_s3_bucket",
        bucket().set("tags", lists),
        &["tags[\"team\"]: must be a string, not a list"],
    );
    let template_text = expression("\"x-${var.b}\"");
    assert_found(
        "aws_s3_bucket",
        bucket().set("tags", template_text),
        &["tags: must be a map(string), not a string"],
    );
}

#[test]
fn literals_are_converted_as_terraform_does() {
    assert_found("random_id", Block::new().set("byte_length", "4"), &[]);
    assert_found("aws_s3_bucket", bucket().set("force_destroy", "true"), &[]);
    assert_found("aws_s3_bucket", Block::new().set("bucket", 20261121), &[]);
    let range = ["byte_length: must be at least 1, not \"0\""];
    assert_found("random_id", Block::new().set("byte_length", "0"), &range);
}

#[test]
fn values_that_must_be_evaluated_are_not_looked_into() {
    for value in [
        "var.x",
        "local.x",
        "aws_s3_bucket.x.id",
        "jsonencode([])",
        "\"${var.x}\"",
        "[for x in var.x : x]",
        "!var.x",
        "(var.x)",
    ] {
        assert_found("aws_s3_bucket", bucket().set("force_destroy", expression(value)), &[]);
    }
    // Both ends of a conditional are literals.
    assert_found(
        "aws_s3_bucket",
        bucket().set("force_destroy", expression("var.x ? true : \"maybe\"")),
        &["force_destroy: must be a bool, not a string (\"maybe\")"],
    );
}

#[test]
fn values_are_those_that_the_provider_takes() {
    assert_found(
        "azurerm_key_vault",
        key_vault().set("sku_name", "gold"),
        &["sku_name: \"gold\" is not allowed; allowed: \"standard\", \"premium\""],
    );
    assert_found(
        "azurerm_key_vault",
        key_vault().set("soft_delete_retention_days", 5),
        &["soft_delete_retention_days: must be 7 to 90, not 5"],
    );
    assert_found(
        "azurerm_key_vault",
        key_vault().set("tenant_id", "bumarket"),
        &["tenant_id: \"bumarket\" is not a UUID"],
    );
    assert_found(
        "aws_launch_template",
        Block::new().set("name", "x"),
        &["name: must have 3 to 128 characters, not 1"],
    );
    assert_found(
        "aws_launch_template",
        Block::new().set("name", "web*"),
        &[r#"name: "web*" does not match ^[a-zA-Z0-9\(\)\.\-/_]+$"#],
    );
}

#[test]
fn azure_ids_have_the_form_of_their_type() {
    let association = |subnet: &str| {
        Block::new()
            .set("subnet_id", subnet)
            .set("nat_gateway_id", expression("azurerm_nat_gateway.main.id"))
    };
    let group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/main/providers";
    let subnet = format!("{group}/Microsoft.Network/virtualNetworks/main/subnets/web");
    assert_found("azurerm_subnet_nat_gateway_association", association(&subnet), &[]);
    let network = format!("{group}/Microsoft.Network/virtualNetworks/main");
    let body = association(&network);
    let violations = found(Resource, "azurerm_subnet_nat_gateway_association", &body);
    assert_eq!(violations.len(), 1);
    assert!(violations[0].starts_with(&format!(
        "subnet_id: \"{network}\" is not a resource id like /subscriptions/"
    )));
}

#[test]
fn elements_of_lists_are_checked_one_by_one() {
    let rule = |ports: Vec<&str>| {
        Block::new()
            .set("name", "web")
            .set("network", "main")
            .block("allow", Block::new().set("protocol", "tcp").set("ports", ports))
            .set("direction", "INGRESS")
            .set("source_ranges", vec!["10.0.0.0/8"])
    };
    assert_found("google_compute_firewall", rule(vec!["443"]), &[]);
    let mixed = Expression::from(vec![Expression::from("443"), Expression::from(vec!["80"])]);
    let allow = Block::new().set("protocol", "tcp").set("ports", mixed);
    let mut body = rule(vec![]);
    body.replace_blocks("allow", vec![allow]);
    assert_found(
        "google_compute_firewall",
        body,
        &["allow.ports[1]: must be a string, not a list"],
    );
}

#[test]
fn objects_in_lists_may_be_written_as_blocks() {
    let rule = |port| {
        Block::new()
            .set("from_port", port)
            .set("to_port", port)
            .set("protocol", "tcp")
            .set("cidr_blocks", vec!["10.0.0.0/8"])
    };
    let group = || Block::new().set("name", "web");
    assert_found("aws_security_group", group().block("ingress", rule(443)), &[]);
    assert_found(
        "aws_security_group",
        group().blocks("ingress", [rule(443), rule(80).set("protocl", "tcp")]),
        &["ingress[1].protocl: there is no argument of this name; did you mean `protocol`?"],
    );
    // As a value, an object has all its fields.
    let object = Expression::from_iter([("from_port", Expression::from(443))]);
    let violations = found(Resource, "aws_security_group", &group().set("ingress", vec![object]));
    assert!(violations.contains(&"ingress[0].protocol: must be set".to_owned()));
    let both = group()
        .set("ingress", Expression::Array(vec![]))
        .block("ingress", rule(443));
    assert_found(
        "aws_security_group",
        both,
        &["ingress: this is an argument: write `= ...`"],
    );
}

#[test]
fn arguments_exclude_each_other() {
    assert_found(
        "aws_launch_template",
        template().set("name", "web"),
        &["name: cannot be set together with `name_prefix`"],
    );
    // A condition decides which of the two it is.
    let choice = Block::new()
        .set("name", expression("var.fixed ? \"web\" : null"))
        .set("name_prefix", expression("var.fixed ? null : \"web-\""));
    assert_found("aws_launch_template", choice, &[]);
}

#[test]
fn one_of_several_arguments_must_be_set() {
    let subnet = || {
        Block::new()
            .set("name", "web")
            .set("resource_group_name", "main")
            .set("virtual_network_name", "main")
    };
    assert_found(
        "azurerm_subnet",
        subnet(),
        &["exactly one of `address_prefixes`, `ip_address_pool` must be set"],
    );
    assert_found(
        "azurerm_subnet",
        subnet().set("address_prefixes", vec!["10.0.0.0/24"]),
        &[],
    );
    assert_found(
        "azurerm_subnet",
        subnet().set("address_prefixes", expression("var.prefixes")),
        &[],
    );
    let pool = Block::new()
        .set("id", expression("var.pool"))
        .set("number_of_ip_addresses", "100");
    assert_found(
        "azurerm_subnet",
        subnet()
            .set("address_prefixes", vec!["10.0.0.0/24"])
            .block("ip_address_pool", pool),
        &["ip_address_pool: cannot be set together with `address_prefixes`"],
    );
    let key = Block::new()
        .set("deletion_window_in_days", 7)
        .set("rotation_period_in_days", 90);
    assert_found(
        "aws_kms_key",
        key,
        &["rotation_period_in_days: needs `enable_key_rotation` as well"],
    );
}

#[test]
fn rules_inside_a_block_hold_where_the_block_is() {
    // `settings.ip_configuration` of a database instance is optional; what it demands does not concern an instance without it.
    let settings = Block::new().set("tier", "db-custom-2-8192");
    let instance = || database();
    assert_found(
        "google_sql_database_instance",
        instance().block("settings", settings.clone()),
        &[],
    );
    let empty = settings.clone().block("ip_configuration", Block::new());
    let violations = found(
        Resource,
        "google_sql_database_instance",
        &instance().block("settings", empty),
    );
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert!(violations[0].starts_with("settings.ip_configuration: at least one of "));
    let private = settings.block("ip_configuration", Block::new().set("ipv4_enabled", false));
    assert_found(
        "google_sql_database_instance",
        instance().block("settings", private),
        &[],
    );
}

#[test]
fn numbers_of_blocks_are_limited() {
    let options = || Block::new().set("http_tokens", "required");
    assert_found(
        "aws_launch_template",
        template().blocks("metadata_options", [options(), options()]),
        &["metadata_options: at most 1 of this block may be there, not 2"],
    );
    let lifecycle = || Block::new().set("bucket", "media");
    assert_found(
        "aws_s3_bucket_server_side_encryption_configuration",
        lifecycle(),
        &["rule: at least 1 of this block must be there, not 0"],
    );
    let repeated = Block::new()
        .set("for_each", expression("var.rules"))
        .block("content", Block::new());
    assert_found(
        "aws_s3_bucket_server_side_encryption_configuration",
        lifecycle().labelled("dynamic", &["rule"], repeated),
        &[],
    );
}

#[test]
fn dynamic_blocks_are_checked_as_what_they_repeat() {
    let dynamic = |content: Block| {
        Block::new()
            .set("for_each", expression("var.disks"))
            .set("iterator", expression("disk"))
            .block("content", content)
    };
    let disk = Block::new().set("device_name", expression("disk.key"));
    let label = ["block_device_mappings"];
    assert_found(
        "aws_launch_template",
        template().labelled("dynamic", &label, dynamic(disk)),
        &[],
    );
    let slip = Block::new().set("device_nam", "x");
    assert_found(
        "aws_launch_template",
        template().labelled("dynamic", &label, dynamic(slip)),
        &["block_device_mappings.device_nam: there is no argument of this name; did you mean `device_name`?"],
    );
    assert_found(
        "aws_launch_template",
        template().labelled("dynamic", &label, Block::new().set("foreach", "x")),
        &[
            "block_device_mappings.for_each: must be set",
            "block_device_mappings.foreach: there is no argument of this name",
            "block_device_mappings.content: must be set",
        ],
    );
    let unknown = template().labelled("dynamic", &["disk"], dynamic(Block::new()));
    assert_found(
        "aws_launch_template",
        unknown,
        &["disk: there is no block of this name"],
    );
}

#[test]
fn meta_arguments_are_those_of_terraform() {
    let lifecycle = Block::new()
        .set("prevent_destroy", true)
        .set("ignore_changes", expression("[tags, tags[\"owner\"], grant]"));
    let body = bucket()
        .set("for_each", expression("var.names"))
        .set("provider", expression("aws.eu"))
        .set("depends_on", expression("[aws_kms_key.main]"))
        .block("lifecycle", lifecycle);
    assert_found("aws_s3_bucket", body, &[]);
    assert_found(
        "aws_s3_bucket",
        bucket()
            .set("for_each", Expression::from_iter([("a", 1)]))
            .set("count", 2),
        &["count: cannot be set together with `for_each`"],
    );
    let ignored = Block::new().set("ignore_changes", expression("[tag, tags.owner.x]"));
    assert_found(
        "aws_s3_bucket",
        bucket().block("lifecycle", ignored),
        &[
            "lifecycle.ignore_changes[0]: there is no argument of this name; did you mean `tags`?",
            "lifecycle.ignore_changes[1]: there is no argument of this name",
        ],
    );
    let all = Block::new().set("ignore_changes", expression("all"));
    assert_found("aws_s3_bucket", bucket().block("lifecycle", all), &[]);
    let slip = Block::new().set("prevent_destory", true);
    assert_found(
        "aws_s3_bucket",
        bucket().block("lifecycle", slip),
        &["lifecycle.prevent_destory: there is no argument of this name; did you mean `prevent_destroy`?"],
    );
    let protected = Block::new().block("lifecycle", Block::new().set("prevent_destroy", true));
    assert_eq!(
        found(Data, "aws_caller_identity", &protected),
        ["lifecycle.prevent_destroy: there is no argument of this name"]
    );
    assert_found(
        "aws_s3_bucket",
        bucket().block("provisioner", Block::new()),
        &["provisioner: there is no block of this name"],
    );
}

#[test]
fn deprecated_arguments_are_warned_about() {
    let body = bucket().set("acl", "private");
    let violations = provider::check_block(Resource, "aws_s3_bucket", &body);
    assert_eq!(violations.len(), 1);
    assert!(violations[0].problem.is_warning());
    let unknown = provider::check_block(Resource, "aws_s3_bucket", &bucket().set("x", 1));
    assert!(!unknown[0].problem.is_warning());
}

#[test]
fn secrets_are_not_quoted() {
    let body = Block::new()
        .set("secret_id", expression("aws_secretsmanager_secret.main.id"))
        .set("secret_string", vec!["hunter2"]);
    let violations = found(Resource, "aws_secretsmanager_secret_version", &body);
    assert_eq!(violations, ["secret_string: must be a string, not a list"]);
    let number = Block::new()
        .set("name", "main")
        .set("resource_group_name", "main")
        .set("location", "koreacentral")
        .set("administrator_password", "")
        .set("zone", "9");
    for violation in found(Resource, "azurerm_postgresql_flexible_server", &number) {
        assert!(!violation.contains("password: \""), "{violation}");
    }
}

#[test]
fn references_are_followed_through_lists_and_blocks() {
    let has = |type_name: &str, path: &[&str]| provider::has_attribute(Resource, type_name, path);
    assert_eq!(has("aws_vpc", &["id"]), Some(true));
    assert_eq!(has("aws_vpc", &["ids"]), Some(false));
    assert_eq!(has("aws_vpc", &["id", "x"]), Some(false));
    assert_eq!(has("aws_vpc", &[]), Some(true));
    assert_eq!(has("aws_vpc", &["tags_all", "team"]), Some(true));
    assert_eq!(has("aws_vcp", &["id"]), None);
    assert_eq!(
        has("aws_launch_template", &["metadata_options", "0", "http_tokens"]),
        Some(true)
    );
    assert_eq!(
        has("aws_launch_template", &["metadata_options", "http_tokens"]),
        Some(false)
    );
    assert_eq!(
        has("azurerm_kubernetes_cluster", &["kubelet_identity", "0", "object_id"]),
        Some(true)
    );
    assert_eq!(
        has("azurerm_kubernetes_cluster", &["kubelet_identity", "0", "object"]),
        Some(false)
    );
    assert_eq!(has("aws_security_group", &["ingress", "*", "from_port"]), Some(true));
    assert_eq!(has("aws_security_group", &["ingress", "0", "from_port"]), Some(false));
    assert_eq!(has("google_container_cluster", &["timeouts", "create"]), Some(true));
    assert_eq!(has("google_project_service_identity", &["email"]), Some(true));
    assert_eq!(
        provider::has_attribute(Data, "aws_caller_identity", &["account_id"]),
        Some(true)
    );
    assert_eq!(
        provider::has_attribute(Ephemeral, "random_password", &["result"]),
        Some(true)
    );
}

#[test]
fn arguments_are_attributes_or_blocks() {
    match provider::argument(Resource, "aws_launch_template", &["metadata_options"]) {
        Some(Argument::Block(block)) => assert_eq!((block.nesting, block.most), (Nesting::List, Some(1))),
        other => panic!("{other:?}"),
    }
    match provider::argument(Resource, "aws_launch_template", &["metadata_options", "http_tokens"]) {
        Some(Argument::Attribute(attribute)) => assert_eq!(attribute.kind, Type::String),
        other => panic!("{other:?}"),
    }
    match provider::argument(Resource, "azurerm_key_vault", &["soft_delete_retention_days"]) {
        Some(Argument::Attribute(attribute)) => {
            assert_eq!(attribute.default(), Some(&90.into()));
            assert!(attribute.optional && !attribute.required && !attribute.replaces && attribute.is_settable());
        }
        other => panic!("{other:?}"),
    }
    match provider::argument(Resource, "azurerm_key_vault", &["location"]) {
        Some(Argument::Attribute(attribute)) => assert!(attribute.replaces && attribute.required),
        other => panic!("{other:?}"),
    }
    assert!(provider::argument(Resource, "aws_launch_template", &["metadata"]).is_none());
    assert!(provider::argument(Resource, "aws_launch_template", &["name", "x"]).is_none());
    assert!(provider::argument(Resource, "aws_launch_template", &[]).is_none());

    let names = |path: &[&str]| -> Vec<&str> {
        let arguments = provider::arguments(Resource, "azurerm_key_vault", path);
        arguments.iter().map(|(name, _)| *name).collect()
    };
    assert!(names(&[]).contains(&"network_acls") && !names(&[]).contains(&"vault_uri"));
    assert_eq!(
        names(&["network_acls"]),
        ["bypass", "default_action", "ip_rules", "virtual_network_subnet_ids"]
    );
    assert!(names(&["location"]).is_empty());
}

#[test]
fn secrets_are_known_as_such() {
    let sensitive = |type_name: &str, path: &[&str]| provider::is_sensitive(Resource, type_name, path);
    assert!(sensitive("random_password", &["result"]));
    assert!(!sensitive("random_password", &["length"]));
    assert!(sensitive("azurerm_kubernetes_cluster", &["kube_config", "0", "host"]));
    assert!(!sensitive("azurerm_kubernetes_cluster", &["oidc_issuer_url"]));
    assert!(!sensitive("no_such_type", &["result"]));
}

#[test]
fn the_data_says_what_it_describes() {
    for name in ["aws", "azurerm", "google", "google-beta", "random", "time", "tls"] {
        assert!(
            provider::version(name).is_some_and(|version| version.contains('.')),
            "{name}"
        );
    }
    assert_eq!(provider::version("oci"), None);
    assert!(provider::types("aws", Resource).any(|name| name == "aws_vpc"));
    assert!(provider::types("aws", Data).any(|name| name == "aws_caller_identity"));
    assert_eq!(provider::types("oci", Resource).count(), 0);
    let id = provider::id_example("azurerm_virtual_network");
    assert!(id.is_some_and(|id| id.contains("/virtualNetworks/")));
    assert_eq!(provider::id_example("aws_vpc"), None);
}

#[test]
fn every_type_of_the_data_can_be_checked() {
    for name in ["aws", "azurerm", "google", "google-beta", "random", "time", "tls"] {
        for kind in [Data, Ephemeral, Provider, Resource] {
            for type_name in provider::types(name, kind) {
                let violations = provider::check_block(kind, type_name, &Block::new());
                let missing = violations.iter().filter(|violation| violation.path.is_empty());
                assert!(
                    missing
                        .clone()
                        .all(|violation| !violation.to_string().contains("known")),
                    "{type_name}"
                );
            }
        }
    }
}

fn any_value() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        Just(Expression::Null),
        any::<bool>().prop_map(Expression::from),
        any::<i64>().prop_map(Expression::from),
        any::<String>().prop_map(Expression::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Expression::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..3).prop_map(Expression::from_iter),
        ]
    })
}

proptest! {
    /// Whatever is set, the check answers, and answers the same when it is asked again.
    #[test]
    fn any_value_of_any_argument_is_answered(place in any::<prop::sample::Index>(), value in any_value()) {
        let types: Vec<&str> = provider::types("azurerm", Resource).chain(provider::types("google", Resource)).collect();
        let type_name = types[place.index(types.len())];
        let names = provider::arguments(Resource, type_name, &[]);
        let (name, _) = names[place.index(names.len())];
        let body = Block::new().set(name, value);
        prop_assert_eq!(found(Resource, type_name, &body), found(Resource, type_name, &body));
    }
}
