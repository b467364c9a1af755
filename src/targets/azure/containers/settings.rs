//! What a container is told: variables, and secrets that Azure reads from the vault with the service's own identity.

use hcl::expr::{ForExpr, FuncCall, ObjectKey, Traversal, TraversalOperator};
use hcl::{Expression, Identifier};

use crate::ir::{Id, Service, Sharding, Value};
use crate::targets::azure::Stack;
use crate::targets::azure::compute::Plan;
use crate::targets::azure::startup::spell;
use crate::targets::shared::settings;
use crate::targets::shared::startup::{Fetched, Plain, generation};
use crate::template;
use crate::terraform::{Address, Block, expr};

/// The variable whose change makes a new revision.
const ROLLOUT: &str = "CLOUDGEN_ROLLOUT";

/// What a container is told.
pub(super) struct Settings {
    plain: Vec<Plain>,
    fetched: Vec<Fetched>,
    shards: Vec<Shards>,
}

/// The shards of one database.
pub(in crate::targets::azure) struct Shards {
    /// The beginning of the names of their variables: `MAIN_SHARD`.
    pub variable: String,
    /// Those that rows are routed to.
    ids: Vec<String>,
    /// Servers, and the attribute that holds the host name.
    servers: (Address, &'static str),
    /// Entries of the vault with their passwords.
    secrets: Address,
    /// Port, database and user: the same on all of them.
    common: [(&'static str, String); 4],
}

pub(super) fn of(stack: &Stack<'_>, plan: &Plan<'_>, id: Id<Service>, service: &Service) -> Settings {
    let system = stack.system;
    let (mut plain, fetched) = settings::split(service, |value| spell(stack, plan, id, value));
    let mut add = |name: &str, value: Expression| {
        if !plain.iter().any(|setting| setting.name == name) {
            let name = name.to_owned();
            plain.push(Plain { name, value });
        }
    };
    add("AZURE_CLIENT_ID", plan.identities[&id].identity.attr("client_id"));
    let numbers = generation(system, id, &fetched).into_iter().enumerate();
    let numbers = numbers.flat_map(|(index, (what, number))| {
        let comma = if index == 0 { "" } else { ", " };
        [expr::Part::from(format!("{comma}{what} ")), expr::Part::from(number)]
    });
    add(ROLLOUT, expr::template(numbers));
    plain.sort_by(|a, b| a.name.cmp(&b.name));
    let shards = shards(stack, plan, service);
    Settings { plain, fetched, shards }
}

/// The shards that a service knows, by database.
pub(in crate::targets::azure) fn shards(stack: &Stack<'_>, plan: &Plan<'_>, service: &Service) -> Vec<Shards> {
    let system = stack.system;
    let shards = service.settings.iter().filter_map(|setting| {
        let Value::Shards(id) = setting.value else {
            return None;
        };
        let (database, built) = (&system.databases[id], plan.stores.databases[&id].shards.as_ref()?);
        let active = database.sharding.iter().flat_map(Sharding::active);
        Some(Shards {
            variable: setting.name.clone(),
            ids: active.map(|shard| shard.id.clone()).collect(),
            servers: built.servers.clone(),
            secrets: built.secrets.clone(),
            common: [
                ("PORT", database.port.to_string()),
                ("NAME", database.database.clone()),
                ("USER", database.user.clone()),
                ("TLS", "require".to_owned()),
            ],
        })
    });
    shards.collect()
}

impl Settings {
    /// Adds the variables to a container.
    pub fn variables(&self, container: Block) -> Block {
        let plain = self.plain.iter().map(|setting| {
            Block::new()
                .set("name", setting.name.as_str())
                .set("value", setting.value.clone())
        });
        let secret = self.fetched.iter().map(|setting| {
            Block::new()
                .set("name", setting.name.as_str())
                .set("secret_name", secret_name(&setting.name))
        });
        let container = container.blocks("env", plain).blocks("env", secret);
        self.shards.iter().fold(container, |container, shards| {
            let known = Block::new()
                .set("name", expr::iterator("env", &["key"]))
                .set("value", expr::iterator("env", &["value"]));
            let password = Block::new()
                .set(
                    "name",
                    template![shards.variable.as_str(), "_", upper("env"), "_PASSWORD"],
                )
                .set("secret_name", shards.secret_name("env"));
            container
                .labelled("dynamic", &["env"], dynamic(shards.known(), known))
                .labelled("dynamic", &["env"], dynamic(shards.passwords(), password))
        })
    }

    /// Adds the secrets to an app.
    pub fn secrets(&self, app: Block, identity: &Address) -> Block {
        let secrets = self.fetched.iter().map(|setting| {
            Block::new()
                .set("name", secret_name(&setting.name))
                .set("key_vault_secret_id", setting.identifier.clone())
                .set("identity", identity.id())
        });
        let app = app.blocks("secret", secrets);
        self.shards.iter().fold(app, |app, shards| {
            let secret = Block::new()
                .set("name", shards.secret_name("secret"))
                .set("key_vault_secret_id", expr::iterator("secret", &["value"]))
                .set("identity", identity.id());
            app.labelled("dynamic", &["secret"], dynamic(shards.passwords(), secret))
        })
    }
}

impl Shards {
    /// What is known of each shard before it starts, by variable.
    pub fn known(&self) -> Expression {
        let name = |what: &str| {
            let id = expr::call("upper", [expr::keyword("id")]);
            ObjectKey::Expression(template![self.variable.as_str(), "_", id, "_", what])
        };
        let common = self
            .common
            .iter()
            .map(|(what, value)| (name(what), value.as_str().into()));
        let one = [
            (name("HOST"), of_id(&self.servers.0, self.servers.1)),
            (name("SECRET"), of_id(&self.secrets, "versionless_id")),
        ];
        let one = Expression::Object(one.into_iter().chain(common).collect());
        let each = ForExpr::new(Identifier::unchecked("id"), self.ids(), one);
        let merged = FuncCall::builder(Identifier::unchecked("merge")).arg(Expression::from(each));
        Expression::from(merged.expand_final(true).build())
    }

    /// The name in the vault of each password, by variable.
    pub fn password_names(&self) -> Expression {
        let id = expr::call("upper", [expr::keyword("id")]);
        let variable = template![self.variable.as_str(), "_", id, "_PASSWORD"];
        let each = ForExpr::new(Identifier::unchecked("id"), self.ids(), of_id(&self.secrets, "name"));
        Expression::from(each.with_key_expr(variable))
    }

    /// The vault's identifier of each password, by id.
    fn passwords(&self) -> Expression {
        let each = ForExpr::new(
            Identifier::unchecked("id"),
            self.ids(),
            of_id(&self.secrets, "versionless_id"),
        );
        Expression::from(each.with_key_expr(expr::keyword("id")))
    }

    fn ids(&self) -> Expression {
        Expression::from(self.ids.clone())
    }

    /// What the app calls the password of the shard that a `dynamic` is at.
    fn secret_name(&self, iterator: &str) -> Expression {
        let id = expr::iterator(iterator, &["key"]);
        template![secret_name(&self.variable), "-", id, "-password"]
    }
}

fn dynamic(each: Expression, content: Block) -> Block {
    Block::new().set("for_each", each).block("content", content)
}

fn upper(iterator: &str) -> Expression {
    expr::call("upper", [expr::iterator(iterator, &["key"])])
}

/// An attribute of the instance whose key the loop has in `id`.
fn of_id(address: &Address, attribute: &str) -> Expression {
    let operators = [
        TraversalOperator::Index(expr::keyword("id")),
        TraversalOperator::GetAttr(Identifier::unchecked(attribute)),
    ];
    Expression::from(Traversal::new(address.whole(), operators))
}

/// What an app calls the secret behind a variable.
fn secret_name(variable: &str) -> String {
    variable.to_lowercase().replace('_', "-")
}
