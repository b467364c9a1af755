//! What a plan would change, counted by type and by what it belongs to.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The part of Terraform's plan JSON that is counted.
#[derive(Debug, Deserialize)]
pub(super) struct Plan {
    #[serde(default)]
    resource_changes: Vec<ResourceChange>,
}

#[derive(Debug, Deserialize)]
struct ResourceChange {
    #[serde(default)]
    module_address: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    change: Change,
}

#[derive(Debug, Deserialize)]
struct Change {
    actions: Vec<String>,
}

/// What happens to a resource, in the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Create,
    Update,
    Replace,
    Destroy,
    Forget,
}

impl Action {
    const ALL: [Self; 5] = [Self::Create, Self::Update, Self::Replace, Self::Destroy, Self::Forget];

    fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Destroy => "destroy",
            Self::Forget => "forget",
        }
    }

    /// None where nothing changes.
    fn of(actions: &[String]) -> Option<Self> {
        let has = |word| actions.iter().any(|action| action == word);
        match (has("create"), has("delete")) {
            (true, true) => Some(Self::Replace),
            (true, false) => Some(Self::Create),
            (false, true) => Some(Self::Destroy),
            (false, false) if has("update") => Some(Self::Update),
            (false, false) if has("forget") => Some(Self::Forget),
            (false, false) => None,
        }
    }
}

/// How often each action occurs.
type Counts = BTreeMap<Action, usize>;

/// A resource that is counted: where it is, and what it is.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    /// The address of its module; none for the root module.
    pub(super) module: Option<&'a str>,
    /// Its type.
    pub(super) kind: &'a str,
    /// Its name.
    pub(super) name: &'a str,
}

/// Tables of what would change. `group` heads the first and says to which of its rows a resource belongs; rows are sorted by the
/// number that comes with their name.
pub(super) fn text(plan: &Plan, heading: &str, group: impl Fn(&Counted<'_>) -> (usize, String)) -> String {
    let mut total = Counts::new();
    let mut groups: BTreeMap<(usize, String), Counts> = BTreeMap::new();
    let mut kinds: BTreeMap<(usize, String), Counts> = BTreeMap::new();
    for resource in plan
        .resource_changes
        .iter()
        .filter(|resource| resource.mode == "managed")
    {
        let Some(action) = Action::of(&resource.change.actions) else {
            continue;
        };
        let counted = Counted {
            module: resource.module_address.as_deref(),
            kind: &resource.kind,
            name: &resource.name,
        };
        let rows = [groups.entry(group(&counted)), kinds.entry((0, resource.kind.clone()))];
        for counts in rows.map(|row| row.or_default()) {
            *counts.entry(action).or_default() += 1;
        }
        *total.entry(action).or_default() += 1;
    }
    if total.is_empty() {
        return "Summary: nothing to change\n".to_owned();
    }
    let words: Vec<String> = total
        .iter()
        .map(|(action, number)| format!("{number} to {}", action.word()))
        .collect();
    let mut text = format!("Summary: {}\n", words.join(", "));
    text += &table(heading, &groups, &total);
    text += &table("type", &kinds, &total);
    text
}

/// A table with a column for every action that occurs at all.
fn table(heading: &str, rows: &BTreeMap<(usize, String), Counts>, total: &Counts) -> String {
    let actions: Vec<Action> = Action::ALL
        .into_iter()
        .filter(|action| total.contains_key(action))
        .collect();
    let width = rows
        .keys()
        .map(|(_, name)| name.chars().count())
        .chain([heading.len()])
        .max();
    let width = width.unwrap_or_default();
    let line = |first: &str, cells: &mut dyn Iterator<Item = String>| {
        let cells: String = cells.map(|cell| format!("  {cell:>7}")).collect();
        format!("  {first:width$}{cells}\n")
    };
    let mut text = String::from("\n");
    text += &line(heading, &mut actions.iter().map(|action| action.word().to_owned()));
    for ((_, name), counts) in rows {
        let mut cells = actions.iter().map(|action| match counts.get(action) {
            Some(number) => number.to_string(),
            None => "-".to_owned(),
        });
        text += &line(name, &mut cells);
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn plan(changes: &[(&str, &str, &str)]) -> Plan {
        let changes: Vec<String> = changes
            .iter()
            .map(|(kind, name, actions)| {
                format!(
                    r#"{{"mode": "managed", "type": "{kind}", "name": "{name}", "change": {{"actions": {actions}}}}}"#
                )
            })
            .collect();
        serde_json::from_str(&format!(r#"{{"resource_changes": [{}]}}"#, changes.join(","))).unwrap()
    }

    #[test]
    fn actions_are_counted_in_columns_that_are_needed() {
        let plan = plan(&[
            ("aws_vpc", "main", r#"["create"]"#),
            ("aws_subnet", "web", r#"["delete", "create"]"#),
            ("aws_subnet", "was", r#"["create", "delete"]"#),
            ("aws_eip", "main", r#"["no-op"]"#),
            ("aws_eip", "web", r#"["delete"]"#),
        ]);
        let text = text(&plan, "component", |resource| match resource.name {
            "main" => (1, "network".to_owned()),
            name => (0, format!("service {name}")),
        });
        let wanted = "\
Summary: 1 to create, 2 to replace, 1 to destroy

  component     create  replace  destroy
  service was        -        1        -
  service web        -        1        1
  network            1        -        -

  type         create  replace  destroy
  aws_eip           -        -        1
  aws_subnet        -        2        -
  aws_vpc           1        -        -
";
        assert_eq!(text, wanted);
    }

    #[test]
    fn no_change_is_said() {
        let text = text(&plan(&[]), "module", |_| (0, String::new()));
        assert_eq!(text, "Summary: nothing to change\n");
    }
}
