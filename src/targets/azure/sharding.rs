//! What the README of the output says about shards, beyond what is the same on every target.

use super::{Stack, edge};
use crate::ir::{Database, Id, Resource, Sharding, Signal};
use crate::targets::shared::sharding::runbook;
use crate::terraform::identifier;
use crate::vocabulary::{Egress, Engine};

pub(super) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    for (id, database, sharding) in system.sharded() {
        let mut items = runbook(stack.system, database, sharding);
        items.extend(entrance(stack, sharding));
        items.extend(client(stack, id, sharding));
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

/// How somebody gets to a shard by hand: from a machine that may.
fn client(stack: &Stack<'_>, id: Id<Database>, sharding: &Sharding) -> Option<String> {
    let system = stack.system;
    let database = &system.databases[id];
    let name = &database.name;
    let (service, _) = system.users_of(Resource::Shards(id)).next()?;
    let service = &system.services[service].name;
    let prefix = identifier(&database.shard_name()).to_uppercase();
    let id = &sharding.active().next()?.id;
    let shard = format!("{prefix}_{}", id.to_uppercase());
    let (inner, user, version) = (&database.database, &database.user, &database.version);
    let (image, command) = match database.engine {
        Engine::Mysql => (
            format!("docker.io/library/mysql:{version}"),
            format!(
                "MYSQL_PWD=${shard}_PASSWORD exec mysql --host=${shard}_HOST --user={user} --ssl-mode=REQUIRED {inner}"
            ),
        ),
        Engine::Sqlserver => (
            format!("mcr.microsoft.com/mssql/server:{version}-latest"),
            format!(
                "SQLCMDPASSWORD=${shard}_PASSWORD exec /opt/mssql-tools18/bin/sqlcmd -S ${shard}_HOST -U {user} -d {inner}"
            ),
        ),
        Engine::Postgres | Engine::Oracle => (
            format!("docker.io/library/postgres:{version}"),
            format!(
                "PGPASSWORD=${shard}_PASSWORD exec psql \"host=${shard}_HOST dbname={inner} user={user} sslmode=require\""
            ),
        ),
    };
    let pulled = match system.network.egress {
        Egress::None => " The machine pulls the image from a registry that it reaches: copy it there first.",
        _ => "",
    };
    Some(format!(
        "Servers and shards of `{name}` answer only the machines of `{service}`. A client for the shard `{id}`, on one of them.{pulled}\n\n  \
         ```sh\n  \
         sudo docker run --rm --interactive --tty --env-file /run/cloudgen/{service}.env {image} sh -c '{command}'\n  \
         ```"
    ))
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
    let (cli, subresource, dump) = match database.engine {
        Engine::Mysql => ("az mysql flexible-server", "mysqlServer", "mysqldump"),
        Engine::Sqlserver => {
            return format!(
                "One shard as it was: `az sql db restore --resource-group {group} --server SERVER --name {0} --dest-name {0}-restored --time TIME` makes the database beside the present one on the shard's own server (`az sql server list --resource-group {group} --query \"[?starts_with(name, '{shard}-')].name\"`), with the same login and endpoint. Stop what writes to it, copy the rows that are missed into the present one, and drop the copy.",
                database.database
            );
        }
        Engine::Postgres | Engine::Oracle => ("az postgres flexible-server", "postgresqlServer", "pg_dump"),
    };
    let zone = edge::zone(database.engine).unwrap_or_default();
    format!(
        "One shard as it was: Azure restores to a new server, which is given a way in and from which the rows are copied back. The shard's own name, address and password stay, so nothing else changes. `SHARD` is its id, `SUBNET` the id of the subnet of the shards' endpoints, `TIME` such as `2026-01-31T09:00:00Z`:\n\n  \
         ```sh\n  \
         NAME=\"$({cli} list --resource-group {group} --query \"[?starts_with(name, '{shard}-SHARD-')].name\" --output tsv)\"\n  \
         NEW=\"${{NAME:0:54}}-restored\"\n  \
         {cli} restore --resource-group {group} --name \"$NEW\" --source-server \"$NAME\" --restore-time TIME\n  \
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
            " The alarm `{}` compares the same numbers every five minutes, and raises one alert for each shard that is too busy. Shards that are not in use yet count for the mean, so it may go off while they are filled.",
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
    match sharding.proxy() {
        Some(_) => format!(
            "Services that use `{name}` reach its proxy only, and can read neither a server's password nor open a connection to one. But whoever logs in to the proxy can have it print the passwords of its servers (`EXPORT DATABASE CONFIGURATION` of its DistSQL): treat the proxy's password as theirs. Every shard has a password of its own. The proxy knows its servers by certificate and host name; its own certificate is made anew at every start, so that the way to it is encrypted, but a client cannot tell who answers."
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
