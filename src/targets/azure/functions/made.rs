//! Apps whose code is not the author's: it is rendered with the rest.

use std::collections::BTreeMap;

use hcl::Expression;

use super::code;
use super::hosts::{self, Hosts};
use super::settings::{connected, platform};
use super::shell::{Shell, hosted, running, site};
use crate::ir::{Domain, Id};
use crate::targets::azure::Stack;
use crate::targets::azure::compute::Plan;
use crate::targets::azure::containers::granted;
use crate::terraform::{Address, Block, expr};

/// The language that they are written in.
const PYTHON: &str = "3.13";

/// An app.
pub(in crate::targets::azure) struct Made<'a> {
    /// Its name in the system, and that of the folder with its code.
    pub name: &'a str,
    /// The file that it stands in.
    pub file: &'static str,
    /// Whose plan it runs on.
    pub domain: Option<Id<Domain>>,
    /// What it belongs to, in the blueprint, and what it is.
    pub path: &'a str,
    /// See `path`.
    pub what: &'a str,
    /// What it signs in as; made here where nobody else has to know it.
    pub identity: Option<Address>,
    /// The connection of its triggers: its name, the kind of its address, and that.
    pub connection: (&'a str, &'a str, Expression),
    /// What it is told besides.
    pub settings: BTreeMap<String, Expression>,
    /// What it may do besides running.
    pub grants: Vec<(String, Expression)>,
    /// Instances, at most.
    pub instances: u32,
    /// What it waits for besides.
    pub waits: Vec<Address>,
}

pub(in crate::targets::azure) fn lower(
    stack: &mut Stack<'_>,
    plan: &Plan<'_>,
    hosts: &Hosts<'_>,
    made: Made<'_>,
) -> Address {
    let identity = made.identity.unwrap_or_else(|| identity(stack, made.name));
    let (container, blob) = code::package(stack, hosts, made.name);
    let memory = hosts::memory(stack, plan.parts, made.name, made.domain);
    stack.module.file(made.file, "");
    let mut grants = running(hosts, &memory, Some(&container));
    grants.extend(made.grants);
    let own = hosted(stack, made.name, &identity, grants);
    let about = "Until the grants have reached everything: Azure takes the code when it makes the app.";
    let ready = granted(stack, &[own], made.name, about);
    let mut settings = made.settings;
    settings.extend(platform(stack, made.name, &identity, Some(&blob)));
    let (connection, kind, address) = made.connection;
    settings.extend(connected(connection, vec![(kind, address)], &identity));
    let language = Block::new().set("python_version", PYTHON);
    let mut waits = made.waits;
    waits.extend(ready);
    let shell = Shell {
        name: made.name,
        domain: made.domain,
        memory: &memory,
        identity: &identity,
        settings: expr::object(settings),
        site: site(hosts, made.instances, 1).block("application_stack", language),
        open: false,
        of_image: false,
        waits,
    };
    let body = shell.body(stack, plan, hosts);
    let app = stack.module.resource("azurerm_linux_function_app", made.name, body);
    stack.built(made.path, made.what, &app);
    app
}

/// The identity of such an app.
pub(in crate::targets::azure) fn identity(stack: &mut Stack<'_>, name: &str) -> Address {
    let body = stack.named(stack.prefixed(name)).set("tags", stack.tags());
    stack.module.resource("azurerm_user_assigned_identity", name, body)
}
