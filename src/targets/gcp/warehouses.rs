//! Warehouses: a dataset of BigQuery each, and what turns records of streams into rows of its tables.

use hcl::Expression;

use super::identity::{self, Object};
use super::queues::{self, Wanted};
use super::{Stack, workflows};
use crate::check::{gcp_has_streams as has_streams, gcp_table_part as part};
use crate::ir::{Column, Delivery, Grant, Id, Resource, Stream, System, Warehouse, WarehouseTable};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::ColumnType;
use crate::{list, object, template};

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;
/// Attempts to write a record, before it is a dead letter.
pub(super) const ATTEMPTS: u32 = 5;
/// How long a grant takes to be known everywhere, as a rule.
const PROPAGATION: &str = "60s";
/// Names the role that inserts rows.
const INSERTER: &str = "inserter";
/// What Pub/Sub asks for to write to a table.
const EDITOR: &str = "roles/bigquery.dataEditor";

/// Where a warehouse went.
#[derive(Debug)]
pub(super) struct Placed {
    /// The dataset.
    pub dataset: Address,
    /// Each table.
    pub tables: Vec<Address>,
}

/// True if streams fill any table.
pub(super) fn has_sinks(system: &System) -> bool {
    system.warehouses.iter().any(|(_, item)| has_streams(item))
}

/// Adds the datasets and their tables.
pub(super) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    for (id, warehouse) in system.warehouses.iter() {
        stack.module.file("warehouses", "");
        let dataset = dataset(stack, warehouse);
        let tables = warehouse.tables.iter();
        let tables = tables.map(|item| table(stack, warehouse, &dataset, item)).collect();
        stack
            .report
            .component(&warehouse.path, "dataset of BigQuery", dataset.text());
        stack.warehouses.insert(id, Placed { dataset, tables });
    }
    if has_inserters(system) {
        stack.inserter = Some(inserter(stack));
    }
    for (id, warehouse) in system.warehouses.iter().filter(|(_, item)| has_streams(item)) {
        sinks(stack, id, warehouse);
    }
}

/// What a warehouse's dataset is called: letters, digits and underscores, alone in the project.
pub(super) fn name(stack: &Stack<'_>, warehouse: &Warehouse) -> String {
    format!("{}_{}", stack.system.prefix.replace('-', "_"), warehouse.database())
}

fn dataset(stack: &mut Stack<'_>, warehouse: &Warehouse) -> Address {
    let key = Block::new().set("kms_key_name", stack.encryption.key.id());
    let body = Block::new()
        .set("dataset_id", name(stack, warehouse))
        .set("location", stack.region())
        .block("default_encryption_configuration", key)
        .when(!stack.system.protect, |block| {
            block
                .comment("This environment is made and thrown away.")
                .set("delete_contents_on_destroy", true)
        })
        .when(stack.system.protect, |block| {
            block.block("lifecycle", Block::new().set("prevent_destroy", true))
        })
        .set("depends_on", stack.encryption.ready());
    stack.module.resource("google_bigquery_dataset", &warehouse.name, body)
}

fn table(stack: &mut Stack<'_>, warehouse: &Warehouse, dataset: &Address, item: &WarehouseTable) -> Address {
    let key = Block::new().set("kms_key_name", stack.encryption.key.id());
    let days = item.time.as_ref().map(|time| {
        Block::new().set("type", "DAY").set("field", time.as_str()).set_some(
            "expiration_ms",
            // Counted from the beginning of a day, in which rows still come.
            item.delete_after_days.map(|days| (u64::from(days) + 1) * DAY),
        )
    });
    let columns = item.columns.iter().map(column).collect();
    let body = Block::new()
        .set("dataset_id", dataset.attr("dataset_id"))
        .set("table_id", item.name.as_str())
        .set("schema", expr::jsonencode(Expression::Array(columns)))
        .block_some("time_partitioning", days)
        .block("encryption_configuration", key)
        .set("deletion_protection", stack.system.protect);
    if item.time.is_some() {
        stack
            .module
            .comment("A part for each day: a question that says from when to when reads no more than that.");
    }
    stack
        .module
        .resource("google_bigquery_table", &part(warehouse, item), body)
}

fn column(column: &Column) -> Expression {
    let kind = match column.kind {
        ColumnType::String => "STRING",
        ColumnType::Integer => "INTEGER",
        ColumnType::Number => "FLOAT",
        ColumnType::Boolean => "BOOLEAN",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Json => "JSON",
    };
    object! { "name" => column.name.as_str(), "type" => kind, "mode" => "NULLABLE" }
}

/// What names the subscriptions that fill the tables of a warehouse.
pub(super) fn filled(warehouse: &Warehouse) -> impl Iterator<Item = String> {
    let tables = warehouse.tables.iter().filter(|table| table.stream.is_some());
    tables.map(|table| part(warehouse, table))
}

/// True if anybody inserts rows.
pub(super) fn has_inserters(system: &System) -> bool {
    let writes = |grant: &Grant| matches!(grant.resource, Resource::Warehouse(_)) && grant.access.writes();
    system.grants.iter().any(writes)
}

/// The role of who inserts. Google has none that does not delete tables too.
fn inserter(stack: &mut Stack<'_>) -> Address {
    stack.module.file("identity", "");
    let id = template![
        format!("{}_{INSERTER}_", stack.system.prefix.replace('-', "_")),
        stack.project.suffix.attr("hex")
    ];
    let body = Block::new()
        .comment("The id of a deleted role stays taken for some weeks.")
        .set("role_id", id)
        .set("title", format!("{} inserts rows", stack.system.prefix))
        .set("description", "Inserts rows into tables of BigQuery, and reads none")
        .set(
            "permissions",
            list!["bigquery.tables.get", "bigquery.tables.updateData"],
        )
        .set("depends_on", stack.project.ready());
    stack
        .module
        .comment("Google's own role that inserts rows also deletes tables.")
        .resource("google_project_iam_custom_role", INSERTER, body)
}

/// What a grant on a warehouse becomes.
pub(super) fn objects(stack: &Stack<'_>, grant: Grant, id: Id<Warehouse>) -> Vec<Object> {
    let warehouse = &stack.system.warehouses[id];
    let dataset = || stack.warehouses[&id].dataset.attr("dataset_id");
    let mut objects = vec![];
    if grant.access.reads() {
        let role = [
            "google_bigquery_dataset_iam_member",
            "dataset_id",
            "roles/bigquery.dataViewer",
        ];
        objects.push(Object::new(role, &warehouse.name, dataset()));
        let asks = |grant: &Grant| matches!(grant.resource, Resource::Warehouse(_)) && grant.access.reads();
        let first = stack.system.grants_of(grant.service).find(|grant| asks(grant));
        if first.is_some_and(|first| first.resource == grant.resource) {
            objects.push(identity::on_project(
                stack,
                "roles/bigquery.jobUser",
                "jobs-of-bigquery",
                None,
            ));
        }
    }
    if let (true, Some(role)) = (grant.access.writes(), &stack.inserter) {
        let tables = warehouse.tables.iter().zip(&stack.warehouses[&id].tables);
        objects.extend(tables.map(|(item, table)| {
            let part = format!("rows-of-{}", part(warehouse, item));
            let kind = ["google_bigquery_table_iam_member", "table_id", ""];
            let object = Object::new(kind, &part, table.attr("table_id"));
            object.with_role(role.attr("name")).in_dataset(dataset())
        }));
    }
    objects
}

/// What turns records into rows: a subscription for each table, which writes as the warehouse's own account.
fn sinks(stack: &mut Stack<'_>, id: Id<Warehouse>, warehouse: &Warehouse) {
    stack.module.file("identity", "");
    let name = warehouse.name.as_str();
    let body = Block::new()
        .set("account_id", stack.name(name))
        .set("display_name", format!("{} rows of {name}", stack.system.prefix))
        .set("depends_on", stack.project.ready());
    let account = stack
        .module
        .comment("Whom Pub/Sub writes rows as.")
        .resource("google_service_account", name, body);
    let mut ready = vec![];
    if let Some(agent) = stack.encryption.pubsub.clone() {
        ready.push(workflows::speaks(stack, name, &account, agent).whole());
    }
    let filled = warehouse.tables.iter().zip(stack.warehouses[&id].tables.clone());
    let filled: Vec<(&WarehouseTable, Address, Id<Stream>)> = filled
        .filter_map(|(item, address)| Some((item, address, item.stream?)))
        .collect();
    for (item, address, _) in &filled {
        let part = format!("{}-filled", part(warehouse, item));
        let body = Block::new()
            .set("dataset_id", address.attr("dataset_id"))
            .set("table_id", address.attr("table_id"))
            .set("role", EDITOR)
            .set("member", account.attr("member"));
        stack.module.comment("On this one table; Pub/Sub asks for this role.");
        let grant = stack.module.resource("google_bigquery_table_iam_member", &part, body);
        ready.push(grant.whole());
    }
    stack.module.file("warehouses", "");
    let names: Vec<&str> = filled.iter().map(|(item, _, _)| item.name.as_str()).collect();
    let wait = Block::new()
        .set("create_duration", PROPAGATION)
        .comment("Another table is waited for again.")
        .set("triggers", object! { "tables" => names.join(",") })
        .set("depends_on", Expression::Array(ready));
    let wait = stack
        .module
        .comment("A grant takes about a minute to be known everywhere. A subscription that comes sooner is refused.")
        .resource("time_sleep", name, wait);
    for (item, address, stream) in filled {
        let part = part(warehouse, item);
        let topic = stack.streams[&stream].clone();
        let delivery = Delivery {
            fifo: false,
            visibility_seconds: 60,
            retention_days: stack.system.streams[stream].retention_hours.div_ceil(24),
            max_receives: ATTEMPTS,
            batch: 1,
        };
        let table = [
            address.attr("project"),
            address.attr("dataset_id"),
            address.attr("table_id"),
        ];
        let [project, dataset, table] = table;
        let config = Block::new()
            .set("table", template![project, ".", dataset, ".", table])
            .comment("A field that is no column is left out, a column that is no field is null.")
            .set("use_table_schema", true)
            .set("drop_unknown_fields", true)
            .set("service_account_email", account.attr("email"));
        let wanted = Wanted {
            table: Some(config),
            transform: transform(item),
            ready: vec![wait.whole()],
            ..Wanted::new(&part, &topic, delivery)
        };
        let inbox = queues::inbox(stack, wanted);
        let component = format!("{}.tables.{}", warehouse.path, item.name);
        let what = "table of BigQuery that a subscription of Pub/Sub fills";
        stack.report.component(&component, what, inbox.subscription.text());
        stack.sinks.insert((id, item.name.clone()), inbox);
    }
}

/// What is done to a record before it is written; one that it throws at is refused. Pub/Sub wants the text of what goes into a column of
/// JSON, where records have the thing itself: such a record is written anew, in JavaScript, which would round large integers. And a row
/// without a time would never go. Names of columns are letters, digits and underscores.
fn transform(item: &WarehouseTable) -> Option<Block> {
    let of = |kind: ColumnType| -> String {
        let names = item.columns.iter().filter(|column| column.kind == kind);
        let names: Vec<String> = names.map(|column| format!("\"{}\"", column.name)).collect();
        names.join(", ")
    };
    let (json, whole) = (of(ColumnType::Json), of(ColumnType::Integer));
    let mut body = String::new();
    if let (Some(time), Some(_)) = (&item.time, item.delete_after_days) {
        body += &format!(
            "  if (record[\"{time}\"] === undefined || record[\"{time}\"] === null) {{\n    throw new Error(\"{time} is missing\");\n  }}\n"
        );
    }
    if !json.is_empty() {
        if !whole.is_empty() {
            body += &format!(
                "  for (const name of [{whole}]) {{\n    if (Number.isInteger(record[name]) && !Number.isSafeInteger(record[name])) {{\n      throw new Error(name + \" is too large for a number: send it as text\");\n    }}\n  }}\n"
            );
        }
        body += &format!(
            "  for (const name of [{json}]) {{\n    if (record[name] !== undefined && record[name] !== null) {{\n      record[name] = JSON.stringify(record[name]);\n    }}\n  }}\n  message.data = JSON.stringify(record);\n"
        );
    }
    if body.is_empty() {
        return None;
    }
    let code = format!(
        "function row(message, metadata) {{\n  const record = JSON.parse(message.data);\n{body}  return message;\n}}\n"
    );
    let row = Block::new()
        .set("function_name", "row")
        .set("code", expr::heredoc([code.into()]));
    Some(Block::new().block("javascript_udf", row))
}
