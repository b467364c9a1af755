//! What the README of the output says about read replicas.

use super::Stack;
use super::database::replicas::local_name;
use crate::ir::{Database, Id, Signal};
use crate::terraform::identifier;
use crate::vocabulary::Engine;

/// Azure's and Terraform's words for an engine.
struct Words {
    /// `az` command of its servers.
    cli: &'static str,
    /// Terraform type of its servers.
    server: &'static str,
    /// Terraform type of their parameters.
    parameter: &'static str,
    /// Terraform type of the databases in them.
    content: &'static str,
    /// Makes a replica a server of its own; `NAME` and `GROUP` stand in it.
    promote: &'static str,
    /// The parameters that are set.
    parameters: [&'static str; 2],
}

const POSTGRES: Words = Words {
    cli: "az postgres flexible-server",
    server: "azurerm_postgresql_flexible_server",
    parameter: "azurerm_postgresql_flexible_server_configuration",
    content: "azurerm_postgresql_flexible_server_database",
    promote: "az postgres flexible-server replica promote --resource-group GROUP --name \"$NAME\" --promote-mode standalone --promote-option forced --yes",
    parameters: ["require_secure_transport", "ssl_min_protocol_version"],
};

const MYSQL: Words = Words {
    cli: "az mysql flexible-server",
    server: "azurerm_mysql_flexible_server",
    parameter: "azurerm_mysql_flexible_server_configuration",
    content: "azurerm_mysql_flexible_database",
    promote: "az mysql flexible-server replica stop-replication --resource-group GROUP --name \"$NAME\" --yes",
    parameters: ["require_secure_transport", "tls_version"],
};

pub(super) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    for (id, database) in system.databases.iter().filter(|(_, item)| item.readers.is_some()) {
        let words = match database.engine {
            Engine::Mysql => &MYSQL,
            _ => &POSTGRES,
        };
        let mut items = vec![
            endpoint(stack, id, database),
            lag(stack, id, database),
            changes(stack, database, words),
            promotion(stack, database, words),
        ];
        stack.report.operations.append(&mut items);
        if database.proxy().is_some() {
            continue;
        }
        stack.report.security.push(format!(
            "A service that only reads `{0}` can open no connection to its primary, and one that only writes none to its replicas. All of them sign in as the same user: what keeps a reader from writing is that a replica refuses it.",
            database.name
        ));
    }
}

/// Which name it is, and what it does when a server fails.
fn endpoint(stack: &Stack<'_>, id: Id<Database>, database: &Database) -> String {
    let host = stack.system.reader_host(id);
    let variable = identifier(&database.home.name).to_uppercase();
    let (random, authority) = match database.engine {
        Engine::Mysql => (
            "MySQL's connectors take the first address that answers, so shuffle the addresses where the pool opens a connection",
            "VERIFY_CA",
        ),
        _ => (
            "libpq 16 and later does it with `load_balance_hosts=random`; for other drivers shuffle the addresses where the pool opens a connection",
            "verify-ca",
        ),
    };
    let (known, shared, certificates) = match database.proxy() {
        None => (
            format!("`{variable}_READ_HOST` is `{host}`"),
            format!(
                "The load is shared as clients choose among the addresses for every connection: {random}. A driver that always takes the first one follows the order of the answers, about which Azure promises nothing; connections that are kept for long do not move, so let the pool end them after some minutes. Azure's private DNS checks nobody's health: the address of a replica that is down stays in the name, so clients must try the next one, with a short connection timeout."
            ),
            format!(
                "connections are encrypted (`{variable}_READ_TLS` is `require`), and a client may verify the authority (`{authority}`), but not the host name."
            ),
        ),
        Some(_) => (
            format!(
                "`{}_HOST` of the proxy is `{host}`",
                identifier(&database.reader_name()).to_uppercase()
            ),
            format!(
                "The load is shared as answers begin with another address, about which Azure promises nothing: a proxy {}. Azure's private DNS checks nobody's health: the address of a replica that is down stays in the name{}.",
                match database.engine {
                    Engine::Mysql => "takes the first that answers",
                    _ => "takes the first of them",
                },
                match database.engine {
                    Engine::Mysql => ", and the proxy tries the next one after ten seconds",
                    _ => ", and reads wait or fail where an answer begins with it",
                }
            ),
            format!("a proxy verifies their authority (`{authority}`), but not the host name."),
        ),
    };
    let standby = if database.multi_zone {
        "a standby in another zone takes over by itself, under the same name"
    } else {
        "it comes back when Azure has repaired it: the blueprint keeps no standby"
    };
    format!(
        "{known}, a name in the private zone with the address of every read replica of `{0}` (their private endpoints), kept for 30 seconds. {shared} To take it out until the next apply: `az network private-dns record-set a remove-record --resource-group {1} --zone-name {2} --record-set-name {3} --ipv4-address ADDRESS`. When the primary fails, {standby}; replicas go on answering meanwhile. The servers' certificates name the servers, not `{host}`: {certificates}",
        database.name,
        stack.system.prefix,
        stack.system.network.private_domain,
        database.reader_name(),
    )
}

fn lag(stack: &Stack<'_>, id: Id<Database>, database: &Database) -> String {
    let current = match database.proxy() {
        None => format!("asks `{}_HOST`", identifier(&database.home.name).to_uppercase()),
        Some(_) => "reads inside a transaction".to_owned(),
    };
    let stopped = |alarm: &str| match database.engine {
        Engine::Mysql => {
            format!("one that runs and no longer follows is told by `{alarm}-receiver` and `{alarm}-applier`.")
        }
        _ => format!(
            "`{alarm}-backlog` tells when the primary keeps more than a GiB of changes for one that does not take them, and `{alarm}-storage` when that fills its storage: a replica that does not come back is made anew (below) before it does, for at 95% the primary takes no more writes."
        ),
    };
    let own = match database.engine {
        Engine::Mysql => "Tables without a primary key are what slows replication most.",
        _ => {
            "PostgreSQL counts the time since the last transaction that was replayed: where nobody writes for minutes, the alarm goes off although nothing is missing. A query that holds up replay for long is cancelled on the replica: try it again."
        }
    };
    let alarm = stack.system.alarms.iter().find_map(|alarm| match alarm.signal {
        Signal::ReplicaLag {
            database,
            seconds,
            minutes,
        } if database == id => Some(format!(
            " The alarm `{0}` goes off when a replica was more than {seconds} seconds behind for {minutes} minutes{1}. A server that is down sends no number and raises none; {2}",
            alarm.name,
            if stack.system.alarm_emails.is_empty() { ", and tells nobody: `observability.emails` names no one" } else { "" },
            stopped(&alarm.name),
        )),
        _ => None,
    });
    format!(
        "Replicas follow by asynchronous replication: what was just written to `{0}` may be missing from them for a moment, and two reads may meet different replicas. What has to see its own writes {current}.{1} {own}",
        database.name,
        alarm.unwrap_or_default(),
    )
}

/// What has an order.
fn changes(stack: &Stack<'_>, database: &Database, words: &Words) -> String {
    let local = identifier(&local_name(database));
    let group = &stack.system.prefix;
    let (single, own) = match database.engine {
        Engine::Mysql => (
            "-parallelism=1 ",
            "The first replica restarts the primary, which then takes one replica after the other: hence one thing at a time, in a new system too, before the first apply of everything else. A server that Azure began and did not finish is in its way: `az mysql flexible-server delete`, then apply again.",
        ),
        _ => (
            "",
            "A new major version is refused as long as there are replicas: `replicas = 0`, apply, then the version, then the replicas again.",
        ),
    };
    let unprotect = if stack.system.protect {
        "`protect = false`, render and apply; then "
    } else {
        ""
    };
    let waiting = match database.proxy() {
        None => {
            " From then until they are replaced, machines of a service that only reads cannot open new connections."
        }
        Some(_) => "",
    };
    let locked = if stack.system.protect {
        " Should a lock refuse a deletion, apply again."
    } else {
        ""
    };
    format!(
        "The first replicas of a system that runs: `terraform -chdir=terraform apply {single}-target=azurerm_private_dns_a_record.{3}` makes them while readers go on asking the primary; the apply after it turns the readers over.{waiting} A smaller class of `{0}` is applied as it is. A larger one goes to the replicas first, for no replica may be smaller than its primary: `{1} update --resource-group {group} --name REPLICA --tier TIER --sku-name SIZE` for each, then the blueprint and apply. {own} A replica goes long before its address does: before it is made anew or taken away, take the address out of the name (`remove-record`, above) and wait for the 30 seconds that clients keep it. To make one anew: {unprotect}`terraform -chdir=terraform apply -replace='{2}.{local}[\"1\"]'`. Fewer replicas: {unprotect}the smaller number, render and apply. None at all: `replicas = 0`, render and apply; the name goes first and the machines of readers are replaced last, and until they are, readers reach nothing.{locked}",
        database.name,
        words.cli,
        words.server,
        identifier(&database.reader_name()),
    )
}

/// The runbook: a replica becomes the primary.
fn promotion(stack: &Stack<'_>, database: &Database, words: &Words) -> String {
    let system = stack.system;
    let (group, name) = (&system.prefix, identifier(&database.name));
    let local = identifier(&local_name(database));
    let count = database.replica_keys().len();
    let Words {
        cli,
        server,
        parameter,
        content,
        parameters,
        ..
    } = words;
    let forgotten: Vec<String> = parameters
        .iter()
        .map(|key| format!("'{parameter}.{local}[\"1/{key}\"]'"))
        .collect();
    let endpoint = format!("{}-1", stack.prefixed(&local_name(database)));
    let unlock = if system.protect {
        format!("az lock delete --ids \"$ID/providers/Microsoft.Authorization/locks/{endpoint}\"\n")
    } else {
        String::new()
    };
    let (single, alone) = match (database.engine, database.multi_zone) {
        (_, false) => ("", String::new()),
        (Engine::Mysql, true) => (
            ", `multi_zone = false`",
            " It has no standby and cannot get one, for MySQL takes a standby in another zone only when a server is made: for one again, restore it later to a server that is made with one, and switch to that in the same way.".to_owned(),
        ),
        (_, true) => (
            ", `multi_zone = false`",
            format!(" When the writers work again, take `multi_zone = false` away, render and apply: `{plain}` gets its standby back.", plain = database.name),
        ),
    };
    let first = format!(
        "ID=\"$(az network private-endpoint show --resource-group {group} --name {endpoint} --query 'privateLinkServiceConnections[0].privateLinkServiceId' --output tsv)\"\n\
         NAME=\"${{ID##*/}}\"\n\
         {promote}\n\
         {unlock}az network private-endpoint delete --resource-group {group} --name {endpoint}",
        promote = words.promote.replace("GROUP", group),
    );
    let state = format!(
        "cd terraform\n\
         terraform state rm {server}.{name} {content}.{name} {parameter}.{name} 'azurerm_monitor_diagnostic_setting.main[\"databases/{plain}\"]'\n\
         terraform state rm '{server}.{local}[\"1\"]' {forgotten}\n\
         terraform import {server}.{name} \"$ID\"\n\
         terraform import {content}.{name} \"$ID/databases/{inner}\"\n\
         terraform state mv 'azurerm_monitor_diagnostic_setting.main[\"databases/{dashed}/1\"]' 'azurerm_monitor_diagnostic_setting.main[\"databases/{plain}\"]'\n\
         terraform apply",
        plain = database.name,
        dashed = local_name(database),
        forgotten = forgotten.join(" "),
        inner = database.database,
    );
    let upper = identifier(&database.home.name).to_uppercase();
    let found = match database.proxy() {
        None => format!(
            "the machines of readers and writers are replaced and find it under `{upper}_HOST` and `{upper}_READ_HOST`"
        ),
        Some(_) => "the proxies are replaced and find it there".to_owned(),
    };
    format!(
        "Promotion, when the primary of `{plain}` is lost for good (what it had not yet sent is lost with it). Stop the writers if the old primary may still answer them. Replica 1 as an example:\n\n\
         {first}\n\n  \
         The writers are pointed at it through the blueprint: `replicas = 0`{single}, and a table `[override.azure.{server}.{name}]` with `name = \"NAME\"`, the promoted server's. Raise `{name}_password_version` in `terraform.tfvars`, so that server and vault agree on a password. Render, then put the promoted server in the primary's place; {found}. The plan must change `{server}.{name}` in place: should it want to replace it, stop; where `source_server_id` alone is what forces that, put the id that it has now into the same override. Should a lock refuse a deletion, apply again:\n\n\
         {state}\n\n  \
         Afterwards rebuild the replicas from it: `replicas = {count}`, `{local}_series = \"b\"` in `terraform.tfvars` (the old names are taken), render and apply. The override stays.{alone} Delete the old primary by hand (`{cli} delete`) once nothing in it is missed.",
        plain = database.name,
        first = fenced(&first),
        state = fenced(&state),
    )
}

/// A block of commands inside a list's item.
fn fenced(commands: &str) -> String {
    let lines: Vec<String> = commands.lines().map(|line| format!("  {line}")).collect();
    format!("  ```sh\n{}\n  ```", lines.join("\n"))
}
