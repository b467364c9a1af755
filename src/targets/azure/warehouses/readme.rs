//! What the README of the output says about warehouses.

use super::size;
use crate::check::{warehouse_parts, warehouse_sink};
use crate::targets::azure::Stack;
use crate::terraform::identifier;

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    let Some((_, first)) = system.warehouses.iter().next() else {
        return;
    };
    let never = "an expired key would take the rows with it; it gets a new version every year instead";
    stack
        .report
        .skip("CKV_AZURE_40", "azurerm_key_vault_key.warehouses", never);
    let items = &mut stack.report.security;
    items.push("Warehouses are clusters of Data Explorer that are reached over private endpoints only, with TLS, and reach nobody outside but the streams that fill them. Disks are encrypted twice, rows with a key of 2048 bits in the system's vault (Data Explorer takes no longer ones), which is rotated every year. Who reads one is a *Viewer* of its database, who writes an *Ingestor*; neither can do what the other can, and a role holds for all tables of the database. Every question and every change is in the workspace (`ADXQuery`, `ADXCommand`). No lock stands on the cluster, because it would keep the script from being run again: `prevent_destroy` guards it.".to_owned());
    let (machine, count) = size(first.size);
    let items = &mut stack.report.operations;
    items.push(format!("A warehouse runs all the time and is paid by the hour, whether anybody asks or not: `{machine}` {count} times, some hundred euros a month at the least. `size` chooses the machines; a change takes an hour, in which it goes on answering. Where the region lacks zones for them: `[override.azure.azurerm_kusto_cluster.NAME]` with other `sku` or `zones`."));
    items.push("Clients ask at `X_ENDPOINT` for the database `X_DATABASE` (`X_PROTOCOL` is `kusto`), with a token of the identity that `AZURE_CLIENT_ID` names for that address: `POST X_ENDPOINT/v2/rest/query`, `{\"db\": X_DATABASE, \"csl\": \"readings | take 10\"}`, or with Azure's library for Kusto. Rows are inserted as lines of JSON: `POST X_ENDPOINT/v1/rest/ingest/X_DATABASE/TABLE?streamFormat=Json&mappingName=rows`, 4 MiB at a time (the library's *streaming* client; the *queued* one wants storage accounts of Azure's that the network does not reach). A field of another type than its column becomes empty there without a word.".to_owned());
    items.push("Tables are made by a script when Terraform runs. A new column is added; one that goes from the blueprint stays, and one that changes its type fails the script: give it another name. `delete_after_days` counts from when a row arrived, not from `time`: Data Explorer throws away whole parts of a table.".to_owned());
    filled(stack);
}

/// What holds where streams fill tables.
fn filled(stack: &mut Stack<'_>) {
    let system = stack.system;
    let found = system.warehouses.iter().find_map(|(_, item)| {
        let table = item.tables.iter().find(|table| table.stream.is_some())?;
        Some((item, table))
    });
    let Some((item, table)) = found else {
        return;
    };
    let name = &table.name;
    let [landing, refused, checked, ..] = warehouse_parts(name);
    let cluster = identifier(&item.name);
    let items = &mut stack.report.security;
    items.push(format!("A warehouse fetches the records of its streams itself, as the identity of its cluster, which is *Azure Event Hubs Data Receiver* on these streams and no other. The streams' namespace stays closed (`public_network_access_enabled = false`): it lets in Azure's own trusted services, of which Data Explorer is one, and whoever comes as such has to have a role all the same. No address is allowed there, and none need be: with `public_network_access_enabled = true` and no rule Azure would let in everybody, whatever `Deny` says. The cluster may go out to the namespace alone (`allowed_fqdns`). Microsoft does not say whether connections heed that list: should this one not reach the stream, `[override.azure.azurerm_kusto_cluster.{cluster}]` with `outbound_network_access_restricted = false` and an empty `allowed_fqdns` gives the restriction up. Who publishes to a stream can send an event to another table of the same database, by the event's own properties `Table` and `Format`, which Data Explorer heeds and nobody can forbid: leave these names to it. An alarm says when rows came into another table that way (`SucceededIngestion`)."));
    let items = &mut stack.report.operations;
    items.push(format!("The records of a stream are brought by a connection of Data Explorer (`azurerm_kusto_eventhub_data_connection.{sink}`), within a minute or so. It reads each as a line of text into `{landing}`, which keeps nothing; two update policies make rows of it, or keep it with the reason in `{refused}` ({days} days, as logs, or as long as rows where `delete_after_days` is less): a record that is no JSON object in one line, or has a field of another type than its column. Timestamps are text as RFC 3339 has it; fields that are no columns are left out, and empty lines are. Whoever may ask the warehouse sees them: `{refused} | order by ['at'] desc`; the types that are taken are in the function `{checked}`. To bring one again, mend it and send it to the stream.", sink = identifier(&warehouse_sink(item, name)), days = system.log_days));
    items.push(format!("The alarm on refused records asks the workspace (`ADXDataOperation` for rows that came into `{refused}`, `FailedIngestion` for what could not be brought at all), every five minutes about the last hour, because the cluster writes its logs late; it ends when an hour had none. Another one says when records come a quarter of an hour late. A connection that reads nothing at all refuses nothing, and is not late either: *Events received* of the cluster's metrics says how many records came, and its *Resource health* why none do: look there after the first apply, and after changes to roles or the network. What could not be brought for another reason than its form is kept nowhere but in the stream. A connection begins with what its stream still has; made anew, it brings that once more, and after a failure some records may be there twice. One event has 1 MB at most. A stream that goes from a table leaves its policies and `{refused}` behind; they do nothing any more."));
}
