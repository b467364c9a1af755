//! Cloud SQL: the instance, its address in the network, the login and its password.
//!
//! Private Service Connect rather than private services access: the database gets one address of its own in the data subnet, which
//! a firewall rule can name, and the network needs no peering.

use hcl::Expression;

use super::{Stack, replicas, secrets};
use crate::catalog;
use crate::ir::{Database, Id, Readers};
use crate::list;
use crate::target::Target;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Engine;

/// Days that Cloud SQL keeps what a point-in-time restore needs, in the Enterprise edition.
const POINT_IN_TIME_DAYS: u32 = 7;

/// Where a database went.
#[derive(Debug)]
pub(super) struct Placed {
    /// Its reserved address.
    pub endpoint: Address,
    /// The secret of its password.
    pub secret: Address,
    /// Its read replicas.
    pub replicas: Option<replicas::Placed>,
    /// What leads to it.
    rule: Address,
    /// What must be there before anybody logs in: the database, the user, the password.
    contents: [Address; 3],
}

impl Placed {
    /// What must be there before somebody connects to the server, to its replicas, or to both.
    pub fn ready(&self, server: bool, readers: bool) -> Vec<&Address> {
        let rule = server.then_some(&self.rule);
        let replicas = self.replicas.as_ref().filter(|_| readers).map(|placed| &placed.rule);
        rule.into_iter().chain(replicas).chain(&self.contents).collect()
    }
}

pub(super) fn lower(stack: &mut Stack<'_>) {
    for (id, database) in stack.system.databases.iter() {
        let placed = place(stack, id, database);
        stack.databases.insert(id, placed);
    }
}

fn place(stack: &mut Stack<'_>, id: Id<Database>, database: &Database) -> Placed {
    let name = database.name.as_str();
    stack.module.file("variables", "");
    let version = stack.module.variable(
        &format!("{name}_password_version"),
        "number",
        1,
        &format!("Raise by one to give {name} a new password, in the database and in its secret."),
    );
    stack.module.file("database", "");
    let password = password(stack, name, "");
    let root = (database.engine == Engine::Sqlserver).then(|| {
        let comment = "SQL Server wants a password for its own administrator, whom nobody uses: it is kept nowhere.";
        (
            self::password(stack, &format!("{name}_server_administrator"), comment),
            version.clone(),
        )
    });
    let instance = instance(stack, database, root);
    let part = format!("{name}-endpoint");
    let target = instance.attr("psc_service_attachment_link");
    let (endpoint, rule) = endpoint(stack, &part, stack.name(&part).into(), None, target);
    let (kept, user) = contents(stack, database, &instance, &password, &version);

    let secret = secrets::container(stack, name, &format!("Password of {} in {name}.", database.user));
    let body = Block::new()
        .set("secret", secret.id())
        .set("secret_data_wo", password.attr("result"))
        .set("secret_data_wo_version", version)
        .comment("The new password is there before the old one goes.")
        .block("lifecycle", Block::new().set("create_before_destroy", true))
        .comment("The database first: a password that it does not know must never get here.")
        .set("depends_on", list![user.whole()]);
    let value = stack
        .module
        .resource("google_secret_manager_secret_version", name, body);

    let what = format!("Cloud SQL, {}", version_name(database));
    stack.report.component(&database.path, what, instance.text());
    stack.module.file("outputs", "");
    let host = format!("{name}.{}", stack.system.network.private_domain);
    stack.module.output(
        &format!("{name}_host"),
        host,
        &format!("Host name of {name} inside the network."),
    );
    stack.module.output(
        &format!("{name}_secret"),
        secret.id(),
        &format!("Secret with the password of {}.", database.user),
    );
    let replicas = replicas::lower(stack, id, database, &instance);
    Placed {
        endpoint,
        secret,
        replicas,
        rule,
        contents: [kept, user, value],
    }
}

/// A password that Terraform makes and forgets: it stands neither in the state nor in a plan.
fn password(stack: &mut Stack<'_>, name: &str, comment: &str) -> Address {
    let body = Block::new()
        .set("length", 32)
        .set("min_lower", 1)
        .set("min_upper", 1)
        .set("min_numeric", 1)
        .set("min_special", 1)
        // Nothing that a URL or an environment file would have to quote.
        .set("override_special", "-_");
    stack.module.comment(comment).ephemeral("random_password", name, body)
}

fn instance(stack: &mut Stack<'_>, database: &Database, root: Option<(Address, Expression)>) -> Address {
    let size = expr::attribute(expr::keyword("settings"), &["0", "disk_size"]);
    let body = Block::new()
        .comment("The name of a deleted instance stays taken for a week.")
        .set("name", stack.unique_name(&database.name))
        .set("region", stack.region())
        .set("database_version", version_name(database))
        .set("encryption_key_name", stack.encryption.key.id())
        .set("deletion_protection", stack.system.protect)
        .when(root.is_some(), |block| match root {
            Some((password, version)) => block
                .set("root_password_wo", password.attr("result"))
                .set("root_password_wo_version", version),
            None => block,
        })
        .block("settings", settings(stack, database))
        .comment("It grows by itself.")
        .block("lifecycle", Block::new().set("ignore_changes", list![size]))
        .set("depends_on", stack.encryption.ready());
    stack
        .module
        .resource("google_sql_database_instance", &database.name, body)
}

fn settings(stack: &Stack<'_>, database: &Database) -> Block {
    let block = match database.readers {
        Some(Readers::Scaled(_)) => Block::new().comment("Read pools come with this edition."),
        _ => Block::new().comment("Newer engines default to ENTERPRISE_PLUS, which has other tiers."),
    };
    let (edition, tier) = edition(database);
    block
        .set("edition", edition)
        .set("tier", tier)
        .set(
            "availability_type",
            if database.multi_zone { "REGIONAL" } else { "ZONAL" },
        )
        .set("disk_type", "PD_SSD")
        .set("disk_size", database.storage_gb)
        .set("disk_autoresize", true)
        .set("deletion_protection_enabled", stack.system.protect)
        .set("user_labels", labels(stack))
        .block("ip_configuration", access(stack))
        .block("backup_configuration", backups(stack, database))
        .when(stack.system.protect, |block| {
            let last = Block::new()
                .set("enabled", true)
                .set("retention_days", database.backup.retention_days);
            block.block("final_backup_config", last)
        })
        .comment("Sundays, three hours after the backup begins.")
        .block(
            "maintenance_window",
            Block::new()
                .set("day", 7)
                .set("hour", (database.backup.hour + 3) % 24)
                .set("update_track", "stable"),
        )
        .block("insights_config", Block::new().set("query_insights_enabled", true))
        .blocks("database_flags", flags(database.engine))
}

/// Edition and tier of a server and its replicas. Only Enterprise Plus has pools of replicas.
pub(super) fn edition(database: &Database) -> (&'static str, &str) {
    let (edition, tier) = match database.readers {
        Some(Readers::Scaled(_)) => ("ENTERPRISE_PLUS", catalog::gcp_plus_tier(&database.size)),
        _ => (
            "ENTERPRISE",
            catalog::database_class(Target::Gcp, database.engine, &database.size),
        ),
    };
    (edition, tier.unwrap_or_default())
}

pub(super) fn labels(stack: &Stack<'_>) -> Expression {
    let labels = stack.system.labels.iter();
    expr::object(labels.map(|(key, value)| (key.as_str(), value.as_str())))
}

/// Private, encrypted, and open to endpoints of this project and of the network's.
pub(super) fn access(stack: &Stack<'_>) -> Block {
    let host = stack.network.host.as_deref().map(Expression::from);
    let consumers: Vec<Expression> = std::iter::once(stack.project.id()).chain(host).collect();
    let psc = Block::new()
        .set("psc_enabled", true)
        .set("allowed_consumer_projects", Expression::Array(consumers));
    Block::new()
        .set("ipv4_enabled", false)
        .comment("TLS or nothing.")
        .set("ssl_mode", "ENCRYPTED_ONLY")
        .block("psc_config", psc)
}

fn backups(stack: &Stack<'_>, database: &Database) -> Block {
    let backup = &database.backup;
    let restore = match database.engine {
        Engine::Mysql => "binary_log_enabled",
        _ => "point_in_time_recovery_enabled",
    };
    Block::new()
        .set("enabled", true)
        .set("start_time", backup.time(0))
        .set("location", stack.region())
        .set(restore, true)
        .set(
            "transaction_log_retention_days",
            backup.retention_days.min(POINT_IN_TIME_DAYS),
        )
        .block(
            "backup_retention_settings",
            Block::new().set("retained_backups", backup.retention_days),
        )
}

/// An address of its own for a server, a Private Service Connect endpoint, and the rule that leads to the server's attachment. With
/// `each`, one per entry of it; name and target are then of the entry.
pub(super) fn endpoint(
    stack: &mut Stack<'_>,
    part: &str,
    name: Expression,
    each: Option<&Expression>,
    target: Expression,
) -> (Address, Address) {
    let body = Block::new()
        .set_some("for_each", each.cloned())
        .set("name", name.clone())
        .set("region", stack.region())
        .set("address_type", "INTERNAL")
        .set("subnetwork", stack.network.data.clone());
    let address = stack.module.resource("google_compute_address", part, body);
    let own = each.map_or_else(|| address.id(), |_| address.each().id());
    let body = Block::new()
        .set_some("for_each", each.cloned())
        .set("name", name)
        .set("region", stack.region())
        .set("network", stack.network.id.clone())
        // Endpoints have none; left out, the provider would say EXTERNAL.
        .set("load_balancing_scheme", "")
        .set("ip_address", own)
        .set("target", target)
        .set("recreate_closed_psc", true);
    let rule = stack.module.resource("google_compute_forwarding_rule", part, body);
    (address, rule)
}

/// The application's database and its login.
fn contents(
    stack: &mut Stack<'_>,
    database: &Database,
    instance: &Address,
    password: &Address,
    version: &Expression,
) -> (Address, Address) {
    let charset = (database.engine == Engine::Mysql).then_some("utf8mb4");
    let collation = (database.engine == Engine::Mysql).then_some("utf8mb4_0900_ai_ci");
    let body = Block::new()
        .set("name", database.database.as_str())
        .set("instance", instance.attr("name"))
        .set_some("charset", charset)
        .set_some("collation", collation)
        .comment("Both go with the instance; the server would refuse to drop what is in use.")
        .set("deletion_policy", "ABANDON");
    let kept = stack.module.resource("google_sql_database", &database.name, body);
    let host = (database.engine == Engine::Mysql).then_some("%");
    let body = Block::new()
        .set("name", database.user.as_str())
        .set("instance", instance.attr("name"))
        .set_some("host", host)
        .set("password_wo", password.attr("result"))
        .set("password_wo_version", version.clone())
        .set("deletion_policy", "ABANDON");
    let user = stack.module.resource("google_sql_user", &database.name, body);
    (kept, user)
}

pub(super) fn version_name(database: &Database) -> String {
    let version = database.version.replace('.', "_");
    match database.engine {
        Engine::Postgres => format!("POSTGRES_{version}"),
        Engine::Mysql => format!("MYSQL_{version}"),
        Engine::Sqlserver => format!("SQLSERVER_{version}_{}", database.edition.name().to_uppercase()),
        // Refused before: Cloud SQL has no Oracle.
        Engine::Oracle => format!("ORACLE_{version}"),
    }
}

/// Flags of a server and its replicas.
pub(super) fn flags(engine: Engine) -> impl Iterator<Item = Block> {
    let flags: &[(&str, &str)] = match engine {
        Engine::Postgres => &[
            ("cloudsql.enable_pgaudit", "on"),
            ("log_checkpoints", "on"),
            ("log_connections", "on"),
            ("log_disconnections", "on"),
            ("log_lock_waits", "on"),
            ("log_min_error_statement", "error"),
            ("log_statement", "ddl"),
        ],
        Engine::Mysql => &[("local_infile", "off"), ("skip_show_database", "on")],
        Engine::Sqlserver => &[
            ("3625", "on"),
            ("contained database authentication", "off"),
            ("external scripts enabled", "off"),
            ("remote access", "off"),
        ],
        Engine::Oracle => &[],
    };
    flags
        .iter()
        .map(|(name, value)| Block::new().set("name", *name).set("value", *value))
}
