//! Data sources that always find the same.

use super::Fields;
use crate::offline::settings::Settings;
use crate::offline::standin::{Scene, Seed};
use crate::offline::value::Value;

/// What a data source finds; nothing where that is not fixed.
pub fn fields(scene: &Scene<'_>, config: &Value) -> Option<Fields> {
    match scene.cloud() {
        "aws" => aws(scene, config),
        "azurerm" => azure(scene, config),
        "google" => google(scene, config),
        "http" => Some(vec![
            ("response_body", "".into()),
            ("body", "".into()),
            ("response_body_base64", "".into()),
            ("response_headers", Value::from([])),
            ("status_code", Value::whole(200)),
        ]),
        _ => None,
    }
}

fn aws(scene: &Scene<'_>, config: &Value) -> Option<Fields> {
    let region = scene.region();
    let account = Settings::ACCOUNT;
    let seed = Seed::new(scene.type_name, config, 0);
    Some(match scene.type_name {
        "aws_caller_identity" => vec![
            ("id", account.into()),
            ("account_id", account.into()),
            ("user_id", "AIDAEXAMPLE".into()),
            ("arn", format!("arn:aws:iam::{account}:user/example").into()),
        ],
        "aws_region" => vec![
            ("id", region.into()),
            ("name", region.into()),
            ("region", region.into()),
            ("endpoint", format!("ec2.{region}.amazonaws.com").into()),
            ("description", region.into()),
        ],
        "aws_partition" => vec![
            ("id", "aws".into()),
            ("partition", "aws".into()),
            ("dns_suffix", "amazonaws.com".into()),
            ("reverse_dns_prefix", "com.amazonaws".into()),
        ],
        "aws_availability_zones" => vec![
            ("id", region.into()),
            (
                "names",
                Value::texts(["a", "b", "c"].map(|zone| format!("{region}{zone}"))),
            ),
            (
                "zone_ids",
                Value::texts(["az1", "az2", "az3"].map(|zone| format!("{}-{zone}", short(region)))),
            ),
            ("group_names", Value::texts([region])),
        ],
        "aws_ami" => vec![
            ("id", format!("ami-0{}", seed.hex("id", 16)).into()),
            ("root_device_name", "/dev/xvda".into()),
            ("architecture", "x86_64".into()),
        ],
        "aws_ssm_parameter" => {
            let is_image = config.field("name").as_text().is_some_and(|name| name.contains("ami"));
            vec![("value", if is_image { "ami-0123456789abcdef0" } else { "value" }.into())]
        }
        "aws_secretsmanager_secret_version" => {
            vec![("secret_string", r#"{"username":"admin","password":"example"}"#.into())]
        }
        "aws_kms_secrets" => {
            let names = config.field("secret").items().iter();
            let names = names.filter_map(|secret| secret.field("name").as_text());
            let plain = names.map(|name| (name.to_owned(), Value::from("value")));
            vec![("plaintext", Value::Object(plain.collect()))]
        }
        "aws_canonical_user_id" => vec![("id", seed.hex("canonical", 64).into())],
        "aws_default_tags" => vec![("tags", Value::Object(scene.settings.tags.clone()))],
        _ => return None,
    })
}

/// `apne2` of `ap-northeast-2`.
fn short(region: &str) -> String {
    let word = |word: &str| match word {
        "central" | "east" | "north" | "south" | "west" => word.get(..1).unwrap_or_default().to_owned(),
        "northeast" | "northwest" | "southeast" | "southwest" => {
            let initials = [word.get(..1), word.get("north".len()..="north".len())];
            initials.into_iter().flatten().collect()
        }
        other => other.to_owned(),
    };
    region.split('-').map(word).collect()
}

fn azure(scene: &Scene<'_>, config: &Value) -> Option<Fields> {
    let settings = scene.settings;
    let (subscription, tenant) = (settings.subscription(), settings.tenant());
    Some(match scene.type_name {
        "azurerm_client_config" => vec![
            ("tenant_id", tenant.into()),
            ("subscription_id", subscription.into()),
            ("client_id", Settings::ZERO.into()),
            ("object_id", Settings::ZERO.into()),
        ],
        "azurerm_subscription" => {
            let asked = config.field("subscription_id").as_text().unwrap_or(subscription);
            vec![
                ("id", format!("/subscriptions/{asked}").into()),
                ("subscription_id", asked.into()),
                ("tenant_id", tenant.into()),
                ("display_name", "Example".into()),
            ]
        }
        "azurerm_resource_group" => {
            let name = config.field("name").as_text().unwrap_or_default();
            vec![
                (
                    "id",
                    format!("/subscriptions/{subscription}/resourceGroups/{name}").into(),
                ),
                ("location", "westeurope".into()),
            ]
        }
        _ => return None,
    })
}

fn google(scene: &Scene<'_>, config: &Value) -> Option<Fields> {
    let (region, own) = (scene.region(), scene.settings.project());
    Some(match scene.type_name {
        "google_project" => {
            let project = config.field("project_id").as_text().unwrap_or(own);
            vec![
                ("id", format!("projects/{project}").into()),
                ("project_id", project.into()),
                ("name", own.into()),
                ("number", "123456789012".into()),
            ]
        }
        "google_client_config" => {
            let zone = scene.settings.zone.clone().unwrap_or_else(|| format!("{region}-b"));
            vec![
                ("project", own.into()),
                ("region", region.into()),
                ("zone", zone.into()),
                ("access_token", "ya29.example".into()),
            ]
        }
        "google_storage_project_service_account" | "google_compute_default_service_account" => {
            let email = match scene.type_name {
                "google_compute_default_service_account" => "123456789012-compute@developer.gserviceaccount.com",
                _ => "service-123456789012@gs-project-accounts.iam.gserviceaccount.com",
            };
            vec![
                ("id", email.into()),
                ("email", email.into()),
                ("email_address", email.into()),
                ("member", format!("serviceAccount:{email}").into()),
            ]
        }
        "google_compute_zones" => {
            let region = config.field("region").as_text().unwrap_or(region);
            vec![(
                "names",
                Value::texts(["a", "b", "c"].map(|zone| format!("{region}-{zone}"))),
            )]
        }
        "google_compute_regions" => vec![("names", Value::texts(["europe-west1", "us-central1", "us-east1"]))],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn zones_have_short_names() {
        assert_eq!(short("us-east-1"), "use1");
        assert_eq!(short("ap-northeast-2"), "apne2");
        assert_eq!(short("eu-central-1"), "euc1");
    }
}
