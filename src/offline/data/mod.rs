//! What data sources and ephemeral resources give: some their real result, others one that is always the same, the rest stand-ins.

mod cloudinit;
pub mod digest;
mod files;
mod fixed;
mod google_policy;
mod policy;
mod zip;

use super::apply::characters;
use super::plan::{settle, unknowns};
use super::standin::{Maker, Scene, Seed};
use super::value::Value;
use crate::terraform::provider::Argument;

/// The result of a data source.
#[derive(Debug, PartialEq)]
pub struct Found {
    /// The configuration, with the result in it.
    pub value: Value,
    /// What went wrong.
    pub problem: Option<String>,
}

/// Attributes and their values.
type Fields = Vec<(&'static str, Value)>;

/// Reads a data source or opens an ephemeral resource.
pub fn read(scene: &Scene<'_>, config: Value) -> Found {
    let own = own(scene, &config).unwrap_or(Ok(vec![]));
    let problem = own.as_ref().err().cloned();
    let mut value = config.clone();
    unknowns(scene.schema, &scene.schema.body, true, &mut value);
    if let Value::Object(fields) = &mut value {
        for (name, own) in own.unwrap_or_default() {
            let is_attribute = matches!(
                scene.schema.member(&scene.schema.body, name),
                Some(Argument::Attribute(_))
            );
            if is_attribute && config.field(name).is_null() {
                fields.insert(name.to_owned(), own);
            }
        }
    }
    settle(scene.type_name, &mut value, scene.settings);
    let seed = Seed::new(scene.type_name, &config, 0);
    let value = Maker::of_data(scene, seed, &config).fill(&value);
    Found { value, problem }
}

/// The result of a type that has one of its own, or why there is none.
pub fn own(scene: &Scene<'_>, config: &Value) -> Option<Result<Fields, String>> {
    Some(match scene.type_name {
        "aws_iam_policy_document" => policy::document(config),
        "google_iam_policy" => Ok(google_policy::policy(config)),
        "archive_file" => files::archive(scene, config),
        "local_file" | "local_sensitive_file" => files::read(scene, config),
        "cloudinit_config" => cloudinit::config(config),
        "random_password" => {
            let seed = Seed::new(scene.type_name, config, 0);
            let result = characters(config, &seed);
            Ok(vec![("result", result.into())])
        }
        _ => return fixed::fields(scene, config).map(Ok),
    })
}
