//! Tables and streams, with everything that follows from themselves alone.

use super::Reader;
use crate::blueprint::model;
use crate::diagnostic::table as rules;
use crate::ir::{self, Attribute, Capacity, Home, Index, Key};

impl Reader<'_> {
    pub(in crate::patterns) fn stream(&mut self, (name, home): (&str, Home), said: &model::Stream) -> ir::Stream {
        ir::Stream {
            name: name.to_owned(),
            home,
            path: self.path.clone(),
            partitions: said.partitions,
            retention_hours: said.retention_hours,
            kafka: said.kafka,
        }
    }

    pub(in crate::patterns) fn table(&mut self, (name, home): (&str, Home), said: &model::KeyTable) -> ir::Table {
        let attribute = |name: &model::ItemAttribute| Attribute {
            name: name.to_string(),
            kind: said.types.get(name).copied().unwrap_or_default(),
        };
        let key = |partition: &model::ItemAttribute, sort: Option<&model::ItemAttribute>| Key {
            partition: attribute(partition),
            sort: sort.map(attribute),
        };
        let table = ir::Table {
            name: name.to_owned(),
            home,
            path: self.path.clone(),
            key: key(&said.partition_key, said.sort_key.as_ref()),
            indexes: said
                .indexes
                .iter()
                .map(|(name, index)| Index {
                    name: name.to_string(),
                    key: key(&index.partition_key, index.sort_key.as_ref()),
                    attributes: index.attributes.as_ref().map(|names| {
                        let mut names: Vec<String> = names.iter().map(ToString::to_string).collect();
                        names.sort();
                        names.dedup();
                        names
                    }),
                })
                .collect(),
            ttl: said.ttl.as_ref().map(ToString::to_string),
            capacity: said.capacity.map(|said| Capacity {
                read: said.read,
                write: said.write,
                max_read: said.max_read.unwrap_or(said.read),
                max_write: said.max_write.unwrap_or(said.write),
                percent: said.percent,
            }),
            restore: said.restore,
            changes: said.changes,
        };
        self.keys_of(&table, said);
        table
    }

    fn keys_of(&mut self, table: &ir::Table, said: &model::KeyTable) {
        let keys = std::iter::once(&table.key).chain(table.indexes.iter().map(|index| &index.key));
        let keys: Vec<&Key> = keys.collect();
        let places = std::iter::once("sort_key".to_owned());
        let places = places.chain(
            table
                .indexes
                .iter()
                .map(|index| format!("indexes.{}.sort_key", index.name)),
        );
        for (key, place) in keys.iter().zip(places) {
            if key.sort.as_ref().is_some_and(|sort| sort.name == key.partition.name) {
                let at = self.at(&place);
                self.problems.push(rules::same_key(at, &key.partition.name));
            }
        }
        let in_keys = |name: &str| keys.iter().any(|key| key.attributes().any(|known| known.name == name));
        for name in said.types.keys().filter(|name| !in_keys(name.as_str())) {
            let at = self.at(&format!("types.{name}"));
            self.problems.push(rules::type_of_nothing(at, name.as_str()));
        }
        let capacity = table.capacity;
        for (key, least, most) in capacity.into_iter().flat_map(|said| {
            [
                ("max_read", said.read, said.max_read),
                ("max_write", said.write, said.max_write),
            ]
        }) {
            if most < least {
                let at = self.at(&format!("capacity.{key}"));
                self.problems.push(rules::capacity_range(at, key, least));
            }
        }
    }
}
