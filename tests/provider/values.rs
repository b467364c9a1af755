//! Values, and arguments that need or exclude each other.

use super::{assert_found, bucket, database, expression, found, key_vault, template};
use cloudgen::terraform::Block;
use cloudgen::terraform::provider::BlockKind::Resource;
use hcl::Expression;

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
fn lists_that_the_providers_do_not_keep_to_are_not_checked() {
    assert_found(
        "aws_launch_template",
        template().set("instance_type", "m99g.large"),
        &[],
    );
    let blobs = Block::new().set("default_service_version", "2023-11-03");
    let account = Block::new()
        .set("name", "bumarketmedia")
        .set("resource_group_name", "main")
        .set("location", "koreacentral")
        .set("account_tier", "Standard")
        .set("account_replication_type", "ZRS")
        .block("blob_properties", blobs);
    assert_found("azurerm_storage_account", account, &[]);
}

#[test]
fn fields_of_objects_take_what_the_provider_takes() {
    let rule = |access: &str| {
        Block::new()
            .set("name", "web")
            .set("priority", 100)
            .set("direction", "Inbound")
            .set("access", access)
            .set("protocol", "Tcp")
    };
    let group = |access: &str| {
        Block::new()
            .set("name", "web")
            .set("resource_group_name", "main")
            .set("location", "koreacentral")
            .block("security_rule", rule(access))
    };
    assert_found("azurerm_network_security_group", group("Allow"), &[]);
    assert_found(
        "azurerm_network_security_group",
        group("Permit"),
        &["security_rule.access: \"Permit\" is not allowed; allowed: \"Allow\", \"Deny\""],
    );
}
