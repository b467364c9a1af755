//! The environment of a container: values that are known, and references to versions of secrets that Cloud Run reads when it starts.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;
use hcl::expr::{BinaryOp, BinaryOperator, Conditional};

use super::{Stack, trust};
use crate::ir::{Database, Id, Resource, Secret, Service, Setting, Sharding, Value};
use crate::list;
use crate::targets::gcp::settings::spell;
use crate::terraform::{Address, Block, expr};

/// What the owner of a secret says: which version containers get, 0 for none.
pub(super) type Versions = BTreeMap<Id<Secret>, Expression>;

/// Declares a variable for each secret that a container reads and its owner fills.
///
/// A revision that refers to a secret without a version does not start, so the variable appears in the environment only once there is
/// one. That a new version is a new number rolls out a new revision.
pub(super) fn versions(stack: &mut Stack<'_>) -> Versions {
    let system = stack.system;
    let read: BTreeSet<Id<Secret>> = super::with_functions(system)
        .flat_map(|(id, _)| system.grants_of(id))
        .filter_map(|grant| match grant.resource {
            Resource::Secret(secret) => Some(secret),
            _ => None,
        })
        .collect();
    stack.module.file("variables", "");
    let declare = |secret: Id<Secret>| {
        let name = &system.secrets[secret].name;
        let about = format!("Version of the secret {name} that containers get; 0 until its owner has filled it.");
        let variable = stack
            .module
            .variable(&format!("{name}_secret_version"), "number", 0, &about);
        (secret, variable)
    };
    read.into_iter().map(declare).collect()
}

/// One variable.
pub(super) struct Named {
    name: String,
    content: Content,
}

/// What a variable holds.
enum Content {
    Plain(Expression),
    /// A version of a secret that Terraform wrote.
    Written {
        secret: Address,
        version: Address,
    },
    /// A version of a secret that its owner fills.
    Filled {
        secret: Address,
        version: Expression,
    },
}

/// The variables of a service, sorted by name.
pub(super) fn named(stack: &Stack<'_>, id: Id<Service>, versions: &Versions) -> Vec<Named> {
    let service = &stack.system.services[id];
    let own = service.environment.iter().map(|(name, value)| Named {
        name: name.clone(),
        content: Content::Plain(value.as_str().into()),
    });
    // Cloud Run says PORT by itself, and refuses to be told.
    let links = service.settings.iter().filter(|setting| setting.name != "PORT");
    let links = links.flat_map(|setting| linked(stack, id, setting, versions));
    let files = trust::settings(stack, id).into_iter();
    let files = files.map(|(name, file)| Named {
        name,
        content: Content::Plain(file.into()),
    });
    let mut variables: Vec<Named> = own.chain(links).chain(files).collect();
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    variables
}

/// The variables of one setting; none for what Google Cloud has no use for.
fn linked(stack: &Stack<'_>, id: Id<Service>, setting: &Setting, versions: &Versions) -> Vec<Named> {
    let written = |secret: &Address, version: &Address| Content::Written {
        secret: secret.clone(),
        version: version.clone(),
    };
    let content = match setting.value {
        Value::Shards(database) => return shards(stack, &setting.name, database),
        Value::DatabasePassword(database) => {
            let server = &stack.databases[&database].server;
            written(&server.secret, server.value())
        }
        Value::ProxyPassword(database) => {
            let login = &stack.logins[&database];
            written(&login.secret, &login.version)
        }
        Value::ShardMap(database) => {
            let map = &stack.maps[&database];
            written(&map.secret, &map.version)
        }
        Value::SecretValue(secret) => Content::Filled {
            secret: stack.secrets[&secret].clone(),
            version: versions[&secret].clone(),
        },
        _ => match spell(stack, id, &setting.value) {
            Expression::Null => return vec![],
            known => Content::Plain(known),
        },
    };
    let name = setting.name.clone();
    vec![Named { name, content }]
}

/// Everything about every active shard of a database.
fn shards(stack: &Stack<'_>, prefix: &str, id: Id<Database>) -> Vec<Named> {
    let database = &stack.system.databases[id];
    let servers = &stack.shards[&id].servers;
    let active = database.sharding.iter().flat_map(Sharding::active);
    let of = |shard: &crate::ir::Shard| {
        let key = shard.id.as_str();
        let host = format!(
            "{}-{key}.{}",
            database.shard_name(),
            stack.system.network.private_domain
        );
        let plain = [
            ("HOST", host.into()),
            ("PORT", database.port.to_string().into()),
            ("NAME", database.database.as_str().into()),
            ("USER", database.user.as_str().into()),
            ("TLS", "require".into()),
            ("SECRET", servers.secret.key(key).id()),
        ];
        let password = Content::Written {
            secret: servers.secret.key(key),
            version: servers.value().key(key),
        };
        let start = format!("{prefix}_{}", key.to_uppercase());
        let plain = plain.into_iter().map(|(what, value)| (what, Content::Plain(value)));
        let variables = plain.chain([("PASSWORD", password)]);
        let named = variables.map(|(what, content)| Named {
            name: format!("{start}_{what}"),
            content,
        });
        named.collect::<Vec<_>>()
    };
    active.flat_map(of).collect()
}

/// Adds variables to a container.
pub(super) fn environment(container: Block, variables: Vec<Named>) -> Block {
    variables
        .into_iter()
        .fold(container, |container, Named { name, content }| {
            let named = || Block::new().set("name", name.as_str());
            let referred = |secret: &Address, version: Expression| {
                let key = Block::new()
                    .set("secret", secret.attr("secret_id"))
                    .set("version", version);
                named().block("value_source", Block::new().block("secret_key_ref", key))
            };
            match content {
                Content::Plain(value) => container.block("env", named().set("value", value)),
                Content::Written { secret, version } => {
                    container.block("env", referred(&secret, version.attr("version")))
                }
                Content::Filled { secret, version } => {
                    let content = referred(&secret, expr::iterator("env", &["value"]));
                    container.labelled("dynamic", &["env"], filled(Block::new(), version, content))
                }
            }
        })
}

/// Adds variables to the configuration of a function of source.
pub(super) fn of_function(stack: &Stack<'_>, function: Block, variables: Vec<Named>) -> Block {
    const SECRETS: &str = "secret_environment_variables";
    let mut plain = vec![];
    let mut kept = vec![];
    for Named { name, content } in variables {
        match content {
            Content::Plain(value) => plain.push((name, value)),
            content => kept.push((name, content)),
        }
    }
    let function = function.set("environment_variables", expr::object(plain));
    kept.into_iter().fold(function, |function, (name, content)| {
        let referred = |secret: &Address, version: Expression| {
            Block::new()
                .set("key", name.as_str())
                .set("project_id", stack.project.id())
                .set("secret", secret.attr("secret_id"))
                .set("version", version)
        };
        match content {
            Content::Plain(_) => function,
            Content::Written { secret, version } => function.block(SECRETS, referred(&secret, version.attr("version"))),
            Content::Filled { secret, version } => {
                let start = Block::new().set("iterator", expr::keyword("filled"));
                let content = referred(&secret, expr::iterator("filled", &["value"]));
                function.labelled("dynamic", &[SECRETS], filled(start, version, content))
            }
        }
    })
}

/// The body of a dynamic block that is there once its secret is filled.
fn filled(start: Block, version: Expression, content: Block) -> Block {
    let is_filled = BinaryOp::new(version.clone(), BinaryOperator::Greater, Expression::from(0));
    let each = Conditional::new(is_filled, list![version], list![]);
    start.set("for_each", Expression::from(each)).block("content", content)
}
