//! Workflows and warehouses, with everything that follows from themselves alone.

use super::Reader;
use crate::blueprint::model;
use crate::diagnostic::warehouse as rules;
use crate::ir::{self, Column, Home};
use crate::patterns::links::times;
use crate::vocabulary::ColumnType;

impl Reader<'_> {
    /// A workflow without its steps, which are resolved with the links.
    pub(in crate::patterns) fn workflow(&mut self, (name, home): (&str, Home), said: &model::Workflow) -> ir::Workflow {
        ir::Workflow {
            name: name.to_owned(),
            home,
            path: self.path.clone(),
            steps: vec![],
            schedule: said.trigger.as_ref().and_then(|said| {
                let path = format!("{}.trigger", self.path);
                times(
                    self.blueprint,
                    &path,
                    (&said.schedule, said.timezone.as_ref()),
                    self.problems,
                )
            }),
            timeout_seconds: said.timeout_seconds,
        }
    }

    /// A warehouse whose streams are not resolved yet.
    pub(in crate::patterns) fn warehouse(
        &mut self,
        (name, home): (&str, Home),
        said: &model::Warehouse,
    ) -> ir::Warehouse {
        let tables = said.tables.iter().map(|(name, table)| ir::WarehouseTable {
            name: name.to_string(),
            columns: table
                .columns
                .iter()
                .map(|(name, kind)| Column {
                    name: name.to_string(),
                    kind: *kind,
                })
                .collect(),
            stream: None,
            time: table.time.as_ref().map(ToString::to_string),
            delete_after_days: table.delete_after_days,
        });
        let tables: Vec<ir::WarehouseTable> = tables.collect();
        if tables.is_empty() {
            let at = self.blueprint.places.key(&self.path);
            self.problems.push(rules::empty(at, "warehouse", "tables"));
        }
        for table in &tables {
            if table.columns.is_empty() {
                let at = self.at(&format!("tables.{}.columns", table.name));
                self.problems.push(rules::empty(at, "table", "columns"));
            }
            self.time_of(table);
        }
        ir::Warehouse {
            name: name.to_owned(),
            home,
            path: self.path.clone(),
            size: said.size,
            tables,
        }
    }

    fn time_of(&mut self, table: &ir::WarehouseTable) {
        let place = format!("tables.{}", table.name);
        match &table.time {
            Some(time) => {
                let column = table.columns.iter().find(|column| column.name == *time);
                if column.is_none_or(|column| column.kind != ColumnType::Timestamp) {
                    let at = self.at(&format!("{place}.time"));
                    self.problems.push(rules::no_time(at, time));
                }
            }
            None if table.delete_after_days.is_some() => {
                let at = self.at(&format!("{place}.delete_after_days"));
                self.problems.push(rules::age_of_nothing(at));
            }
            None => {}
        }
    }
}
