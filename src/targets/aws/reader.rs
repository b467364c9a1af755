//! The one name behind the read replicas of a database.
//!
//! RDS gives every replica a name of its own. Route 53 answers the one that services are told with all of them in turn, and leaves
//! out those that an alarm says readers should not go to.

use hcl::Expression;

use super::Stack;
use super::alarms::Alarms;
use super::database::replica::{self, Replicas};
use crate::ir::{Database, Id, Peer, Service};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// Seconds that an answer is kept, the same as for the names of RDS itself: the shorter, the sooner a late replica is avoided and the
/// more evenly new connections spread.
pub(super) const SECONDS: u32 = 5;

/// The records of the read endpoints.
#[derive(Default)]
pub(super) struct Readers {
    records: Vec<(Id<Database>, Address)>,
}

impl Readers {
    /// The names that a service's machines use while they start.
    pub(super) fn of_service(&self, stack: &Stack<'_>, service: Id<Service>) -> Vec<&Address> {
        let reads = |id: Id<Database>| {
            let mut flows = stack.system.flows_from(Peer::Service(service));
            flows.any(|flow| flow.to == Peer::Readers(id))
        };
        let ours = self.records.iter().filter(|(id, _)| reads(*id));
        ours.map(|(_, record)| record).collect()
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, zone: Option<&Address>, replicas: &Replicas, alarms: &Alarms) -> Readers {
    let system = stack.system;
    let mut readers = Readers::default();
    let Some(zone) = zone else {
        return readers;
    };
    stack.module.file("replicas", "");
    for (id, servers) in replicas.iter() {
        let item = &system.databases[id];
        let health = health(stack, item, servers, alarms.of_replicas(id));
        let body = Block::new()
            .set("for_each", servers.whole())
            .set("zone_id", zone.attr("zone_id"))
            .set("name", system.reader_host(id))
            .set("type", "CNAME")
            .set("ttl", SECONDS)
            .set("records", list![expr::each_value(&["address"])])
            .set("set_identifier", expr::each_key())
            .set_some("health_check_id", health.map(|check| check.each().id()))
            .block("weighted_routing_policy", Block::new().set("weight", 1));
        let local = format!("internal_{}", item.reader_name());
        let record = stack
            .module
            .comment("The one name that readers are told: each answer is one replica, all equally often.")
            .resource("aws_route53_record", &local, body);
        readers.records.push((id, record));
    }
    readers
}

/// What says of each replica whether readers should go there.
fn health<'a>(
    stack: &mut Stack<'_>,
    item: &Database,
    servers: &Address,
    alarms: impl Iterator<Item = (&'a str, &'a Address)>,
) -> Option<Address> {
    let mut checks = vec![];
    for (name, alarm) in alarms {
        let value = |name: &str| expr::each_value(&[name]);
        let body = Block::new()
            .set("for_each", alarm.whole())
            .set("type", "CLOUDWATCH_METRIC")
            .set("cloudwatch_alarm_name", value("alarm_name"))
            .set("cloudwatch_alarm_region", stack.region())
            .comment("A replica that sends no measurements is gone.")
            .set("insufficient_data_health_status", "Unhealthy")
            .comment("Route 53 copies the alarm, and copies it again when these change.")
            .set(
                "triggers",
                object! { "minutes" => value("evaluation_periods"), "threshold" => value("threshold") },
            )
            .set("tags", object! { "Name" => value("alarm_name") });
        checks.push(stack.module.resource("aws_route53_health_check", name, body));
    }
    let all = checks.len();
    if all < 2 {
        return checks.pop();
    }
    let children = checks.iter().map(|check| check.each().id()).collect();
    let name = replica::name(item);
    let body = Block::new()
        .set("for_each", servers.whole())
        .set("type", "CALCULATED")
        .set("child_healthchecks", Expression::Array(children))
        .set("child_health_threshold", u32::try_from(all).unwrap_or(u32::MAX))
        .set(
            "tags",
            object! { "Name" => template![stack.name(&name), "-", expr::each_key()] },
        );
    let check = stack
        .module
        .comment("A replica is well while none of its alarms is on.")
        .resource("aws_route53_health_check", &name, body);
    Some(check)
}
