//! Questions about types: what the references and the overrides of a module need to know.

use cloudgen::terraform::Block;
use cloudgen::terraform::provider::{
    self, Argument,
    BlockKind::{Data, Ephemeral, Provider, Resource},
    Nesting, Type,
};

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
