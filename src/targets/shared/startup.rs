//! Cloud-init of a virtual machine: installs a container engine, writes the service's environment, runs it under systemd.
//!
//! Secret values never stand in it: a script fetches them with the machine's own identity whenever the service starts and keeps
//! them in memory only.

use hcl::Expression;
use tera::Context;

use super::sharding::{self, Servers, Trust};
use super::template;
use crate::ir::{Database, Id, Launch, Resource, Service, Setting, System, Value, shard_map_version};
use crate::terraform::expr::{self, Part};
use crate::terraform::{Module, identifier};

const TEMPLATE: &str = include_str!("../../../templates/startup/cloud-init.yaml.tera");

/// Marks the place of a reference while the text is put together. No blueprint has control characters in its text.
const MARK: char = '\u{1}';

/// What differs per cloud.
#[derive(Debug, Clone)]
pub struct Platform<'a> {
    /// Bash: defines `fetch_secret IDENTIFIER`, which prints the value of a vault entry. It returns 44 for one that nobody has filled
    /// yet, and any other status where the value cannot be had.
    pub fetch: &'a str,
    /// Options of `docker run`: how the port is published, where logs go.
    pub docker_options: String,
    /// Bash for before each start, where a command that fails holds the start back; may be empty. `@IMAGE@` in it stands for
    /// [`Platform::image`].
    pub prepare: String,
    /// Packages are installed at boot. Otherwise the machine's image holds curl, docker and jq already.
    pub installs: bool,
    /// The shards of the databases that the service knows by shard, if any.
    pub shards: Vec<Shards>,
    /// How a proxy knows the servers behind it. Bash in `prepare` puts the authorities' certificates into `trust/` of
    /// [`proxy_folder`]. The name of all replicas is not in their certificates.
    pub trust: Trust,
    /// TCP port of the loopback interface at which the machine says whether its service runs, for one that nobody can ask.
    pub health_port: Option<u16>,
    /// Bytes that fit into one packet of the network, where containers would send longer ones.
    pub mtu: Option<u16>,
    /// The whole reference of the image, where it is of the system's own registry.
    pub image: Option<Expression>,
}

/// The shards of one database, as a machine is told of them.
#[derive(Debug, Clone)]
pub struct Shards {
    /// The database.
    pub database: Id<Database>,
    /// One line for each active shard, with six spaces after every line break: id, host and the vault's identifier of its password,
    /// with spaces between; where there are `names`, only the id and what follows it in the host.
    pub lines: Expression,
    /// What need not be told line by line.
    pub names: Option<Names>,
}

/// What hosts and identifiers of all shards of a database have in common.
#[derive(Debug, Clone)]
pub struct Names {
    /// What stands before the shard's id in its host.
    pub server: String,
    /// What stands before the shard's id in the vault's identifier of its password; nothing follows.
    pub vault: String,
}

/// A setting whose value is known to Terraform.
#[derive(Debug, Clone)]
pub struct Plain {
    /// Environment variable.
    pub name: String,
    /// Its value: text or a reference.
    pub value: Expression,
}

/// A setting whose value is fetched at the start of the service.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Environment variable.
    pub name: String,
    /// The vault's identifier.
    pub identifier: Expression,
    /// The service does not start without it. Entries that the owner fills later are not required.
    pub required: bool,
}

/// Declares the variable that replaces machines.
pub fn declare_rollout(module: &mut Module) {
    let about =
        "Raise by one to replace every machine, one after the other: for a newer operating system, or changed secrets.";
    module.variable("rollout", "number", 1, about);
}

/// What replaces the machines or tasks of a service when it changes: (what, its number).
pub fn generation(system: &System, id: Id<Service>, fetched: &[Fetched]) -> Vec<(String, Expression)> {
    let variable = |name: &str| expr::iterator("var", &[&identifier(name)]);
    let fetches = |value: Value| {
        let mut settings = system.services[id]
            .settings
            .iter()
            .filter(|setting| setting.value == value);
        settings.any(|setting| fetched.iter().any(|fetched| fetched.name == setting.name))
    };
    let passwords = system.grants_of(id).filter_map(|grant| {
        let name = match grant.resource {
            Resource::Database(database) => system.databases[database].name.clone(),
            Resource::Proxy(database) => system.databases[database].proxy_name(),
            Resource::Shards(database) => system.databases[database].shard_name(),
            Resource::Cache(cache) if fetches(Value::CachePassword(cache)) => system.caches[cache].name.clone(),
            _ => return None,
        };
        Some((
            format!("password of {name}"),
            variable(&format!("{name}_password_version")),
        ))
    });
    let mapped = |setting: &Setting| match setting.value {
        Value::ShardMap(id) => Some(id),
        _ => None,
    };
    let maps = system.services[id].settings.iter().filter_map(mapped);
    let maps = maps.filter_map(|id| {
        let database = &system.databases[id];
        let version = shard_map_version(database, database.sharding.as_ref()?);
        Some((format!("map of {}", database.name), version.into()))
    });
    std::iter::once(("rollout".to_owned(), variable("rollout")))
        .chain(passwords)
        .chain(maps)
        .collect()
}

/// The user data of one service's machines, as a heredoc.
///
/// The module declares a variable `NAME_password_version` for each database that the service uses, and one each for the proxy and the
/// shards that it uses (`main_proxy`, `main_shard`), and for each cache whose password it fetches.
pub fn user_data(
    system: &System,
    id: Id<Service>,
    (plain, fetched): (&[Plain], &[Fetched]),
    platform: &Platform<'_>,
) -> Expression {
    let service = &system.services[id];
    let mut references = References::default();
    let mut context = Context::new();
    let generation = generation(system, id, fetched);
    let generation = generation.iter().map(|(what, number)| references.pair(what, number));
    context.insert("generation", &generation.collect::<Vec<_>>());
    context.insert("installs", &platform.installs);
    context.insert("mtu", &platform.mtu);
    context.insert("health_port", &platform.health_port);
    context.insert("system", &system.prefix);
    context.insert("service", &service.name);
    context.insert(
        "settings",
        &plain
            .iter()
            .map(|setting| references.pair(&setting.name, &setting.value))
            .collect::<Vec<_>>(),
    );
    let secrets: Vec<serde_json::Value> = fetched
        .iter()
        .map(|secret| {
            let identifier = references.text(&secret.identifier);
            serde_json::json!({ "variable": secret.name, "identifier": identifier, "required": secret.required })
        })
        .collect();
    context.insert("secrets", &secrets);
    context.insert("fetch", &indented(platform.fetch.trim_end(), 6));
    let own = platform.image.as_ref().map(|image| references.text(image));
    let prepare = match &own {
        Some(image) => platform.prepare.replace("@IMAGE@", image),
        None => platform.prepare.clone(),
    };
    context.insert("prepare", &indented(prepare.trim_end(), 6));
    context.insert("docker_options", &platform.docker_options);
    let shards: Vec<serde_json::Value> = platform
        .shards
        .iter()
        .map(|shards| shard_table(system, service, shards, &mut references))
        .collect();
    context.insert("shards", &shards);
    let mut files = vec![];
    match &service.launch {
        Launch::Container { image, arguments } => {
            let image = own.unwrap_or_else(|| systemd_quoted(image.reference().unwrap_or_default()));
            let arguments = arguments.iter().map(|word| systemd_quoted(word));
            let command: Vec<String> = std::iter::once(image).chain(arguments).collect();
            context.insert("command", &command.join(" "));
        }
        Launch::Source => {}
        Launch::Script(script) => context.insert("script", &indented(script.trim_end(), 6)),
        Launch::ShardingProxy { image, database } => {
            let folder = proxy_folder(service);
            if let Some(sharding) = &system.databases[*database].sharding {
                let written = sharding::files(system, *database, sharding, servers(system, *database, platform.trust));
                files.extend(written.into_iter().map(|file| {
                    serde_json::json!({
                        "path": format!("{folder}/{}", file.name),
                        "text": indented(file.text.trim_end(), 6),
                    })
                }));
            }
            let hardened = platform.docker_options.contains(sharding::NO_NEW_PRIVILEGES);
            let more = (!hardened).then(|| sharding::NO_NEW_PRIVILEGES.to_owned());
            let command = more
                .into_iter()
                .chain(sharding::docker_command(image.reference().unwrap_or_default(), &folder));
            context.insert("command", &command.collect::<Vec<_>>().join(" "));
            context.insert("worker", &true);
        }
    }
    context.insert("files", &files);
    let text = template::fill(TEMPLATE, &context);
    expr::heredoc(references.parts(&text))
}

/// How a proxy reaches the servers behind it: clouds give a replica a name of its own, and not the one that all have together.
fn servers(system: &System, id: Id<Database>, trust: Trust) -> Servers {
    let alike = Servers::alike(&system.databases[id], trust);
    match trust {
        Trust::Name => Servers {
            replicas: Trust::Authority,
            ..alike
        },
        Trust::Authority | Trust::Encrypted => alike,
    }
}

/// Where the configuration of a proxy stands on its machine.
pub fn proxy_folder(service: &Service) -> String {
    format!("/etc/cloudgen/{}", service.name)
}

fn shard_table(system: &System, service: &Service, shards: &Shards, references: &mut References) -> serde_json::Value {
    let database = &system.databases[shards.database];
    let wanted = Value::Shards(shards.database);
    let variable = service.settings.iter().find(|setting| setting.value == wanted);
    serde_json::json!({
        "name": database.shard_name(),
        "variable": variable.map(|setting| setting.name.as_str()),
        "lines": references.text(&shards.lines),
        "names": shards.names.as_ref().map(|names| serde_json::json!({ "server": names.server, "vault": names.vault })),
        // The proxy has the rest in its configuration.
        "whole": !matches!(service.launch, Launch::ShardingProxy { .. }),
        "port": database.port,
        "database": database.database,
        "user": database.user,
    })
}

/// Indents every line that is not empty.
fn indented(text: &str, width: usize) -> String {
    let margin = " ".repeat(width);
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("{margin}{line}")
            }
        })
        .collect();
    lines.join("\n")
}

/// A word of a systemd command line: quoted, with `%` and `$` doubled so that systemd leaves them alone.
fn systemd_quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let escaped = word
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    format!("\"{escaped}\"")
}

/// References on their way through the template.
#[derive(Debug, Default)]
struct References {
    values: Vec<Expression>,
}

impl References {
    fn pair(&mut self, name: &str, value: &Expression) -> serde_json::Value {
        serde_json::json!({ "name": name, "value": self.text(value) })
    }

    /// Text as it is, or the mark of a reference.
    fn text(&mut self, value: &Expression) -> String {
        match value {
            Expression::String(text) => text.clone(),
            other => {
                self.values.push(other.clone());
                format!("{MARK}{}{MARK}", self.values.len() - 1)
            }
        }
    }

    fn parts(self, text: &str) -> Vec<Part> {
        text.split(MARK)
            .enumerate()
            .map(|(index, piece)| match piece.parse::<usize>() {
                Ok(number) if index % 2 == 1 => match self.values.get(number) {
                    Some(value) => Part::from(value.clone()),
                    None => Part::from(piece),
                },
                _ => Part::from(piece),
            })
            .collect()
    }
}
