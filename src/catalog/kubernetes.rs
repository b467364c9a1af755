//! Database engines that run in a cluster, read in November 2026.
//!
//! PostgreSQL: the majors that CloudNativePG 1.30 has images of and the PostgreSQL project still mends. MySQL: the long-term release
//! that Oracle's operator runs. SQL Server: the releases that Microsoft publishes container images of, with the tools at their
//! present place. Oracle Database has no image that may be used without the owner's registry account and no operator that backs it
//! up without one, so it is not offered.
//!
//! Read replicas are the standbys of the same cluster: CloudNativePG has no bound of its own, so theirs is the language's; a group of
//! MySQL has nine members at most, one of which is written. Neither operator adds and removes servers with the load. SQL Server's
//! readable secondaries belong to an availability group, which needs an operator of its vendor's offer. Shards are servers like the main
//! one, so every engine has them.

use super::{Offer, Replicas};
use crate::vocabulary::{Edition, Engine, License};

/// The release of MySQL behind the major version `8.4`: the operator wants it in full.
pub(super) const MYSQL_RELEASE: &str = "8.4.7";

const POSTGRES: Offer = Offer {
    versions: &["15", "16", "17", "18"],
    retired: &[
        ("12", "the PostgreSQL project ended it in November 2024"),
        ("13", "the PostgreSQL project ended it in November 2025"),
        ("14", "the PostgreSQL project ended it in November 2026"),
    ],
    editions: &[],
    licenses: &[],
    replicas: Some(Replicas {
        most: 15,
        scales: false,
        editions: &[],
    }),
    shards: true,
    classes: &[],
};

const MYSQL: Offer = Offer {
    versions: &["8.4"],
    retired: &[
        ("5.7", "Oracle ended its support in October 2023"),
        ("8.0", "Oracle ended its support in April 2026"),
    ],
    editions: &[],
    licenses: &[],
    replicas: Some(Replicas {
        most: 8,
        scales: false,
        editions: &[],
    }),
    shards: true,
    classes: &[],
};

const SQLSERVER: Offer = Offer {
    versions: &["2022", "2025"],
    retired: &[
        ("2017", "it has no container image with current tools"),
        ("2019", "its mainstream support ended in February 2025"),
    ],
    editions: &[Edition::Express, Edition::Standard, Edition::Enterprise],
    licenses: &[
        (Edition::Express, License::Included),
        (Edition::Standard, License::Byol),
        (Edition::Enterprise, License::Byol),
    ],
    replicas: None,
    shards: true,
    classes: &[],
};

/// What is offered of an engine.
pub(super) fn offer(engine: Engine) -> Option<&'static Offer> {
    match engine {
        Engine::Postgres => Some(&POSTGRES),
        Engine::Mysql => Some(&MYSQL),
        Engine::Sqlserver => Some(&SQLSERVER),
        Engine::Oracle => None,
    }
}

/// What is here of functions, tables, streams, workflows and warehouses.
pub const SERVERLESS: &[&str] = &["function", "stream", "table", "warehouse", "workflow"];
