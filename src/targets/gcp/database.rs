//! Cloud SQL: the servers of each database.
//!
//! Private Service Connect rather than private services access: a server gets one address of its own in the data subnet, which
//! a firewall rule can name, and the network needs no peering.

mod server;
mod settings;

pub(super) use server::{Plan, Server, endpoint, make, password};
pub(super) use settings::{access, edition, flags, labels, version_name};

use super::{Stack, replicas};
use crate::ir::{Database, Id};
use crate::terraform::Address;

/// Where a database went.
#[derive(Debug)]
pub(super) struct Placed {
    /// The server that is written.
    pub server: Server,
    /// Its read replicas.
    pub replicas: Option<replicas::Placed>,
}

impl Placed {
    /// What must be there before somebody connects to the server, to its replicas, or to both.
    pub fn ready(&self, server: bool, readers: bool) -> Vec<&Address> {
        let rule = server.then_some(&self.server.rule);
        let replicas = self.replicas.as_ref().filter(|_| readers).map(|placed| &placed.rule);
        rule.into_iter().chain(replicas).chain(&self.server.contents).collect()
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
    let plan = Plan {
        database,
        part: name.to_owned(),
        keys: None,
        rotates: format!("{name} a new password, in the database and in its secret"),
        holds: format!("{} in {name}", database.user),
    };
    let server = make(stack, &plan);
    let what = format!("Cloud SQL, {}", version_name(database));
    stack.report.component(&database.path, what, server.instance.text());
    stack.module.file("outputs", "");
    let host = format!("{name}.{}", stack.system.network.private_domain);
    stack.module.output(
        &format!("{name}_host"),
        host,
        &format!("Host name of {name} inside the network."),
    );
    stack.module.output(
        &format!("{name}_secret"),
        server.secret.id(),
        &format!("Secret with the password of {}.", database.user),
    );
    let replicas = replicas::lower(stack, id, database, &server.instance);
    Placed { server, replicas }
}
