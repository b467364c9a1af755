//! One server, or several that are alike: the instance, its address in the network, the login and its password.

use hcl::Expression;

use super::settings::{settings, version_name};
use crate::ir::Database;
use crate::list;
use crate::targets::gcp::{Stack, secrets};
use crate::terraform::expr::Part;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Engine;

/// What is made.
#[derive(Debug)]
pub(in crate::targets::gcp) struct Plan<'a> {
    /// What a server is like.
    pub database: &'a Database,
    /// What names it.
    pub part: String,
    /// Where there are several: what each is known by, a set.
    pub keys: Option<Expression>,
    /// What a new version of its password gives: `main a new password`.
    pub rotates: String,
    /// Whose password its secret holds.
    pub holds: String,
}

impl Plan<'_> {
    /// `PREFIX-PART`, with the key where there are several, and what follows.
    fn name(&self, stack: &Stack<'_>, rest: impl IntoIterator<Item = Part>) -> Expression {
        let key = self.keys.as_ref().map(|_| ["-".into(), expr::each_key().into()]);
        let start = Part::from(stack.name(&self.part));
        expr::template(std::iter::once(start).chain(key.into_iter().flatten()).chain(rest))
    }

    /// The instance of an object that belongs to the block that refers to it.
    fn own(&self, address: &Address) -> Address {
        match self.keys {
            Some(_) => address.each(),
            None => address.clone(),
        }
    }
}

/// Where a server went, or several.
#[derive(Debug)]
pub(in crate::targets::gcp) struct Server {
    /// The instance.
    pub instance: Address,
    /// Its reserved address.
    pub endpoint: Address,
    /// What leads to it.
    pub rule: Address,
    /// The secret of its password.
    pub secret: Address,
    /// What must be there before anybody logs in: the database, the user, the password.
    pub contents: [Address; 3],
}

impl Server {
    /// The version of its secret that holds the password.
    pub fn value(&self) -> &Address {
        let [_, _, value] = &self.contents;
        value
    }
}

/// Adds a server, or one for each key.
pub(in crate::targets::gcp) fn make(stack: &mut Stack<'_>, plan: &Plan<'_>) -> Server {
    let part = plan.part.as_str();
    stack.module.file("variables", "");
    let version = stack.module.variable(
        &format!("{part}_password_version"),
        "number",
        1,
        &format!("Raise by one to give {}.", plan.rotates),
    );
    stack.module.file("database", "");
    let password = password(stack, part, plan.keys.as_ref(), "");
    let root = (plan.database.engine == Engine::Sqlserver).then(|| {
        let comment = "SQL Server wants a password for its own administrator, whom nobody uses: it is kept nowhere.";
        let name = format!("{part}_server_administrator");
        (
            self::password(stack, &name, plan.keys.as_ref(), comment),
            version.clone(),
        )
    });
    let instance = instance(stack, plan, root);
    let name = plan.name(stack, ["-endpoint".into()]);
    let target = plan.own(&instance).attr("psc_service_attachment_link");
    let (endpoint, rule) = endpoint(stack, &format!("{part}-endpoint"), name, plan.keys.as_ref(), target);
    let (kept, user) = contents(stack, plan, &instance, &password, &version);

    let entry = secrets::Entry {
        part,
        name: plan.name(stack, []),
        keys: plan.keys.as_ref(),
        comment: &format!("Password of {}.", plan.holds),
        lasting: true,
    };
    let secret = secrets::container(stack, &entry);
    let body = secrets::password_version(&plan.own(&secret), &plan.own(&password), version, entry.keys)
        .comment("The database first: a password that it does not know must never get here.")
        .set("depends_on", list![user.whole()]);
    let value = stack
        .module
        .resource("google_secret_manager_secret_version", part, body);
    Server {
        instance,
        endpoint,
        rule,
        secret,
        contents: [kept, user, value],
    }
}

/// A password that Terraform makes and forgets, or one for each key: it stands neither in the state nor in a plan.
pub(in crate::targets::gcp) fn password(
    stack: &mut Stack<'_>,
    name: &str,
    keys: Option<&Expression>,
    comment: &str,
) -> Address {
    let body = Block::new()
        .set_some("for_each", keys.cloned())
        .set("length", 32)
        .set("min_lower", 1)
        .set("min_upper", 1)
        .set("min_numeric", 1)
        .set("min_special", 1)
        // Nothing that a URL or an environment file would have to quote.
        .set("override_special", "-_");
    stack.module.comment(comment).ephemeral("random_password", name, body)
}

fn instance(stack: &mut Stack<'_>, plan: &Plan<'_>, root: Option<(Address, Expression)>) -> Address {
    let size = expr::attribute(expr::keyword("settings"), &["0", "disk_size"]);
    let unique = ["-".into(), stack.project.suffix.attr("hex").into()];
    let body = Block::new()
        .set_some("for_each", plan.keys.clone())
        .comment("The name of a deleted instance stays taken for a week.")
        .set("name", plan.name(stack, unique))
        .set("region", stack.region())
        .set("database_version", version_name(plan.database))
        .set("encryption_key_name", stack.encryption.key.id())
        .set("deletion_protection", stack.system.protect)
        .when(root.is_some(), |block| match root {
            Some((password, version)) => block
                .set("root_password_wo", plan.own(&password).attr("result"))
                .set("root_password_wo_version", version),
            None => block,
        })
        .block("settings", settings(stack, plan.database))
        .comment("It grows by itself.")
        .block("lifecycle", Block::new().set("ignore_changes", list![size]))
        .set("depends_on", stack.encryption.ready());
    stack.module.resource("google_sql_database_instance", &plan.part, body)
}

/// An address of its own for a server, a Private Service Connect endpoint, and the rule that leads to the server's attachment. With
/// `each`, one per entry of it; name and target are then of the entry.
pub(in crate::targets::gcp) fn endpoint(
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
    plan: &Plan<'_>,
    instance: &Address,
    password: &Address,
    version: &Expression,
) -> (Address, Address) {
    let database = plan.database;
    let charset = (database.engine == Engine::Mysql).then_some("utf8mb4");
    let collation = (database.engine == Engine::Mysql).then_some("utf8mb4_0900_ai_ci");
    let body = Block::new()
        .set_some("for_each", plan.keys.clone())
        .set("name", database.database.as_str())
        .set("instance", plan.own(instance).attr("name"))
        .set_some("charset", charset)
        .set_some("collation", collation)
        .comment("Both go with the instance; the server would refuse to drop what is in use.")
        .set("deletion_policy", "ABANDON");
    let kept = stack.module.resource("google_sql_database", &plan.part, body);
    let host = (database.engine == Engine::Mysql).then_some("%");
    let body = Block::new()
        .set_some("for_each", plan.keys.clone())
        .set("name", database.user.as_str())
        .set("instance", plan.own(instance).attr("name"))
        .set_some("host", host)
        .set("password_wo", plan.own(password).attr("result"))
        .set("password_wo_version", version.clone())
        .set("deletion_policy", "ABANDON");
    let user = stack.module.resource("google_sql_user", &plan.part, body);
    (kept, user)
}
