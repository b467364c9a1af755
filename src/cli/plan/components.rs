//! Which component of a blueprint a rendered resource belongs to.
//!
//! The names of resources follow those of components, and the files they stand in are named by concern; both are the output's public
//! face. A name alone is not enough: `main` is a database in `database.tf` and the network in `network.tf`.

use std::collections::BTreeMap;

use crate::output::FileTree;

use super::summary::Counted;

/// Tables of the blueprint that hold components, and the files in which their resources stand. No files: anywhere but in [`SHARED`].
const KINDS: [(&str, &[&str]); 15] = [
    ("services", &[]),
    ("functions", &[]),
    ("apis", &[]),
    (
        "databases",
        &[
            "database",
            "replicas",
            "shards",
            "alarms",
            "dashboards",
            "secrets",
            "firewall",
            "edge",
            "dns",
        ],
    ),
    ("tables", &[]),
    ("caches", &[]),
    ("queues", &[]),
    ("topics", &[]),
    ("streams", &[]),
    ("buckets", &["storage", "firewall"]),
    ("shares", &["storage", "firewall"]),
    ("warehouses", &[]),
    ("workflows", &[]),
    ("secrets", &["secrets"]),
    ("externals", &[]),
];

/// Files whose resources belong to the system as a whole.
const SHARED: [&str; 9] = [
    "apis",
    "bastion",
    "budget",
    "encryption",
    "endpoints",
    "logs",
    "network",
    "observability",
    "versions",
];

/// The components of a blueprint, and the files of its rendered resources.
#[derive(Debug)]
pub(super) struct Components {
    components: Vec<Component>,
    /// Type and name of a resource, and its file's name without the extension.
    files: BTreeMap<(String, String), String>,
}

#[derive(Debug)]
struct Component {
    label: String,
    /// Its name as it stands in names of resources.
    identifier: String,
    files: &'static [&'static str],
    /// The file of its domain.
    domain: Option<String>,
}

impl Components {
    /// Reads the names of components from a blueprint's text, and where resources stand from what was rendered.
    pub(super) fn new(blueprint: &str, rendered: &FileTree) -> Self {
        let table: toml::Table = toml::from_str(blueprint).unwrap_or_default();
        let mut components = within(&table, "");
        let domains = table.get("domains").and_then(toml::Value::as_table);
        for (domain, inner) in domains.into_iter().flatten() {
            components.extend(inner.as_table().iter().flat_map(|inner| within(inner, domain)));
        }
        let mut files = BTreeMap::new();
        for (path, text) in rendered.iter() {
            let Some(stem) = path
                .strip_prefix("terraform/")
                .and_then(|name| name.strip_suffix(".tf"))
            else {
                continue;
            };
            for line in text.lines() {
                // As the emitter writes it, and only it: a resource at the beginning of a line.
                let words: Vec<&str> = line.split('"').collect();
                if let ["resource ", kind, " ", name, _] = words[..] {
                    files.insert((kind.to_owned(), name.to_owned()), stem.to_owned());
                }
            }
        }
        Self { components, files }
    }

    /// The row of a summary that a resource belongs to: its component, or its file where it serves the whole system.
    pub(super) fn row(&self, resource: &Counted<'_>) -> (usize, String) {
        let shared = self.components.len();
        let key = (resource.kind.to_owned(), resource.name.to_owned());
        let Some(file) = self.files.get(&key) else {
            return (shared, "other".to_owned());
        };
        let places = self.components.iter().enumerate().filter_map(|(number, component)| {
            if !component.may_stand_in(file, resource.kind) {
                return None;
            }
            let at = find(resource.name, &component.identifier)?;
            // Whose name comes first, and of those the longest: `web_to_was` is of `web`, `web_api` not of `web` where there is both.
            Some(((at, usize::MAX - component.identifier.len()), number))
        });
        match places
            .min()
            .and_then(|(_, number)| Some((number, self.components.get(number)?)))
        {
            Some((number, component)) => (number, component.label.clone()),
            None => (shared, format!("shared: {}", file.replace('_', " "))),
        }
    }
}

impl Component {
    fn may_stand_in(&self, file: &str, kind: &str) -> bool {
        // The vault stands beside the entries that are in it.
        let is_vault = file == "secrets" && !kind.contains("secret");
        let is_its_own = self.files.is_empty() || self.files.contains(&file) || self.domain.as_deref() == Some(file);
        is_its_own && !SHARED.contains(&file) && !is_vault
    }
}

/// The components of one table, with the domain that it is of.
fn within(table: &toml::Table, domain: &str) -> Vec<Component> {
    let mut found = Vec::new();
    for (kind, files) in KINDS {
        let named = table.get(kind).and_then(toml::Value::as_table);
        for (name, said) in named.into_iter().flatten() {
            let singular = kind.trim_end_matches('s');
            let (label, identifier) = if domain.is_empty() {
                (format!("{singular} {name}"), name.replace('-', "_"))
            } else {
                (
                    format!("{singular} {domain}.{name}"),
                    format!("{domain}_{name}").replace('-', "_"),
                )
            };
            let domain = (!domain.is_empty()).then(|| format!("domain_{}", domain.replace('-', "_")));
            // The proxy in front of a database's shards stands where services do.
            if said.get("sharding").is_some() {
                found.push(Component {
                    label: label.clone(),
                    identifier: format!("{identifier}_proxy"),
                    files: &[],
                    domain: domain.clone(),
                });
            }
            found.push(Component {
                label,
                identifier,
                files,
                domain,
            });
        }
    }
    found
}

/// Where a name stands in another, as whole words between underscores.
fn find(name: &str, word: &str) -> Option<usize> {
    name.match_indices(word).map(|(at, _)| at).find(|&at| {
        let before = name[..at].chars().next_back();
        let after = name[at + word.len()..].chars().next();
        before.is_none_or(|c| c == '_') && after.is_none_or(|c| c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_belong_to_whom_they_are_named_after() {
        let blueprint = "\
[services.web]\n[services.web-api]\n[services.was]\n[databases.main.sharding]\n[buckets.media]\n[secrets.api-key]\n[domains.shop.services.web]\n";
        let mut files = FileTree::new();
        let wanted = [
            ("compute", "aws_launch_template", "web", "service web"),
            ("compute", "aws_launch_template", "web_api", "service web-api"),
            ("compute", "aws_launch_template", "shop_web", "service shop.web"),
            ("firewall", "aws_rule", "web_to_was_8000", "service web"),
            ("firewall", "aws_rule", "balancer_to_was_8000", "service was"),
            ("firewall", "aws_rule", "webserver", "shared: firewall"),
            ("network", "aws_vpc", "main", "shared: network"),
            ("database", "aws_db_instance", "main", "database main"),
            ("replicas", "aws_db_instance", "main_replica", "database main"),
            (
                "alarms",
                "aws_cloudwatch_metric_alarm",
                "main_replica_lag",
                "database main",
            ),
            ("shards", "aws_db_instance", "main_shard", "database main"),
            ("compute", "aws_launch_template", "main_proxy", "database main"),
            ("load_balancer", "aws_lb", "main_proxy", "database main"),
            ("alarms", "aws_sns_topic", "alarms", "shared: alarms"),
            ("load_balancer", "aws_lb", "main", "shared: load balancer"),
            ("secrets", "azurerm_key_vault", "main", "shared: secrets"),
            ("secrets", "azurerm_key_vault_secret", "api_key", "secret api-key"),
            ("storage", "aws_s3_bucket", "media", "bucket media"),
        ];
        for stem in [
            "compute",
            "firewall",
            "network",
            "database",
            "replicas",
            "shards",
            "alarms",
            "load_balancer",
            "secrets",
            "storage",
        ] {
            let blocks = wanted.iter().filter(|(file, ..)| *file == stem);
            let text: String = blocks
                .map(|(_, kind, name, _)| format!("resource \"{kind}\" \"{name}\" {{\n}}\n"))
                .collect();
            files.insert(format!("terraform/{stem}.tf"), text);
        }
        let components = Components::new(blueprint, &files);
        for (_, kind, name, label) in wanted {
            let module = None;
            let (_, row) = components.row(&Counted { module, kind, name });
            assert_eq!(row, label, "{kind}.{name}");
        }
    }
}
