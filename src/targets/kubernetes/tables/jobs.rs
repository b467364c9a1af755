//! The jobs that make tables, and delete what has expired.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;

use super::script::script;
use super::{CA_FOLDER, TABLES, database_of_tables};
use crate::kubernetes::object::Object;
use crate::targets::kubernetes::psql::Psql;
use crate::targets::kubernetes::stack::Stack;

/// What the jobs run.
pub(super) fn config(stack: &Stack<'_>) -> ConfigMap {
    let mut data = BTreeMap::from([("tables.sql".to_owned(), script(stack))]);
    let expiring: Vec<String> = stack
        .system
        .tables
        .iter()
        .filter_map(|(_, table)| {
            let ttl = table.ttl.as_ref()?;
            // A number of another type would not go by the index.
            Some(format!(
                "DELETE FROM \"{}\" WHERE \"{ttl}\" < extract(epoch FROM now())::bigint;\n",
                table.name
            ))
        })
        .collect();
    if !expiring.is_empty() {
        data.insert("expire.sql".to_owned(), expiring.concat());
    }
    ConfigMap {
        metadata: stack.meta(format!("{TABLES}-scripts"), TABLES, "tables"),
        data: Some(data),
        ..Default::default()
    }
}

/// The identity of the jobs.
pub(in crate::targets::kubernetes) const SETUP: &str = "table-store-setup";

/// Makes what is missing, and deletes what has expired.
pub(super) fn jobs(stack: &Stack<'_>, config: &ConfigMap) -> Vec<Object> {
    let database = database_of_tables();
    let psql = Psql {
        database: &database,
        account: SETUP.to_owned(),
        component: "tables",
        authority: CA_FOLDER.to_owned(),
        config,
    };
    let expires = config.data.as_ref().is_some_and(|data| data.contains_key("expire.sql"));
    let expiry = expires.then(|| psql.expiry(stack, "*/10 * * * *", "expire.sql"));
    std::iter::once(psql.once(stack, "tables.sql")).chain(expiry).collect()
}
