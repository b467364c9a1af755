//! Machine types and database engines of Azure.
//!
//! Sizes as in Microsoft's lists of virtual machine sizes (Dlsv5, Dsv5, Esv5, Bsv2) and of compute tiers of Azure Database and
//! Azure SQL Database, read in November 2026. Burstable database classes are left out: none of them has a standby. An author who
//! wants one names it.
//!
//! Numbers of read replicas as in Microsoft's articles on read replicas of Azure Database for PostgreSQL and for MySQL, read in
//! November 2026.

use super::{Machine, Offer, Replicas};
use crate::vocabulary::{Edition, Engine, License, Runtime};

const fn machine(name: &'static str, cpu: u32, memory_gb: u32) -> Machine {
    Machine { name, cpu, memory_gb }
}

/// Bytes of a map of shards: what an entry of Key Vault holds.
pub(super) const SHARD_MAP: usize = 25_000;

/// Where services run.
pub(super) const RUNTIMES: &[Runtime] = &[Runtime::Vm, Runtime::Container, Runtime::Kubernetes];

/// Minor versions of Kubernetes that AKS supports, as in Microsoft's calendar of AKS releases, read in November 2026; 1.34 ends in that
/// month.
pub(super) const KUBERNETES: &[&str] = &["1.35", "1.36", "1.37"];

/// GiB of the largest container on the workload profile Consumption, which has a processor for every two of them. This and the next as in
/// Microsoft's overview of workload profiles of Container Apps, read in November 2026.
pub(super) const CONSUMPTION: u32 = 8;

/// Dedicated workload profiles: the machines that they consist of. Azure keeps an unnamed part of each for itself.
pub(super) const PROFILES: [Machine; 8] = [
    machine("D4", 4, 16),
    machine("D8", 8, 32),
    machine("D16", 16, 64),
    machine("D32", 32, 128),
    machine("E4", 4, 32),
    machine("E8", 8, 64),
    machine("E16", 16, 128),
    machine("E32", 32, 256),
];

/// Azure Managed Redis, balanced: GiB for data, which is four fifths of the memory, rounded down. As in Microsoft's overview of Azure Managed
/// Redis, read in November 2026; what is larger was a preview then.
pub(super) const CACHES: [(&str, u32); 9] = [
    ("Balanced_B3", 2),
    ("Balanced_B5", 4),
    ("Balanced_B10", 9),
    ("Balanced_B20", 19),
    ("Balanced_B50", 48),
    ("Balanced_B100", 96),
    ("Balanced_B150", 144),
    ("Balanced_B250", 192),
    ("Balanced_B350", 288),
];

/// A registry of the system's own images.
pub(super) const REGISTRY: bool = true;

/// Machine types.
pub(super) const MACHINES: [Machine; 26] = [
    machine("Standard_B2ts_v2", 2, 1),
    machine("Standard_D2ls_v5", 2, 4),
    machine("Standard_D2s_v5", 2, 8),
    machine("Standard_E2s_v5", 2, 16),
    machine("Standard_D4ls_v5", 4, 8),
    machine("Standard_D4s_v5", 4, 16),
    machine("Standard_E4s_v5", 4, 32),
    machine("Standard_D8ls_v5", 8, 16),
    machine("Standard_D8s_v5", 8, 32),
    machine("Standard_E8s_v5", 8, 64),
    machine("Standard_D16ls_v5", 16, 32),
    machine("Standard_D16s_v5", 16, 64),
    machine("Standard_E16s_v5", 16, 128),
    machine("Standard_E20s_v5", 20, 160),
    machine("Standard_D32ls_v5", 32, 64),
    machine("Standard_D32s_v5", 32, 128),
    machine("Standard_E32s_v5", 32, 256),
    machine("Standard_D48ls_v5", 48, 96),
    machine("Standard_D48s_v5", 48, 192),
    machine("Standard_E48s_v5", 48, 384),
    machine("Standard_D64ls_v5", 64, 128),
    machine("Standard_D64s_v5", 64, 256),
    machine("Standard_E64s_v5", 64, 512),
    machine("Standard_D96ls_v5", 96, 192),
    machine("Standard_D96s_v5", 96, 384),
    machine("Standard_E96s_v5", 96, 672),
];

/// PostgreSQL flexible server: general purpose (D) and memory optimized (E).
const POSTGRES: [Machine; 16] = [
    machine("GP_Standard_D2ds_v5", 2, 8),
    machine("GP_Standard_D4ds_v5", 4, 16),
    machine("GP_Standard_D8ds_v5", 8, 32),
    machine("GP_Standard_D16ds_v5", 16, 64),
    machine("GP_Standard_D32ds_v5", 32, 128),
    machine("GP_Standard_D48ds_v5", 48, 192),
    machine("GP_Standard_D64ds_v5", 64, 256),
    machine("GP_Standard_D96ds_v5", 96, 384),
    machine("MO_Standard_E2ds_v5", 2, 16),
    machine("MO_Standard_E4ds_v5", 4, 32),
    machine("MO_Standard_E8ds_v5", 8, 64),
    machine("MO_Standard_E16ds_v5", 16, 128),
    machine("MO_Standard_E20ds_v5", 20, 160),
    machine("MO_Standard_E32ds_v5", 32, 256),
    machine("MO_Standard_E48ds_v5", 48, 384),
    machine("MO_Standard_E64ds_v5", 64, 512),
];

/// MySQL flexible server: general purpose (D) and memory optimized (E).
const MYSQL: [Machine; 14] = [
    machine("GP_Standard_D2ads_v5", 2, 8),
    machine("GP_Standard_D4ads_v5", 4, 16),
    machine("GP_Standard_D8ads_v5", 8, 32),
    machine("GP_Standard_D16ads_v5", 16, 64),
    machine("GP_Standard_D32ads_v5", 32, 128),
    machine("GP_Standard_D48ads_v5", 48, 192),
    machine("GP_Standard_D64ads_v5", 64, 256),
    machine("MO_Standard_E2ads_v5", 2, 16),
    machine("MO_Standard_E4ads_v5", 4, 32),
    machine("MO_Standard_E8ads_v5", 8, 64),
    machine("MO_Standard_E16ads_v5", 16, 128),
    machine("MO_Standard_E32ads_v5", 32, 256),
    machine("MO_Standard_E48ads_v5", 48, 384),
    machine("MO_Standard_E64ads_v5", 64, 512),
];

/// Azure SQL Database, general purpose: 5.1 GiB for each processor.
const SQLSERVER: [Machine; 14] = [
    machine("GP_Gen5_2", 2, 10),
    machine("GP_Gen5_4", 4, 20),
    machine("GP_Gen5_6", 6, 30),
    machine("GP_Gen5_8", 8, 40),
    machine("GP_Gen5_10", 10, 51),
    machine("GP_Gen5_12", 12, 61),
    machine("GP_Gen5_14", 14, 71),
    machine("GP_Gen5_16", 16, 81),
    machine("GP_Gen5_18", 18, 91),
    machine("GP_Gen5_20", 20, 102),
    machine("GP_Gen5_24", 24, 122),
    machine("GP_Gen5_32", 32, 163),
    machine("GP_Gen5_40", 40, 204),
    machine("GP_Gen5_80", 80, 408),
];

/// What is offered of an engine.
pub(super) fn offer(engine: Engine) -> Option<&'static Offer> {
    static POSTGRES_OFFER: Offer = Offer {
        versions: &["14", "15", "16", "17", "18"],
        retired: &[
            ("10", "the community ended PostgreSQL 10 in November 2022"),
            ("11", "only paid extended support is left of PostgreSQL 11"),
            ("12", "only paid extended support is left of PostgreSQL 12"),
            ("13", "only paid extended support is left of PostgreSQL 13"),
        ],
        editions: &[],
        licenses: &[],
        replicas: Some(Replicas {
            most: 5,
            scales: false,
            editions: &[],
        }),
        shards: true,
        classes: &POSTGRES,
    };
    static MYSQL_OFFER: Offer = Offer {
        versions: &["8.4"],
        retired: &[
            ("5.7", "the community ended MySQL 5.7 in October 2023"),
            (
                "8.0",
                "the community ended MySQL 8.0 in April 2026; 8.4 is the long-term version",
            ),
        ],
        editions: &[],
        licenses: &[],
        replicas: Some(Replicas {
            most: 10,
            scales: false,
            editions: &[],
        }),
        shards: true,
        classes: &MYSQL,
    };
    // Azure SQL Database has no version of its own: 2022 is the language level of new databases.
    static SQLSERVER_OFFER: Offer = Offer {
        versions: &["2022"],
        retired: &[
            (
                "2016",
                "Azure SQL Database always runs the current engine, at the level of SQL Server 2022",
            ),
            (
                "2017",
                "Azure SQL Database always runs the current engine, at the level of SQL Server 2022",
            ),
            (
                "2019",
                "Azure SQL Database always runs the current engine, at the level of SQL Server 2022",
            ),
        ],
        editions: &[Edition::Standard],
        licenses: &[
            (Edition::Standard, License::Included),
            (Edition::Standard, License::Byol),
        ],
        // Replicas with an address of their own are part of Hyperscale alone, and the service finds a server by the name that a client
        // calls it: one name of ours over several of them cannot work.
        replicas: None,
        shards: true,
        classes: &SQLSERVER,
    };
    match engine {
        Engine::Postgres => Some(&POSTGRES_OFFER),
        Engine::Mysql => Some(&MYSQL_OFFER),
        Engine::Sqlserver => Some(&SQLSERVER_OFFER),
        // Oracle Database@Azure has to be bought by private offer first, and its password argument ends up in Terraform's state.
        Engine::Oracle => None,
    }
}

/// What is here of functions, tables and streams.
pub const SERVERLESS: &[&str] = &["function", "table", "stream", "workflow", "warehouse"];
