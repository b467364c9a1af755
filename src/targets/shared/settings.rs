//! The settings of a service, spelled by a target.

use hcl::Expression;

use super::startup::{Fetched, Plain};
use crate::ir::{Service, Value};
use crate::target::Target;

/// True for a setting that a service is told on a target. Where the cloud knows the workload's identity, there is no password. Lambda
/// fetches nothing for functions: their code does, by the identifier.
pub fn applies(target: Target, service: &Service, value: &Value) -> bool {
    match value {
        Value::Shards(_) => true,
        value if value.is_secret() && target == Target::Aws && service.function.is_some() => false,
        Value::CacheSecret(_) | Value::CachePassword(_) => matches!(target, Target::Aws | Target::Kubernetes),
        Value::MessagingUser(_)
        | Value::MessagingPassword(_)
        | Value::StreamUser(_)
        | Value::StreamPassword(_)
        | Value::TableUser(_)
        | Value::TablePassword(_)
        | Value::WarehouseUser(_)
        | Value::WarehousePassword(_) => target == Target::Kubernetes,
        _ => true,
    }
}

/// Splits the settings of a service into those Terraform knows and those fetched at its start. `spell` gives the expression of a
/// value: for secret values, the vault's identifier; null for what is left out.
pub fn split(service: &Service, mut spell: impl FnMut(&Value) -> Expression) -> (Vec<Plain>, Vec<Fetched>) {
    let mut plain: Vec<Plain> = service
        .environment
        .iter()
        .map(|(name, value)| Plain {
            name: name.clone(),
            value: Expression::String(value.clone()),
        })
        .collect();
    let mut fetched = vec![];
    for setting in &service.settings {
        let name = setting.name.clone();
        let spelled = match &setting.value {
            Value::Text(text) => Expression::String(text.clone()),
            // Their data sources come from a table on the machine: see `startup::Shards`.
            Value::Shards(_) => continue,
            value => spell(value),
        };
        if spelled == Expression::Null {
            continue;
        }
        match setting.value {
            Value::DatabasePassword(_)
            | Value::ProxyPassword(_)
            | Value::ShardMap(_)
            | Value::SecretValue(_)
            | Value::CachePassword(_)
            | Value::MessagingPassword(_)
            | Value::StreamPassword(_)
            | Value::TablePassword(_) => {
                fetched.push(Fetched {
                    name,
                    identifier: spelled,
                    required: !matches!(setting.value, Value::SecretValue(_)),
                });
            }
            _ => plain.push(Plain { name, value: spelled }),
        }
    }
    plain.sort_by(|a, b| a.name.cmp(&b.name));
    (plain, fetched)
}
