//! What the owner of warehouses should know and do.

use super::statements::{ARRIVING, REFUSED_DAYS};
use super::{capacity, flow, upkeep};
use crate::targets::aws::Stack;

/// Adds what is done for security.
pub(in crate::targets::aws) fn security(stack: &Stack<'_>, items: &mut Vec<String>) {
    if !stack.system.warehouses.is_empty() {
        items.push("A warehouse accepts no connection: services ask over Redshift's data API, which knows them by their roles, and each is a user there (`IAMR:ROLE`) that reads or inserts as its links say. The password of its owner is made, kept and changed by Redshift, in Secrets Manager; who comes, what is asked and what becomes of users is logged.".to_owned());
    }
}

/// Adds what must be there before the first apply.
pub(in crate::targets::aws) fn prerequisites(stack: &Stack<'_>, items: &mut Vec<String>) {
    if !stack.system.warehouses.is_empty() {
        items.push("Whoever applies may read the secret that Redshift makes for a warehouse's owner (`secretsmanager:GetSecretValue`, `kms:Decrypt` on the key `data`) and run statements with it (`redshift-data:ExecuteStatement`): the tables are made that way.".to_owned());
        items.push("Redshift Serverless wants three subnets in zones that it knows, by the id of the zone, which a letter stands for differently in each account. If the workgroup is refused for that, ask AWS which ids it takes, and give the system a network of your own in those zones.".to_owned());
    }
}

/// Adds what there is to know of warehouses that run.
pub(in crate::targets::aws) fn operations(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    let Some((_, first)) = system.warehouses.iter().next() else {
        return;
    };
    let region = stack.region();
    items.push("Services ask a warehouse, and insert, with `ExecuteStatement` or `BatchExecuteStatement` of Redshift's data API at `X_ENDPOINT`: `WorkgroupName` is `X_SERVER`, `Database` is `X_DATABASE`. A statement runs on by itself: ask `DescribeStatement` until it has finished, then `GetStatementResult`. Values go into `Parameters` (`:name` in the statement), never into its text. Insert many rows with one statement; each takes a while, however small. A table that was made with `delete_after_days` refuses a row without its time; where that was said later, such a row stays until you delete it.".to_owned());
    for (_, item) in system.warehouses.iter() {
        let (at_once, most) = capacity(item.size);
        items.push(format!(
            "`{}` computes with {at_once} RPU, up to {most} when much is asked at once, each paid for by the second, for a minute at least, about 0.40 USD an hour: nothing runs and nothing is paid while nobody asks{}. Change `size`, or `base_capacity` under `[override.aws.aws_redshiftserverless_workgroup.{}]`.",
            item.name,
            match item.tables.iter().any(|table| table.stream.is_some()) {
                true => format!(
                    ", but records that arrive are asked for all the time: it then never rests, which is about {} USD a month, and up to {} with many questions at once",
                    thousands(at_once),
                    thousands(most)
                ),
                false => String::new(),
            },
            crate::terraform::identifier(&item.name)
        ));
    }
    let filled = |table: &&crate::ir::WarehouseTable| table.stream.is_some();
    if let Some(table) = system
        .warehouses
        .iter()
        .find_map(|(_, item)| item.tables.iter().find(filled))
    {
        items.push(format!(
            "Records of a stream become rows a quarter of an hour after Redshift has fetched them, which takes seconds as a rule and has no limit. One that is no JSON object, has a field of another type than its column, or lacks the time in a table with `delete_after_days`, is kept in `{ARRIVING}.TABLE{}` for {REFUSED_DAYS} days with the time at which it arrived, and the alarm goes off each time some are set aside. To read them, log in as the owner (`aws redshift-data execute-statement --region {region} --workgroup-name {} --database {} --secret-arn ... --sql 'SELECT arrived_at, FROM_VARBYTE(record, '\\''utf-8'\\'') FROM {ARRIVING}.\"{}{}\"'`). The other failures of these statements are in the log group `/aws/events/{}-warehouse-upkeep`: `describe-statement` with the id that stands there has the reason; `watch-...` fails there while nobody writes, which tells nobody. A record may be in a table twice on rare occasions. An alarm that ends in `-late` says that nothing came through for two hours, though records were written (of Kafka also where none were): ask as the owner `SELECT * FROM sys_mv_refresh_history ORDER BY start_time DESC LIMIT 20` and `SELECT * FROM sys_stream_scan_errors ORDER BY record_time DESC LIMIT 20`, fetch by hand with `REFRESH MATERIALIZED VIEW {ARRIVING}.\"{}\"`, and read what that says: a role that may not be taken on, a key, or no way through the network. Another `stream` for a table is another view, which begins with the oldest record that the stream still has: records that became rows before, of a stream that is named again, do so twice. The view of the old one goes when that is applied, and what it still held becomes rows as well; of a table without a `stream`, that stays in `{ARRIVING}.TABLE{}` until you drop it.",
            flow::REFUSED,
            stack.name(&first.name),
            first.database(),
            table.name,
            flow::REFUSED,
            stack.name(&first.name),
            upkeep::source(stack, table).map_or(String::new(), |source| source.view),
            flow::LEFT
        ));
    }
    items.push("The tables of a warehouse are made when it is applied, and get columns that are new. Columns and tables that leave the blueprint stay, with their rows, until you drop them as the owner, and a column keeps its type. AWS forgets after some days that a statement was run: a plan then runs them again, which changes nothing that is there.".to_owned());
    items.push(format!(
        "Redshift keeps restore points of the last 24 hours, one every half hour. For more, take snapshots: `aws redshift-serverless create-snapshot --region {region} --namespace-name {} --snapshot-name NAME --retention-period 30`.",
        stack.name(&first.name)
    ));
    if system.protect {
        items.push("`prevent_destroy` guards warehouses against Terraform; nothing on AWS's side does. To give one up, remove the line from its namespace first, and take a snapshot.".to_owned());
    }
}

/// What so many units cost that never rest, in USD a month: 0.40 an hour for each, rounded to hundreds.
fn thousands(units: u32) -> String {
    let cents = u64::from(units) * 40 * 730;
    let hundreds = (cents + 5_000) / 10_000;
    format!("{},{:03}", hundreds / 10, hundreds % 10 * 100)
}
