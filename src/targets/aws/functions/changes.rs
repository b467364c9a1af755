//! Records of streams, and changes of tables.

use hcl::Expression;

use super::Lambda;
use super::identity::Role;
use crate::ir::{Function, Id, Service, Trigger};
use crate::list;
use crate::targets::aws::compute::Parts;
use crate::targets::aws::streams::kafka;
use crate::targets::aws::{Stack, tables};
use crate::terraform::Block;

/// Where reading begins.
const OLDEST: &str = "TRIM_HORIZON";
const LATEST: &str = "LATEST";

pub(super) fn lower(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    item: &Function,
    (lambda, role): (&Lambda, &Role),
    parts: &Parts<'_>,
) {
    let service = &stack.system.services[id];
    let from = |source| {
        Block::new()
            .set("event_source_arn", source)
            .set("function_name", lambda.arn())
    };
    let (body, batch, first) = match item.trigger {
        // Nothing that is written while the mapping is made is lost.
        Some(Trigger::Table { table, batch }) => (from(tables::stream(table, parts)), batch, OLDEST),
        Some(Trigger::Stream { stream, batch, oldest }) => {
            let body = match stack.system.streams[stream].kafka {
                true => kafka::mapping(stack, (stream, service), lambda.arn(), parts),
                false => from(parts.streams.get(stream).attr("arn")),
            };
            (body, batch, if oldest { OLDEST } else { LATEST })
        }
        _ => return,
    };
    let dead = lambda.dead.as_ref().map(|dead| {
        let to = Block::new().set("destination_arn", dead.attr("arn"));
        Block::new().block("on_failure", to)
    });
    let mut waits = vec![role.grants()];
    if let (Some(Trigger::Stream { stream, .. }), Some(kafka)) = (&item.trigger, &parts.streams.kafka)
        && stack.system.streams[*stream].kafka
    {
        waits.extend(kafka.read_by_lambda());
    }
    let body = body
        .set("starting_position", first)
        .set("batch_size", batch)
        .comment("Records before the first that the function names as failed are done.")
        .set("function_response_types", list!["ReportBatchItemFailures"])
        .comment("A batch that fails comes again in halves, until the bad record is alone.")
        .set("bisect_batch_on_function_error", true)
        .set("maximum_retry_attempts", item.retry.attempts)
        .set_some("maximum_record_age_in_seconds", item.retry.max_age_seconds)
        .block_some("destination_config", dead)
        .set("depends_on", Expression::Array(waits));
    stack
        .module
        .resource("aws_lambda_event_source_mapping", &service.name, body);
}
