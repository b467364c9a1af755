//! Ids and texts of the documented forms.
#![allow(clippy::unwrap_used)]

use super::{Maker, Scene, Seed};
use crate::offline::archive::Provider;
use crate::offline::plan::unknowns;
use crate::offline::settings::Settings;
use crate::offline::value::Value;
use crate::terraform::provider::{BlockKind, Schema};
use std::path::Path;

/// A new resource with these arguments.
fn made<const N: usize>(type_name: &str, arguments: [(&str, Value); N]) -> Value {
    let provider = Provider::named(type_name.split('_').next().unwrap()).unwrap();
    let schema: &'static Schema = Box::leak(Box::new(provider.schema(BlockKind::Resource, type_name).unwrap()));
    let settings = Settings {
        subscription: Some("sub".into()),
        project: Some("shop".into()),
        ..Settings::default()
    };
    let mut known = Value::from(arguments);
    unknowns(schema, &schema.body, true, &mut known);
    let scene = Scene {
        type_name,
        schema,
        settings: &settings,
        root: Path::new("."),
    };
    let seed = Seed::new(type_name, &known, 0);
    let value = Maker::of_resource(&scene, seed, &known).fill(&known);
    assert!(value.is_known(), "{type_name}");
    value
}

fn text(value: &Value, name: &str) -> String {
    value.field(name).as_text().unwrap_or_default().to_owned()
}

#[test]
fn aws_ids_have_a_prefix_or_are_names_or_arns() {
    let vpc = text(&made("aws_vpc", []), "id");
    assert!(vpc.starts_with("vpc-0") && vpc.len() == "vpc-0".len() + 16, "{vpc}");
    let role = made("aws_iam_role", [("name", "web".into())]);
    assert_eq!(text(&role, "id"), "web");
    assert_eq!(text(&role, "arn"), "arn:aws:iam::123456789012:role/web");
    let topic = made("aws_sns_topic", [("name", "news".into())]);
    assert_eq!(text(&topic, "id"), "arn:aws:sns:us-east-1:123456789012:news");
    assert_eq!(text(&topic, "id"), text(&topic, "arn"));
}

#[test]
fn azure_ids_go_on_from_their_parents() {
    let group = made("azurerm_resource_group", [("name", "shop".into())]);
    assert_eq!(text(&group, "id"), "/subscriptions/sub/resourceGroups/shop");
    let network = [("name", "net".into()), ("resource_group_name", "shop".into())];
    let network = text(&made("azurerm_virtual_network", network), "id");
    let expected = "/subscriptions/sub/resourceGroups/shop/providers/Microsoft.Network/virtualNetworks/net";
    assert_eq!(network, expected);
    let subnet = [
        ("name", "web".into()),
        ("resource_group_name", "shop".into()),
        ("virtual_network_name", "net".into()),
    ];
    assert_eq!(
        text(&made("azurerm_subnet", subnet), "id"),
        format!("{expected}/subnets/web")
    );
    let server = "/subscriptions/other/resourceGroups/g/providers/Microsoft.DBforPostgreSQL/flexibleServers/db";
    let database = [("name", "main".into()), ("server_id", server.into())];
    let database = made("azurerm_postgresql_flexible_server_database", database);
    assert_eq!(text(&database, "id"), format!("{server}/databases/main"));
}

#[test]
fn google_ids_are_paths() {
    let network = made("google_compute_network", [("name", "net".into())]);
    assert_eq!(text(&network, "id"), "projects/shop/global/networks/net");
    let link = "https://www.googleapis.com/compute/v1/projects/shop/global/networks/net";
    assert_eq!(text(&network, "self_link"), link);
    let account = made("google_service_account", [("account_id", "web".into())]);
    assert_eq!(
        text(&account, "member"),
        "serviceAccount:web@shop.iam.gserviceaccount.com"
    );
}

#[test]
fn stand_ins_follow_from_the_plan_alone() {
    let bucket = |name: &str| made("aws_s3_bucket", [("bucket", name.into())]);
    assert_eq!(bucket("a"), bucket("a"));
    assert_ne!(bucket("a"), bucket("b"));
}
