//! What the README of the output says about shards, beyond what is the same on every target.

use tera::Context;

use super::{Stack, edge};
use crate::ir::{Database, Id, Resource, Sharding, Signal, Strategy};
use crate::targets::shared::sharding::runbook;
use crate::targets::shared::template;
use crate::terraform::identifier;
use crate::vocabulary::{Egress, Engine};

/// How rows get from one shard to another.
const COPY: &str = include_str!("../../../templates/sharding/azure-copy.md.tera");

/// A condition of queries of the Azure CLI: not a server that was restored beside a shard for a while. Without the space, a shell
/// takes the exclamation mark for one of its own.
const LASTING: &str = "! ends_with(name, '-restored')";

pub(super) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    for (id, database, sharding) in system.sharded() {
        let mut items = runbook(stack.system, database, sharding);
        items.extend(entrance(stack, sharding));
        if let Some(machine) = Machine::of(stack, id) {
            items.push(client(&machine, sharding));
            items.push(copy(&machine, sharding));
        }
        items.push(passwords(database, sharding));
        items.push(restore(stack, database));
        items.push(dashboard(stack, id));
        stack.report.operations.append(&mut items);
        stack.report.security.push(secrets(database, sharding));
    }
    skips(stack);
}

/// The scanner looks for the private endpoint of every server, and finds one of those with `for_each` at most.
fn skips(stack: &mut Stack<'_>) {
    let checks = [
        (
            Engine::Postgres,
            "CKV2_AZURE_57",
            "azurerm_postgresql_flexible_server.*",
        ),
        (Engine::Mysql, "CKV2_AZURE_56", "azurerm_mysql_flexible_server.*"),
        (Engine::Sqlserver, "CKV2_AZURE_45", "azurerm_mssql_server.*"),
    ];
    for (engine, check, servers) in checks {
        let mut sharded = stack.system.sharded();
        if sharded.any(|(_, database, sharding)| database.engine == engine && sharding.shards.len() > 1) {
            let reason = "every shard has a private endpoint, which the scanner does not find through `for_each`";
            stack.report.skip(check, servers, reason);
        }
    }
}

/// The way to the proxy.
fn entrance(stack: &Stack<'_>, sharding: &Sharding) -> Option<String> {
    let system = stack.system;
    let proxy = &system.services[sharding.proxy()?];
    Some(format!(
        "`{0}.{1}` is a TCP load balancer in all zones, in front of the machines of `{0}` that accept connections on {2}. It resets a connection that carries nothing for 30 minutes: let pools test connections, or end idle ones before.",
        proxy.name, system.network.private_domain, proxy.port,
    ))
}

/// A machine that reaches the shards of a database, where somebody may work on them by hand.
struct Machine<'a> {
    stack: &'a Stack<'a>,
    database: &'a Database,
    /// The service that it runs.
    service: &'a str,
}

impl<'a> Machine<'a> {
    fn of(stack: &'a Stack<'a>, id: Id<Database>) -> Option<Self> {
        let system = stack.system;
        let (service, _) = system.users_of(Resource::Shards(id)).next()?;
        Some(Self {
            stack,
            database: &system.databases[id],
            service: &system.services[service].name,
        })
    }

    /// The beginning of the names of the shards' variables.
    fn variables(&self) -> String {
        identifier(&self.database.shard_name()).to_uppercase()
    }

    /// The command that runs another one beside the engine's own programs, in the environment of the service.
    fn run(&self, command: &str) -> String {
        let version = &self.database.version;
        let image = match self.database.engine {
            Engine::Mysql => format!("docker.io/library/mysql:{version}"),
            Engine::Sqlserver => format!("mcr.microsoft.com/mssql/server:{version}-latest"),
            Engine::Postgres | Engine::Oracle => format!("docker.io/library/postgres:{version}"),
        };
        format!(
            "sudo docker run --rm --interactive --tty --env-file /run/cloudgen/{}.env {image} {command}",
            self.service
        )
    }
}

/// How somebody looks into a shard.
fn client(machine: &Machine<'_>, sharding: &Sharding) -> String {
    let Database {
        name,
        database,
        user,
        engine,
        ..
    } = machine.database;
    let id = sharding.active().next().map_or("", |shard| &shard.id);
    let shard = format!("{}_{}", machine.variables(), id.to_uppercase());
    let command = match engine {
        Engine::Mysql => format!(
            "MYSQL_PWD=${shard}_PASSWORD exec mysql --host=${shard}_HOST --user={user} --ssl-mode=REQUIRED {database}"
        ),
        Engine::Sqlserver => format!(
            "SQLCMDPASSWORD=${shard}_PASSWORD exec /opt/mssql-tools18/bin/sqlcmd -S ${shard}_HOST -U {user} -d {database}"
        ),
        Engine::Postgres | Engine::Oracle => format!(
            "PGPASSWORD=${shard}_PASSWORD exec psql \"host=${shard}_HOST dbname={database} user={user} sslmode=require\""
        ),
    };
    let pulled = match machine.stack.system.network.egress {
        Egress::None => " (it pulls the image from a registry that it reaches: copy it there first)",
        _ => "",
    };
    format!(
        "Servers and shards of `{name}` answer only the machines of `{0}`. A client for the shard `{id}`, on one of them{pulled}:\n\n  \
         ```sh\n  \
         {1}\n  \
         ```",
        machine.service,
        machine.run(&format!("sh -c '{command}'")),
    )
}

/// How rows get from one shard to another.
fn copy(machine: &Machine<'_>, sharding: &Sharding) -> String {
    let database = machine.database;
    let host = server(machine.stack, database, "NEW", "fullyQualifiedDomainName");
    let mut context = Context::new();
    context.insert("engine", database.engine.name());
    context.insert("name", &database.name);
    context.insert("database", &database.database);
    context.insert("user", &database.user);
    context.insert("shell", &machine.run("bash"));
    context.insert("variables", &machine.variables());
    // Under the other strategies a machine is told of every shard, whether its keys are mapped to it yet or not.
    context.insert("unknown", &(sharding.strategy == Strategy::Hash));
    context.insert("host", &host);
    context.insert("entry", &database.shard_name());
    template::fill(COPY, &context).trim_end().to_owned()
}

/// The command that says one property of the server of the shard `id`.
fn server(stack: &Stack<'_>, database: &Database, id: &str, property: &str) -> String {
    format!(
        "{} list --resource-group {} --query \"[?starts_with(name, '{}-{id}-') && {LASTING}].{property}\" --output tsv",
        cli(database.engine),
        stack.system.prefix,
        stack.prefixed(&database.shard_name()),
    )
}

/// The commands for servers of an engine.
fn cli(engine: Engine) -> &'static str {
    match engine {
        Engine::Mysql => "az mysql flexible-server",
        Engine::Sqlserver => "az sql server",
        Engine::Postgres | Engine::Oracle => "az postgres flexible-server",
    }
}

fn passwords(database: &Database, sharding: &Sharding) -> String {
    let (name, shards) = (identifier(&database.name), identifier(&database.shard_name()));
    match sharding.proxy() {
        Some(_) => format!(
            "Three numbers give `{0}` new passwords: `{name}_password_version` the main server, `{shards}_password_version` every shard, `{1}_password_version` the proxy's clients. Raise one at a time and apply: the server or vault comes first, then the machines that know the password are replaced, new ones first. Until they are, proxies with an old password keep the connections that they have and open no new ones, and a new proxy starts only when every server takes the password it read: expect errors while it rolls, and let one rollout end before the next begins.",
            database.name,
            identifier(&database.proxy_name()),
        ),
        None => format!(
            "Two numbers give `{0}` new passwords: `{name}_password_version` the main server, `{shards}_password_version` every shard. Machines that started with the old ones open no new connections until the same apply has replaced them.",
            database.name,
        ),
    }
}

/// One shard as it was at an earlier moment.
fn restore(stack: &Stack<'_>, database: &Database) -> String {
    let group = &stack.system.prefix;
    let shard = stack.prefixed(&database.shard_name());
    // The Azure CLI takes over the key of a MySQL server by itself.
    let (subresource, dump, key) = match database.engine {
        Engine::Mysql => ("mysqlServer", "mysqldump", String::new()),
        Engine::Sqlserver => {
            return format!(
                "One shard as it was: `az sql db restore --resource-group {group} --server SERVER --name {0} --dest-name {0}-restored --time TIME` makes the database beside the present one on the shard's own server (`{1}`), with the same login and endpoint. Stop what writes to it, copy the rows that are missed into the present one, and drop the copy.",
                database.database,
                server(stack, database, "SHARD", "name"),
            );
        }
        Engine::Postgres | Engine::Oracle => (
            "postgresqlServer",
            "pg_dump",
            format!(
                " --byok-identity {} --byok-key \"$(az keyvault key show --vault-name \"$(terraform -chdir=terraform output -raw vault)\" --name data --query key.kid --output tsv)\"",
                stack.prefixed("encryption"),
            ),
        ),
    };
    let (cli, named) = (cli(database.engine), server(stack, database, "SHARD", "name"));
    let zone = edge::zone(database.engine).unwrap_or_default();
    let from = if key.is_empty() {
        ""
    } else {
        ", run beside Terraform from an address in `admin_cidrs`, for the key is read"
    };
    format!(
        "One shard as it was: Azure restores to a new server, which is given a way in and from which the rows are copied back. The shard's own name, address and password stay, so nothing else changes. `SHARD` is its id, `SUBNET` the id of the subnet of the shards' endpoints, `TIME` such as `2026-01-31T09:00:00Z`{from}:\n\n  \
         ```sh\n  \
         NAME=\"$({named})\"\n  \
         NEW=\"${{NAME:0:54}}-restored\"\n  \
         {cli} restore --resource-group {group} --name \"$NEW\" --source-server \"$NAME\" --restore-time TIME{key}\n  \
         ID=\"$({cli} show --resource-group {group} --name \"$NEW\" --query id --output tsv)\"\n  \
         az network private-endpoint create --resource-group {group} --name \"$NEW\" --connection-name restored --subnet SUBNET --private-connection-resource-id \"$ID\" --group-id {subresource} --asg id=\"$(az network asg show --resource-group {group} --name {shard} --query id --output tsv)\"\n  \
         az network private-endpoint dns-zone-group create --resource-group {group} --endpoint-name \"$NEW\" --name default --zone-name restored --private-dns-zone {zone}\n  \
         ```\n\n  \
         It has the login and password of that moment. Stop what writes to the shard, copy (`{dump}` from the restored server, on a machine as above), and delete the restored server and its endpoint."
    )
}

fn dashboard(stack: &Stack<'_>, id: Id<Database>) -> String {
    let database = &stack.system.databases[id];
    let hot = stack.system.alarms.iter().find_map(|alarm| match alarm.signal {
        Signal::HotShard { database, .. } if database == id => Some(format!(
            " The alarm `{}` compares the same numbers every five minutes, and raises one alert for each shard that is too busy. Shards that no rows are routed to yet do not count.",
            alarm.name
        )),
        _ => None,
    });
    format!(
        "The workbook `{}` (Azure Monitor, Workbooks) shows every shard of `{}` beside the others, and over time the twenty with most load, storage, connections, reads and writes. The numbers come from the workspace's table `AzureMetrics`, some minutes late; what the shards write there is paid like logs.{}",
        stack.prefixed(&format!("{}s", database.shard_name())),
        database.name,
        hot.unwrap_or_default(),
    )
}

fn secrets(database: &Database, sharding: &Sharding) -> String {
    let name = &database.name;
    let replicas = match database.readers {
        Some(_) => ", replicas by certificate alone",
        None => "",
    };
    match sharding.proxy() {
        Some(_) => format!(
            "Services that use `{name}` reach its proxy only, and can read neither a server's password nor open a connection to one. But whoever logs in to the proxy can have it print the passwords of its servers (`EXPORT DATABASE CONFIGURATION` of its DistSQL): treat the proxy's password as theirs. Every shard has a password of its own. The proxy knows its servers by certificate and host name{replicas}; its own certificate is made anew at every start, so that the way to it is encrypted, but a client cannot tell who answers."
        ),
        None => format!(
            "Every shard of `{name}` has a password of its own, and only the services that use `{name}` can read it or reach the shard. The servers' certificates have their host names and are signed by public authorities: clients may verify both ({}).",
            match database.engine {
                Engine::Mysql => "`VERIFY_IDENTITY`",
                Engine::Sqlserver => "`TrustServerCertificate=no`",
                Engine::Postgres | Engine::Oracle => "`sslmode=verify-full`",
            }
        ),
    }
}
