//! Names, required and read-only arguments, numbers of blocks, `dynamic`, meta-arguments.

use super::{assert_found, bucket, database, expression, found, key_vault, template};
use cloudgen::terraform::Block;
use cloudgen::terraform::provider::{
    self,
    BlockKind::{Data, Ephemeral, Provider, Resource},
};
use hcl::Expression;

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
