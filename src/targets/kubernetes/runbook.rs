//! What the owner knows and does about shards, for the README.

use super::dashboard;
use super::database::postgres::PLUGIN;
use super::protect;
use super::proxy;
use super::stack::Stack;
use crate::ir::{Database, Id, Peer, Router, Sharding};
use crate::targets::shared::sharding::runbook;
use crate::vocabulary::Engine;

/// How shards behave and grow, how to reach, to watch and to restore one.
pub(super) fn shards(stack: &Stack<'_>, id: Id<Database>, sharding: &Sharding, says: &mut impl FnMut(String)) {
    let database = &stack.system.databases[id];
    runbook(stack.system, database, sharding)
        .into_iter()
        .for_each(&mut *says);
    says(servers(stack, database, sharding));
    says(match sharding.router {
        Router::Proxy(_) => proxies(stack, database, sharding),
        Router::Application => map(database),
    });
    if database.engine == Engine::Postgres {
        says(room(stack, database));
        says(restore(stack, database, sharding));
    }
    if stack.watches(Peer::Shards(id)) {
        says(format!(
            "Shards of `{}` side by side: the dashboard `{}` of Grafana. The label `shard` of an alert says which it is about.",
            database.name,
            dashboard::title(stack, database)
        ));
    }
}

/// What more shards ask of the volume of the object store.
fn room(stack: &Stack<'_>, database: &Database) -> String {
    let lift = if stack.system.protect {
        format!(
            " The StatefulSet that has to go is protected: {} first, and apply `kubernetes/{}` again afterwards.",
            protect::lift(stack),
            protect::FOLDER
        )
    } else {
        String::new()
    };
    format!(
        "More shards of `{}` make the volume of the object store larger: see there before the apply.{lift}",
        database.name
    )
}

/// What a server of a database is called, by the example of its first shard.
fn example(database: &Database, sharding: &Sharding) -> String {
    let id = sharding.shards.first().map_or("", |shard| shard.id.as_str());
    format!("{}-{id}", database.shard_name())
}

fn servers(stack: &Stack<'_>, database: &Database, sharding: &Sharding) -> String {
    let (name, namespace, shard) = (
        &database.name,
        stack.namespace_of(&database.name),
        example(database, sharding),
    );
    let kubectl = format!("kubectl --namespace {namespace}");
    let client = |selector: &str, container: &str, command: &str| {
        format!(
            "`{kubectl} exec --stdin $({kubectl} get pod --output name --selector {selector}) --container {container} -- {command}`"
        )
    };
    let reach = match database.engine {
        Engine::Postgres => {
            let selector = format!("cnpg.io/cluster={shard},cnpg.io/instanceRole=primary");
            format!(
                "A client on `{shard}`, which is what `psql \"host=...\"` stands for above: {}. It asks for no password and is the \
                    superuser: begin with `SET ROLE {};` what you make by hand for the application.",
                client(&selector, "postgres", &format!("psql {}", database.database)),
                database.user
            )
        }
        Engine::Mysql => {
            let selector = format!("mysql.oracle.com/cluster={shard},mysql.oracle.com/cluster-role=PRIMARY");
            format!(
                "A client on `{shard}`, which is what `mysql --host=...` stands for above, and in the same way `mysqldump`: {}. The \
                    login is the operator's own, for whoever is in the server's container already.",
                client(&selector, "mysql", "mysql --user=localroot")
            )
        }
        Engine::Sqlserver | Engine::Oracle => format!(
            "Clients reach `{shard}` through `{kubectl} port-forward {shard}-0 {}`, with the login of the Secret `{shard}-admin`.",
            database.port
        ),
    };
    format!(
        "Each shard of `{name}` is made, backed up and kept like `{name}` itself, under the name `{}-ID` and with a password of its \
            own in the Secret `{}-ID-app`. {reach}",
        database.shard_name(),
        database.shard_name()
    )
}

fn proxies(stack: &Stack<'_>, database: &Database, sharding: &Sharding) -> String {
    let (name, namespace, proxy) = (
        &database.name,
        stack.namespace_of(&database.name),
        database.proxy_name(),
    );
    let (login, shard) = (proxy::login(database), database.shard_name());
    let numbers = if sharding.generated_ids.is_empty() {
        ""
    } else {
        ", whose ordinals tell them apart in the ids that they make"
    };
    let trust = match database.engine {
        Engine::Postgres => format!(
            "They know a server by its name and by the authority that the operator makes for each \
                (`{name}-ca`, `{shard}-ID-ca`), which is renewed with the same key: no restart is due."
        ),
        Engine::Mysql | Engine::Sqlserver | Engine::Oracle => {
            "Their connections to the servers are encrypted and do not ask who answers, because the routers' certificates are \
                their own: the operator takes others from Secrets that are there before the cluster is, and only then. The \
                network policies say who can answer."
                .to_owned()
        }
    };
    format!(
        "The proxies are the StatefulSet `{proxy}`{numbers}. A change of their configuration replaces them one after the other; \
            a single one leaves nobody to answer for a minute or more. {trust} Passwords are read at the start: after one of \
            `{name}` or `{shard}-ID` has changed, `kubectl --namespace {namespace} rollout restart statefulset/{proxy}` at once, \
            as new connections to that server fail until then. For another password of the proxy's clients, delete the Secret \
            `{login}`, which is made anew, restart the proxies and then the services that use `{name}`."
    )
}

fn map(database: &Database) -> String {
    let name = &database.name;
    format!(
        "In a cluster the map of `{name}` stands in the ConfigMap `{}s`, whose name the setting gives. Pods have no token to read it \
            again, and need not: the apply that changes it replaces the pods of the services that use `{name}`.",
        database.shard_name()
    )
}

/// How to restore one PostgreSQL server in its place, because the others and the proxies know it by its name.
fn restore(stack: &Stack<'_>, database: &Database, sharding: &Sharding) -> String {
    let (name, namespace, shard) = (
        &database.name,
        stack.namespace_of(&database.name),
        example(database, sharding),
    );
    let users = match sharding.router {
        Router::Proxy(_) => "the proxies".to_owned(),
        Router::Application => format!("the services that use `{name}`"),
    };
    format!(
        "To restore one server of `{name}` to any moment of those days, by the example of `{shard}`: stop what writes to it, lift \
            the protection (see below), delete the Cluster `{shard}`, whose volumes go with it, and apply one of the same name: its \
            specification with `bootstrap: {{recovery: {{source: archive, database: {}, owner: {}, recoveryTarget: {{targetTime: \
            MOMENT}}}}}}` instead of its own, `externalClusters: [{{name: archive, plugin: {{name: {PLUGIN}, parameters: \
            {{barmanObjectName: {shard}, serverName: {shard}}}}}}}]`, and `serverName: {shard}-2` beside `barmanObjectName` under \
            its `plugins`, which gives it an archive of its own; keep that list by `[override.kubernetes.Cluster.{shard}.spec] \
            plugins`. Then `kubectl cnpg backup {shard} --method plugin --plugin-name {PLUGIN} --namespace {namespace}`, and \
            restart {users}: password and authority are new. Try it beside first, as `{shard}-2`: network policies add up, apply \
            {} once more with other names and with `{shard}-2` in the place of `{shard}` under `cnpg.io/cluster`. The other servers \
            stay as they are: what was written to several at once may not fit together.",
        database.database,
        database.user,
        stack.policy_files(database)
    )
}
