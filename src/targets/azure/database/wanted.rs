//! What the one server of a database and its shards have in common: both come from the same code.

use hcl::Expression;

use super::{mysql, postgres, sqlserver};
use crate::ir::Database;
use crate::targets::azure::project::after;
use crate::targets::azure::secrets::{Endpoint, Reached, private_endpoint};
use crate::targets::azure::{Parts, Stack, edge};
use crate::template;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Engine;

/// The servers that an engine's file makes: the one of a database, or its shards, which differ in nothing but their id.
pub(super) struct Wanted<'a> {
    /// What they are like. Its name names their resources.
    pub database: &'a Database,
    /// The ids of several, as `for_each` takes them.
    pub ids: Option<Expression>,
    /// The administrator's.
    pub password: Password,
}

/// What an engine's file adds.
pub(super) struct Server {
    /// The server.
    pub server: Address,
    /// What on it has to be finished before anything else is asked of it.
    pub settled: Vec<Address>,
    /// Azure's word for the server in a private endpoint.
    pub subresource: &'static str,
    /// The attribute that holds the host name.
    pub host: &'static str,
    /// What writes logs; what comes first is also what has metrics.
    pub logs: Vec<Logs>,
    /// For the README.
    pub what: &'static str,
}

/// Something that writes logs.
#[derive(Clone)]
pub(in crate::targets::azure) struct Logs {
    /// Its name in the server, after a hyphen; empty for what is known by the server's.
    pub part: &'static str,
    /// The resource.
    pub resource: Address,
    /// Where it is under that resource's id; empty for the resource itself.
    pub path: &'static str,
}

impl Logs {
    /// The id of what writes, in one instance of the resource.
    pub fn id(&self, instance: &Address) -> Expression {
        match self.path {
            "" => instance.id(),
            path => template![instance.id(), path],
        }
    }
}

/// The administrator's password on its way to the server and the vault.
pub(super) struct Password {
    /// Its value, in no state and no plan.
    pub value: Expression,
    /// Raised by the owner to get a new one.
    pub version: Expression,
}

impl Password {
    /// One, or one for each of several ids. `about` describes the variable that gets a new one.
    pub(super) fn new(stack: &mut Stack<'_>, name: &str, ids: Option<&Expression>, about: &str) -> Self {
        let version = stack
            .module
            .variable(&format!("{name}-password-version"), "number", 1, about);
        let body = Block::new()
            .set_some("for_each", ids.cloned())
            .set("length", 32)
            .set("special", false)
            .comment("Azure wants three kinds of characters.")
            .set("min_lower", 1)
            .set("min_numeric", 1)
            .set("min_upper", 1);
        let password = stack.module.ephemeral("random_password", name, body);
        let own = if ids.is_some() { password.each() } else { password };
        Self {
            value: own.attr("result"),
            version,
        }
    }
}

impl Wanted<'_> {
    /// The servers, as their engine spells them.
    pub fn make(&self, stack: &mut Stack<'_>, parts: &Parts) -> Server {
        match self.database.engine {
            Engine::Mysql => mysql::lower(stack, parts, self),
            Engine::Sqlserver => sqlserver::lower(stack, parts, self),
            // The check of databases leaves no other engine.
            Engine::Postgres | Engine::Oracle => postgres::lower(stack, parts, self),
        }
    }

    /// The arguments that a server begins with. Its name is unique in the world.
    pub fn begin(&self, stack: &Stack<'_>) -> Block {
        let (name, suffix) = (stack.prefixed(&self.database.name), stack.project.suffix.attr("hex"));
        match &self.ids {
            None => stack.named(template![name, "-", suffix]),
            Some(ids) => stack.named_each(ids.clone(), template![name, "-", expr::each_key(), "-", suffix]),
        }
    }

    /// The beginning of something that every server has one of, and the server that it belongs to.
    pub fn on(&self, server: &Address) -> (Block, Address) {
        match &self.ids {
            None => (Block::new(), server.clone()),
            Some(ids) => (Block::new().set("for_each", ids.clone()), server.each()),
        }
    }

    /// The parameters of the servers, whose arguments `on` begins with those that name the server: one block for a single server, one
    /// for each parameter of several.
    pub fn parameters(
        &self,
        stack: &mut Stack<'_>,
        (kind, parameters): (&'static str, &[(&str, &str)]),
        server: &Address,
        on: impl Fn(Block, &Address) -> Block,
    ) -> Vec<Address> {
        let name = self.database.name.as_str();
        let (body, own) = self.on(server);
        if self.ids.is_none() {
            let body = body
                .set("for_each", expr::object(parameters.iter().copied()))
                .set("name", expr::each_key());
            let body = on(body, &own).set("value", expr::each_value(&[]));
            return vec![stack.module.resource(kind, name, body)];
        }
        let parameters = parameters.iter().map(|(parameter, value)| {
            let body = on(body.clone().set("name", *parameter), &own).set("value", *value);
            stack.module.resource(kind, &format!("{name}-{parameter}"), body)
        });
        parameters.collect()
    }

    /// The private endpoints of the servers.
    pub fn endpoint(&self, stack: &mut Stack<'_>, parts: &Parts, built: &Server, group: &Address) -> Reached {
        stack.module.comment("The server does one thing at a time.");
        let endpoint = Endpoint {
            name: &self.database.name,
            resource: &built.server,
            subresource: built.subresource,
            zone: edge::zone(self.database.engine).unwrap_or_default(),
            group,
            each: self.ids.is_some(),
            after: built.settled.clone(),
        };
        private_endpoint(stack, &parts.network.data, &parts.zones, &endpoint)
    }

    /// The vault's entries with their passwords.
    pub fn secret(&self, stack: &mut Stack<'_>, parts: &Parts, built: &Server) -> Address {
        let entry = Entry {
            name: &self.database.name,
            ids: self.ids.clone(),
            password: &self.password,
            after: Some(&built.server),
        };
        stack.module.file("secrets", "");
        stack
            .module
            .comment("After the server: one that could not be created leaves no password behind.");
        entry.add(stack, parts)
    }
}

/// An entry of the vault that holds a password, or one for each of several ids.
pub(super) struct Entry<'a> {
    /// Its name; with ids, what their names begin with.
    pub name: &'a str,
    /// The ids.
    pub ids: Option<Expression>,
    /// The password.
    pub password: &'a Password,
    /// What has the password before the vault has.
    pub after: Option<&'a Address>,
}

impl Entry<'_> {
    /// Adds it to the file chosen last.
    pub fn add(self, stack: &mut Stack<'_>, parts: &Parts) -> Address {
        let ready = parts.vault.ready.clone();
        let body = match self.ids {
            None => Block::new().set("name", self.name),
            Some(ids) => Block::new()
                .set("for_each", ids)
                .set("name", template![self.name, "-", expr::each_key()]),
        };
        let body = body
            .set("key_vault_id", parts.vault.vault.id())
            .set("content_type", "password")
            .set("value_wo", self.password.value.clone())
            .set("value_wo_version", self.password.version.clone())
            .set("tags", stack.tags())
            .set("depends_on", after(self.after.cloned().into_iter().chain([ready])));
        stack.module.resource("azurerm_key_vault_secret", self.name, body)
    }
}
