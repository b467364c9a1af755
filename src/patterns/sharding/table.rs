//! Which shards there are, which keys they hold, which tables are spread.

use std::collections::{BTreeMap, BTreeSet};

use crate::blueprint::Blueprint;
use crate::blueprint::model::{self, ShardId, Shards};
use crate::diagnostic::{Diagnostic, Span, sharding as rules};
use crate::ir::{Shard, Strategy};
use crate::vocabulary;

/// Keys that a directory may have: beyond about three thousand the expression that looks them up no longer compiles in the proxy
/// (5,000 fail in ShardingSphere 5.5.3), and each statement pays for them.
const DIRECTORY: usize = 1000;

/// The ids of the shards, in order.
pub(super) fn shards(
    blueprint: &Blueprint,
    path: &str,
    said: &model::Sharding,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<String>> {
    let ids: Vec<String> = match &said.shards {
        Shards::Count(count) => (0..*count).map(|number| format!("s{number}")).collect(),
        Shards::Named(ids) => ids.iter().map(ToString::to_string).collect(),
    };
    let at = |key: &str| blueprint.places.span(&format!("{path}.{key}"));
    match (said.strategy, said.active) {
        (vocabulary::Strategy::Hash, Some(active)) if active as usize > ids.len() => {
            problems.push(rules::too_many_active(at("active"), active, ids.len()));
            return None;
        }
        (vocabulary::Strategy::Hash, Some(active)) if !ids.len().is_multiple_of(active as usize) => {
            problems.push(rules::not_a_multiple(at("shards"), active, ids.len()));
        }
        (vocabulary::Strategy::Hash, _) => {}
        (other, Some(_)) => problems.push(rules::active_needs_hash(at("active"), other.name())),
        _ => {}
    }
    Some(ids)
}

/// How keys are mapped to the shards.
pub(super) fn strategy(
    blueprint: &Blueprint,
    path: &str,
    said: &model::Sharding,
    shards: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Option<Strategy> {
    let positions: BTreeMap<&str, usize> = shards.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    let mut table = Table {
        blueprint,
        path,
        shards,
        positions,
        problems,
    };
    let name = said.strategy.name();
    let strangers = [
        ("ranges", "range", !said.ranges.is_empty()),
        ("directory", "directory", !said.directory.is_empty()),
        ("default", "directory", said.default.is_some()),
    ];
    for (key, strategy, _) in strangers
        .iter()
        .filter(|(_, strategy, given)| *given && *strategy != name)
    {
        let at = blueprint.places.key(&format!("{path}.{key}"));
        table.problems.push(rules::other_strategy(at, key, strategy, name));
    }
    match said.strategy {
        vocabulary::Strategy::Hash => Some(Strategy::Hash),
        vocabulary::Strategy::Range => table.ranges(&said.ranges),
        vocabulary::Strategy::Directory => table.directory(&said.directory, said.default.as_ref()),
    }
}

/// Marks the shards that rows are routed to.
pub(super) fn active(ids: Vec<String>, strategy: &Strategy, active: Option<u32>) -> Vec<Shard> {
    let used: Option<BTreeSet<usize>> = match strategy {
        Strategy::Hash => active.map(|count| (0..count as usize).collect()),
        Strategy::Range(ranges) => Some(ranges.iter().map(|(_, shard)| *shard).collect()),
        Strategy::Directory { shards, default } => Some(shards.values().chain(default).copied().collect()),
    };
    ids.into_iter()
        .enumerate()
        .map(|(position, id)| Shard {
            id,
            active: used.as_ref().is_none_or(|used| used.contains(&position)),
        })
        .collect()
}

/// Refuses tables that are said twice, and columns of tables that are not spread.
pub(super) fn tables(blueprint: &Blueprint, path: &str, said: &model::Sharding, problems: &mut Vec<Diagnostic>) {
    for (index, table) in said.reference_tables.iter().enumerate() {
        if said.tables.contains(table) {
            let at = blueprint.places.span(&format!("{path}.reference_tables.{index}"));
            problems.push(rules::table_twice(at, table.as_str()));
        }
    }
    for (table, column) in &said.generated_ids {
        if !said.tables.contains(table) {
            let at = blueprint.places.key(&format!("{path}.generated_ids.{table}"));
            let known = said.tables.iter().map(model::Identifier::as_str);
            problems.push(rules::not_spread(at, table.as_str(), known));
        } else if *column == said.key {
            let at = blueprint.places.span(&format!("{path}.generated_ids.{table}"));
            problems.push(rules::generated_key(at, column.as_str()));
        }
    }
}

struct Table<'a> {
    blueprint: &'a Blueprint,
    path: &'a str,
    shards: &'a [String],
    positions: BTreeMap<&'a str, usize>,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Table<'a> {
    fn at(&self, key: &str) -> Option<Span> {
        let path = format!("{}.{key}", self.path);
        self.blueprint.places.span(&path).or(self.blueprint.places.key(&path))
    }

    fn position(&mut self, at: Option<Span>, shard: &ShardId) -> Option<usize> {
        let position = self.positions.get(shard.as_str()).copied();
        if position.is_none() {
            self.problems
                .push(rules::unknown_shard(at, shard.as_str(), self.positions.keys().copied()));
        }
        position
    }

    /// The first and the last shard.
    fn ends(&self) -> [&'a str; 2] {
        let at = |end: usize| self.shards.get(end).map_or("s0", String::as_str);
        [at(0), at(self.shards.len().saturating_sub(1))]
    }

    fn ranges(&mut self, said: &[model::Range]) -> Option<Strategy> {
        if said.is_empty() {
            let at = self.blueprint.places.key(self.path);
            self.problems
                .push(rules::missing_map(at, "range", "ranges", self.ends()));
            return None;
        }
        let mut ranges = vec![];
        let mut last: Option<i64> = None;
        for (index, range) in said.iter().enumerate() {
            let from = self
                .at(&format!("ranges.{index}.from"))
                .or(self.at(&format!("ranges.{index}")));
            match (index, range.from) {
                (0, None) => {}
                (0, Some(_)) => self.problems.push(rules::first_range(from)),
                (_, None) => self.problems.push(rules::later_range(from)),
                (_, Some(number)) if last.is_some_and(|last| number <= last) => {
                    self.problems.push(rules::range_order(from, number));
                }
                _ => {}
            }
            last = range.from.or(last);
            let at = self.at(&format!("ranges.{index}.shard"));
            ranges.push((range.from, self.position(at, &range.shard)));
        }
        let known = ranges.into_iter().map(|(from, shard)| Some((from, shard?)));
        known.collect::<Option<Vec<_>>>().map(Strategy::Range)
    }

    fn directory(
        &mut self,
        said: &BTreeMap<model::DirectoryKey, ShardId>,
        default: Option<&ShardId>,
    ) -> Option<Strategy> {
        if said.is_empty() {
            let at = self.blueprint.places.key(self.path);
            self.problems
                .push(rules::missing_map(at, "directory", "directory", self.ends()));
            return None;
        }
        if said.len() > DIRECTORY {
            let at = self.at("directory");
            self.problems.push(rules::large_directory(at, said.len(), DIRECTORY));
        }
        let mut shards = Some(BTreeMap::new());
        for (key, shard) in said {
            let at = self.at(&format!("directory.{key}"));
            match (self.position(at, shard), &mut shards) {
                (Some(position), Some(shards)) => {
                    shards.insert(key.to_string(), position);
                }
                _ => shards = None,
            }
        }
        let default = match default {
            None => None,
            Some(shard) => {
                let at = self.at("default");
                Some(self.position(at, shard)?)
            }
        };
        Some(Strategy::Directory {
            shards: shards?,
            default,
        })
    }
}
