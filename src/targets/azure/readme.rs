//! What the README of the output says about Azure.

use super::Stack;
use super::project::TARGET;
use super::startup::registry;
use crate::ir::{Access, Database, Lifecycle, Resource, Tls};
use crate::terraform::identifier;
use crate::vocabulary::{Egress, Engine, Runtime};

pub(super) fn lower(stack: &mut Stack<'_>) {
    prerequisites(stack);
    security(stack);
    operations(stack);
    skips(stack);
}

fn prerequisites(stack: &mut Stack<'_>) {
    let system = stack.system;
    let mut items = vec![
        "Sign in (`az login`) as somebody who may assign roles and set locks in the subscription (`Owner`, or `Contributor` with `User Access Administrator`); `ARM_SUBSCRIPTION_ID` names the subscription unless the blueprint does.".to_owned(),
    ];
    let closed = if has_public_range(stack) {
        ""
    } else {
        " As rendered, nobody may: the blueprint names no public range. For single runs, `export TF_VAR_admin_cidrs='[\"203.0.113.7/32\"]'` does the same."
    };
    let functions = if system.functions().any(|(_, _, function)| function.source.is_some()) {
        " -target=azurerm_storage_account.functions_code"
    } else {
        ""
    };
    items.push(format!("Every plan, apply and destroy reads the key and the secrets through the vault's public address, which answers only `network.admin_cidrs` of the blueprint: name the address there that Terraform runs from.{closed} After a change of address, the first command is `terraform -chdir=terraform apply -target=azurerm_key_vault.main{functions}`; the rest would be refused before it got there."));
    if system
        .network
        .admin_cidrs
        .iter()
        .any(|range| range.network().is_private())
    {
        items.push("Private ranges of `network.admin_cidrs` have no effect here: the vault's firewall takes public addresses only.".to_owned());
    }
    let refused = if system.protect {
        ", which the vault's lock refuses"
    } else {
        ""
    };
    items.push(format!("Where more than one person or pipeline runs Terraform, name the object id of their common group, or the pipeline's identity, in the variable `operators` (in `terraform/terraform.tfvars`) before the first apply: without it, whoever applies gets the roles on the vault, and the plan of the next caller takes them away again{refused}."));
    if stack.has_machines() {
        items.push("Changes roll over the machines with new ones first (MaxSurge). A subscription that has not used it yet registers it once: `az feature register --namespace Microsoft.Compute --name MaxSurgeRollingUpgrade`, then `az provider register --namespace Microsoft.Compute`.".to_owned());
    }
    if system
        .services
        .iter()
        .any(|(_, service)| service.launch.reference().is_some())
    {
        items.push("Images are pulled without credentials: the registry has to allow that to the machines. Only from `*.azurecr.io` do they sign in, with the service's identity.".to_owned());
    }
    match &system.network.existing.azure {
        Some(_) => items.push("The existing network lets the application gateways be managed (inbound 65200-65535 from `GatewayManager`, anything from `AzureLoadBalancer`), lets 443 and 80 into their subnet, keeps the last address of that subnet free, applies security groups to private endpoints (`private_endpoint_network_policies`), and is linked to none of the `privatelink` zones yet that this system links to it.".to_owned()),
        None => items.push("Azure makes a network watcher with a subscription's first virtual network in a region; where that was switched off, make one and name it in the variable `network_watcher`.".to_owned()),
    }
    let mut hosts: Vec<&str> = system
        .services
        .iter()
        .filter(|(_, service)| service.runtime != Runtime::Kubernetes)
        .filter_map(|(_, service)| registry(service).map(|(host, _)| host))
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    for host in hosts {
        items.push(format!(
            "`{host}` is not part of this system: grant the identities of the services that pull from it the role *AcrPull* there{}.",
            if system.network.egress == Egress::None { ", and give it a private endpoint in this network" } else { "" },
        ));
    }
    // What single parts have to say comes after.
    items.append(&mut stack.report.prerequisites);
    stack.report.prerequisites = items;
}

/// Somebody may reach the vault over the internet.
fn has_public_range(stack: &Stack<'_>) -> bool {
    let ranges = &stack.system.network.admin_cidrs;
    ranges.iter().any(|range| !range.network().is_private())
}

fn security(stack: &mut Stack<'_>) {
    let (system, machines) = (stack.system, stack.has_machines());
    let items = &mut stack.report.security;
    let flow_logs = if system.network.existing.azure.is_none() {
        " The one account that Azure writes flow logs to has one, which is closed to all but trusted Azure services."
    } else {
        ""
    };
    let functions = if stack.system.functions().next().is_some() {
        " So has the one with the code of functions, which answers `admin_cidrs` and Azure's own services."
    } else {
        ""
    };
    items.push(format!("Machines, databases and storage accounts of buckets have no public address, and the vault answers none but those of `admin_cidrs` there.{flow_logs}{functions} Security groups allow what the links ask for, by application security group; everything else is closed, for machines and private endpoints in both directions."));
    items.push("Disks, databases and storage accounts are encrypted with a key of this system in an HSM-backed vault; it gets a new version every year. Only one identity may use it, and only to wrap and unwrap.".to_owned());
    items.push("Each service has an identity of its own with the roles its links ask for, on single secrets and containers; every process finds its client id in `AZURE_CLIENT_ID`, for the machine has a second identity. Passwords are made during the apply and stand neither in state nor in plan nor in user data.".to_owned());
    let is_write_only = |resource, access| matches!((resource, access), (Resource::Bucket(_), Access::Write));
    if system
        .grants
        .iter()
        .any(|grant| is_write_only(grant.resource, grant.access))
    {
        items.push("A service that only `writes` a bucket cannot read it. Azure has no such role: it gets *Storage Blob Data Contributor* on the one container, with a condition that takes reading and listing away. The role may also delete and configure that container, which a condition cannot reach; a role of your own would be narrower, but is defined for the whole directory and is not made here.".to_owned());
    }
    if system.public.is_some() {
        let those = match system.apis.is_empty() {
            true => "Requests from the internet",
            false => "Requests from the internet to the public gateway, not those to APIs,",
        };
        items.push(format!("{those} pass a web application firewall in prevention mode."));
    }
    if system
        .internal
        .as_ref()
        .is_some_and(|internal| internal.tls(TARGET) != Tls::Off)
    {
        items.push("TLS between the tiers ends at the internal gateway; from there to the machines, inside the virtual network, it is HTTP.".to_owned());
    }
    if system.network.existing.azure.is_some() {
        items.push("The existing network has its own ways of administration: no Bastion is made, and the machines' security group lets nobody sign in.".to_owned());
    } else if system.network.bastion && machines {
        items.push("People reach machines through Bastion with Entra ID only: `az network bastion ssh --name {0} --resource-group {0} --auth-type AAD --target-resource-id INSTANCE`. They need the role *Virtual Machine User Login* or *Virtual Machine Administrator Login*, which nobody has yet.".replace("{0}", &system.prefix));
    }
}

fn operations(stack: &mut Stack<'_>) {
    let system = stack.system;
    let mut items = vec![];
    items.push("Numbers that are raised here (`rollout`, and the versions of passwords) belong into `terraform/terraform.tfvars`, committed: given on the command line, they would fall back with the next apply.".to_owned());
    if !system.databases.is_empty() {
        let names: Vec<String> = system
            .databases
            .iter()
            .map(|(_, database)| format!("`{}_password_version`", identifier(&database.name)))
            .collect();
        items.push(format!("A new database password: raise {} by one and apply. The server and the vault get the same one in one apply; should only the first of the two succeed, raise it again. Machines that started with the old password fail to open new connections from then on until that apply has replaced them: expect errors while it rolls.", names.join(" or ")));
        items.push("Azure chooses the hour of a database's daily backup itself, so `backup.window` has no place here; any second of the retention can be restored.".to_owned());
    }
    let grows = |engine: Engine| matches!(engine, Engine::Postgres | Engine::Mysql);
    if system.databases.iter().any(|(_, database)| grows(database.engine)) {
        items.push("`storage_gb` of PostgreSQL and MySQL counts when the server is made: storage grows by itself afterwards, cannot shrink, and a later change of the number does nothing.".to_owned());
    }
    let below = system
        .databases
        .iter()
        .any(|(_, item)| item.engine == Engine::Postgres && item.backup.retention_days < 7);
    if below {
        items.push("PostgreSQL keeps backups for 7 days at least, and so it does here.".to_owned());
    }
    if system
        .databases
        .iter()
        .any(|(_, item)| item.engine == Engine::Sqlserver)
    {
        items.push("Azure SQL Database always runs the current engine, at the language level of SQL Server 2022. The application signs in as the server's administrator.".to_owned());
    }
    for (_, secret) in system.secrets.iter() {
        items.push(format!(
            "Fill `{0}`, from an address in `admin_cidrs` and with the role *Key Vault Secrets Officer* on the vault: `az keyvault secret set --vault-name \"$(terraform -chdir=terraform output -raw vault)\" --name {0} --file FILE`, then raise `rollout` and apply, which replaces the machines that read it. Until then it says `unfilled`, which the services' start passes over; Terraform never writes it again.",
            secret.name
        ));
    }
    if stack.has_machines() {
        items.push("The machines' disks hold nothing that is worth a snapshot and have none: a machine is made anew from its image. A change of image, size or settings rolls over the machines by itself, new ones first. For a newer operating system raise `rollout`: a machine takes the latest image there is when it is made.".to_owned());
    }
    if system.protect {
        items.push("The locks on vault, servers and accounts also keep role assignments and diagnostic settings on them from being deleted. Before a link is taken away, a database, a bucket or one of the `operators`: `protect = false`, render and apply; then the change, render and apply; then protect again.".to_owned());
    }
    items.push("What costs by the hour as long as it is there, whatever the load: application gateways, NAT gateway, Bastion, private endpoints, database servers and the least number of machines. In an environment for trial, `multi_zone = false` saves a database's standby, and `scale.min = 1` machines.".to_owned());
    items.push("The output of the services is in the workspace's `Syslog` table, requests and audit records in `AzureDiagnostics` and the tables named after their resource.".to_owned());
    if system.network.egress == Egress::None && system.network.existing.azure.is_none() && stack.has_machines() {
        items.push("Without egress the extensions for Entra sign-in and monitoring, which load packages, are left out: what the services print stays on the machine.".to_owned());
    }
    items.push("The vault cannot be purged, as Azure demands of vaults whose keys encrypt data. After a destroy it stays recoverable for its retention; the suffix in its name keeps it out of the way of the next one.".to_owned());
    if system.budget.is_some() {
        items.push(
            "The budget's amount is in the currency of the subscription's bill, whatever the blueprint says."
                .to_owned(),
        );
    }
    stack.report.operations.append(&mut items);
}

fn skips(stack: &mut Stack<'_>) {
    let machines = stack.has_machines();
    let closed = !has_public_range(stack);
    let system = stack.system;
    let report = &mut stack.report;
    let mut skip = |check: &str, resource: &str, reason: &str| report.skip(check, resource, reason);
    if machines {
        skip(
            "CKV_AZURE_97",
            "azurerm_linux_virtual_machine_scale_set.*",
            "encryption at host has to be registered for the whole subscription first; disks are encrypted with the managed key",
        );
    }
    skip(
        "CKV_AZURE_40",
        "azurerm_key_vault_key.data",
        "an expired key would take the data with it; it gets a new version every year instead",
    );
    if !system.databases.is_empty() || !system.secrets.is_empty() {
        skip(
            "CKV_AZURE_41",
            "azurerm_key_vault_secret.*",
            "an expiry date would need a clock, and take the application down when it comes",
        );
    }
    if closed {
        skip(
            "CKV_AZURE_189",
            "azurerm_key_vault.main",
            "it is off unless `admin_cidrs` names addresses, which the scanner does not work out",
        );
    }
    let existing = system.network.existing.azure.is_some();
    if let Some(public) = &system.public {
        skip(
            "CKV_AZURE_135",
            "azurerm_web_application_firewall_policy.public",
            "the scanner knows the older OWASP rule sets only; the default rule set 2.1 holds the rule (944240)",
        );
        let plain = public.tls(TARGET) == Tls::Off;
        if plain {
            skip(
                "CKV_AZURE_217",
                "azurerm_application_gateway.public",
                "the blueprint names no certificate",
            );
        }
        if !existing {
            let reason = if plain {
                "the blueprint names no certificate"
            } else {
                "port 80 does nothing but redirect to 443"
            };
            skip("CKV_AZURE_160", "azurerm_network_security_group.public", reason);
        }
    }
    if let Some(internal) = &system.internal {
        skip(
            "CKV_AZURE_120",
            "azurerm_application_gateway.internal",
            match system.apis.is_empty() {
                true => {
                    "only requests of linked services get here; those of the internet have passed the public gateway's firewall"
                }
                false => {
                    "only requests of linked services get here, and what API Management lets through, which passes no such firewall"
                }
            },
        );
        if internal.tls(TARGET) == Tls::Off {
            skip(
                "CKV_AZURE_217",
                "azurerm_application_gateway.internal",
                "HTTP inside the virtual network; `edge.internal.certificate` makes it HTTPS",
            );
        }
    }
    let is = |engine: Engine| system.databases.iter().any(|(_, database)| database.engine == engine);
    let copies = "geo-redundant backups want a second key and identity in the paired region";
    if is(Engine::Postgres) {
        skip("CKV_AZURE_136", "azurerm_postgresql_flexible_server.*", copies);
    }
    if is(Engine::Mysql) {
        let servers = "azurerm_mysql_flexible_server.*";
        skip("CKV_AZURE_94", servers, copies);
        skip(
            "CKV_AZURE_53",
            servers,
            "it reads an argument that the provider has renamed: public access is disabled",
        );
        let replicated = |item: &Database| item.engine == Engine::Mysql && item.readers.is_some();
        if system.databases.iter().any(|(_, item)| replicated(item)) {
            skip(
                "CKV2_AZURE_56",
                servers,
                "every replica has a private endpoint, which the scanner does not find through `for_each`",
            );
        }
    }
    if is(Engine::Sqlserver) {
        let servers = "azurerm_mssql_server.*";
        skip(
            "CKV_AZURE_24",
            servers,
            "the workspace keeps the audit records, for as long as its own retention says",
        );
        skip(
            "CKV2_AZURE_2",
            servers,
            "vulnerability assessment is part of Defender, which is bought for a subscription",
        );
        skip(
            "CKV2_AZURE_27",
            servers,
            "the blueprint names no administrator of the directory",
        );
        skip(
            "CKV_AZURE_224",
            "azurerm_mssql_database.*",
            "a ledger cannot be switched off again; it is for the application to decide",
        );
    }
    let single = |engine: Engine| {
        system
            .databases
            .iter()
            .any(|(_, database)| database.engine == engine && !database.multi_zone)
    };
    if single(Engine::Sqlserver) {
        skip(
            "CKV_AZURE_229",
            "azurerm_mssql_database.*",
            "the blueprint says `multi_zone = false`",
        );
    }
    if !system.buckets.is_empty() || !existing {
        skip(
            "CKV_AZURE_33",
            "azurerm_storage_account.*",
            "it reads an argument that the provider no longer has; the accounts hold no queues",
        );
    }
    if !system.buckets.is_empty() {
        skip(
            "CKV2_AZURE_21",
            "azurerm_storage_container.*",
            "it wants the insights of a retired agent; a diagnostic setting logs every request",
        );
    }
    let zonal = |days: &Lifecycle| days.archive_after_days.is_none();
    if system.buckets.iter().any(|(_, bucket)| zonal(&bucket.lifecycle)) {
        skip(
            "CKV_AZURE_206",
            "azurerm_storage_account.*",
            "copies in three zones; a copy in another region was not asked for",
        );
    }
    if !existing {
        let account = "azurerm_storage_account.flow_logs";
        skip("CKV_AZURE_206", account, "logs need no copy in another region");
        skip(
            "CKV_AZURE_59",
            account,
            "Azure's flow logs come through its public address, which is closed to all but trusted Azure services",
        );
        skip(
            "CKV2_AZURE_40",
            account,
            "flow logs are written with the account's keys",
        );
        skip(
            "CKV2_AZURE_33",
            account,
            "Azure itself writes to it, and nothing in the network reads it",
        );
    }
}
