//! What the owner knows and does about read replicas, for the README.

use super::database::{instances, reader_host, reader_port};
use super::stack::Stack;
use crate::ir::{Database, Id, Peer};
use crate::vocabulary::Engine;

/// What happens when something fails, what readers see, how to promote and to rebuild.
pub(super) fn replicas(stack: &Stack<'_>, id: Id<Database>, says: &mut impl FnMut(String)) {
    let database = &stack.system.databases[id];
    let late = if stack.watches(Peer::Database(id)) {
        "the alarm tells"
    } else {
        "nothing tells, without Prometheus"
    };
    let paragraphs = match database.engine {
        Engine::Mysql => mysql(stack, database, late),
        Engine::Postgres | Engine::Sqlserver | Engine::Oracle => postgres(stack, database, late),
    };
    paragraphs.into_iter().for_each(says);
}

/// Who ends connections to a replica that has become the primary.
fn pool(database: &Database) -> &'static str {
    match database.proxy() {
        None => "let the pool of the readers renew its connections every few minutes",
        Some(_) => "the proxy renews its own every five minutes",
    }
}

fn postgres(stack: &Stack<'_>, database: &Database, late: &str) -> Vec<String> {
    let (name, namespace) = (&database.name, stack.namespace_of(&database.name));
    let reads = reader_host(database);
    let replicas = instances(stack, database) - 1;
    let count = if database.multi_zone {
        "as many as `replicas` says, and at least one for every further zone (`multi_zone`)"
    } else {
        "as many as `replicas` says; one of them takes over even without `multi_zone`"
    };
    let pool = pool(database);
    let mut says = vec![
        format!(
            "Reads of `{name}` go to `{reads}`, the operator's own Service, which spreads connections over all replicas \
                that are up and never leads to the primary: with no replica left, reads fail. Standbys and replicas are \
                the same pods: {replicas} beside the primary, {count}. A failover takes one of them, until the old \
                primary is back as a replica."
        ),
        format!(
            "When a replica of `{name}` fails, it leaves `{reads}` within a minute, and the operator brings it back on its \
                own volume. When the primary fails, the operator promotes the replica that has received most, and \
                `{name}-rw` follows it. Connections that were open to that replica stay open and can then write: {pool}."
        ),
        format!(
            "Replicas of `{name}` are a moment behind even when all is well: a commit waits for one of them to have it on \
                disk, and for none to show it. What must see its own write reads from the primary. A query that holds up \
                a replica's replay for 30 seconds is cancelled (`max_standby_streaming_delay`). `{reads}` goes on leading \
                to a replica that is late; {late}. To have such a one taken out, set `type = \"streaming\"` and \
                `maximumLag` in `[override.kubernetes.Cluster.{name}.spec.probes.readiness]`, at the price that it is not \
                promoted either."
        ),
    ];
    // A proxy is told nothing of TLS.
    if database.proxy().is_none() {
        says.push(format!(
            "`require`, as the settings of `{name}` say for TLS, encrypts and does not ask who answers. \
                `sslmode=verify-full` works too: the certificate names `{name}-rw` and `{reads}`. Its authority is the \
                entry `ca.crt` of the Secret `{name}-ca`: mount that entry alone, the authority's key stands beside it."
        ));
    }
    says.extend([
        format!(
            "To promote a replica of `{name}`, with the operator's plugin of kubectl: `kubectl cnpg status {name} \
                --namespace {namespace}` shows who is who and how far behind, `kubectl cnpg promote {name} {name}-2 \
                --namespace {namespace}` hands over to `{name}-2`. Writers follow by `{name}-rw`, the old primary becomes \
                a replica: there is nothing to change in the blueprint, in services or in files. A replica that does not \
                recover is built anew from the primary after `kubectl cnpg destroy {name} {name}-3 --namespace \
                {namespace}`."
        ),
        format!(
            "For more replicas of `{name}`, raise `replicas`, render and apply: the primary and the others stay as they \
                are. With fewer, the operator takes replicas away, their volumes included. With `replicas = 0` the read \
                settings lead to `{name}-rw`, and the NetworkPolicies `{name}-rw` and `{name}-ro` are left to delete."
        ),
    ]);
    says
}

fn mysql(stack: &Stack<'_>, database: &Database, late: &str) -> Vec<String> {
    let (name, namespace) = (&database.name, stack.namespace_of(&database.name));
    let port = reader_port(database);
    let servers = instances(stack, database);
    let replicas = servers - 1;
    let majority = servers / 2 + 1;
    let run = format!("kubectl --namespace {namespace} exec --stdin --tty {name}-0 --container mysql -- mysql");
    let pool = pool(database);
    let mut says = vec![
        format!(
            "Reads of `{name}` go to port {port} of `{name}`, where the router spreads connections over the secondaries of \
                the group and never leads to the primary: with no secondary left, reads fail. Standbys and replicas are \
                the same pods: {replicas} beside the primary, as many as `replicas` says and never fewer than two, because \
                of a group of two servers neither can go on alone. A failover takes one of them, until the old primary is \
                back as a secondary."
        ),
        format!(
            "When a secondary of `{name}` fails, the router leaves it out within seconds, and it joins the group again by \
                itself. When the primary fails, the group elects a secondary, and the router's write port follows it. With \
                fewer than {majority} of its {servers} servers the group stops to write. Connections that were open to the \
                elected secondary stay open and can then write: {pool}."
        ),
        format!(
            "Secondaries of `{name}` apply a commit a moment after the primary has made it. What must see its own write \
                reads from the primary, or sets `group_replication_consistency = 'BEFORE'` in its session. A secondary \
                that falls far behind slows the writes of the whole group (flow control), and the router goes on leading \
                to it; {late}."
        ),
    ];
    if database.proxy().is_none() {
        says.push(format!(
            "`require`, as the settings of `{name}` say for TLS, encrypts and does not ask who answers: the router's \
                certificate is its own and names no host, so clients that verify one cannot connect."
        ));
    }
    says.extend([
        format!(
            "To promote a secondary of `{name}`: `{run} --user=root --password --execute=\"SELECT member_id, member_host, \
                member_role, member_state FROM performance_schema.replication_group_members\"` (the password is in the \
                Secret `{name}-admin`), then the same with `\"SELECT group_replication_set_as_primary('MEMBER_ID')\"`. \
                Writers follow by the router, the old primary becomes a secondary: there is nothing to change in the \
                blueprint, in services or in files. A secondary that does not recover is cloned anew after `kubectl \
                --namespace {namespace} delete pvc datadir-{name}-2 --wait=false` and `kubectl --namespace {namespace} \
                delete pod {name}-2`."
        ),
        format!(
            "For more replicas of `{name}`, raise `replicas`, render and apply: new servers join the group, the others stay \
                as they are. With fewer, the operator takes the last servers away and leaves their claims \
                `datadir-{name}-N`, which you delete. With `replicas = 0` the read settings lead to the write port, and \
                the NetworkPolicies `{name}-rw` and `{name}-ro` are left to delete. Turning `replicas` or `prometheus` on \
                for a cluster that runs restarts its servers, one after the other, and its routers: a failover, and broken \
                connections."
        ),
    ]);
    says
}
