//! What the README of the output says about warehouses.

use super::{sink, size};
use crate::targets::azure::Stack;

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    let Some((_, first)) = system.warehouses.iter().next() else {
        return;
    };
    let items = &mut stack.report.security;
    items.push("Warehouses are clusters of Data Explorer that are reached over private endpoints only, with TLS, and reach nobody outside. Disks are encrypted twice, rows with a key of 2048 bits in the system's vault (Data Explorer takes no longer ones), which is rotated every year. Who reads one is a *Viewer* of its database, who writes an *Ingestor*; neither can do what the other can, and a role holds for all tables of the database. Every question and every change is in the workspace (`ADXQuery`, `ADXCommand`). No lock stands on the cluster, because it would keep the script from being run again: `prevent_destroy` guards it.".to_owned());
    let (machine, count) = size(first.size);
    let items = &mut stack.report.operations;
    items.push(format!("A warehouse runs all the time and is paid by the hour, whether anybody asks or not: `{machine}` {count} times, some hundred euros a month at the least. `size` chooses the machines; a change takes an hour, in which it goes on answering. Where the region lacks zones for them: `[override.azure.azurerm_kusto_cluster.NAME]` with other `sku` or `zones`."));
    items.push("Clients ask at `X_ENDPOINT` for the database `X_DATABASE` (`X_PROTOCOL` is `kusto`), with a token of the identity that `AZURE_CLIENT_ID` names for that address: `POST X_ENDPOINT/v2/rest/query`, `{\"db\": X_DATABASE, \"csl\": \"readings | take 10\"}`, or with Azure's library for Kusto. Rows are inserted as lines of JSON: `POST X_ENDPOINT/v1/rest/ingest/X_DATABASE/TABLE?streamFormat=Json&mappingName=rows`, 4 MiB at a time (the library's *streaming* client; the *queued* one wants storage accounts of Azure's that the network does not reach). A field of another type than its column becomes empty there without a word.".to_owned());
    items.push("Tables are made by a script when Terraform runs. A new column is added; one that goes from the blueprint stays, and one that changes its type fails the script: give it another name. `delete_after_days` counts from when a row arrived, not from `time`: Data Explorer throws away whole parts of a table.".to_owned());
    let filled = system.warehouses.iter().find_map(|(_, item)| {
        let table = item.tables.iter().find(|table| table.stream.is_some())?;
        Some(sink(item, &table.name))
    });
    if let Some(name) = filled {
        items.push(format!("The records of a stream are brought by an app of the plan of functions (`{name}`, in Python, rendered with the rest): Data Explorer's own connection would want a private endpoint that somebody approves by hand, and keep nothing of what it refuses. A record that is no JSON object, or has a field of another type than its column, is kept with the reason in the container `{name}-refused` of `azurerm_storage_account.functions_code`, and an alarm says so; timestamps are text as RFC 3339 has it. To bring it again, mend it and send it to the stream. What fails otherwise is tried until it works, or the stream no longer has it. After a crash some records may be there twice."));
    }
}
