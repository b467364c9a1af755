//! One type as a line of the crate's archive, and as the lines of its text. The format is described in `src/terraform/provider/schema.rs`, which reads it.

use crate::Result;
use crate::source::Source;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// `KIND NAME JSON`.
pub fn line(source: &Source, kind: &str, name: &str, schema: &str) -> Result<String> {
    let schema: Value = serde_json::from_str(schema)?;
    let facts = match kind {
        "resource" => source.facts(name)?,
        _ => Value::Null,
    };
    let encoder = Encoder {
        source,
        name,
        is_resource: kind == "resource",
        facts: facts.as_object().cloned().unwrap_or_default(),
    };
    let mut body = encoder.body(&schema["block"], "");
    let mut line = Map::new();
    if let Some(version) = schema["version"].as_u64().filter(|version| *version > 0) {
        line.insert("version".into(), version.into());
    }
    if let Some(form) = source.id_form(name).filter(|_| kind == "resource") {
        line.insert("id".into(), form.into());
    }
    if schema["block"]["deprecated"] == true {
        line.insert("deprecated".into(), true.into());
    }
    let rules = encoder.rules();
    if !rules.is_empty() {
        line.insert("rules".into(), rules.into());
    }
    let shared = share(&mut body);
    if !shared.is_empty() {
        line.insert("shared".into(), shared.into());
    }
    line.insert("body".into(), body);
    Ok(format!("{kind} {name} {}", Value::Object(line)))
}

/// The lines of the crate's text for a type that stands on one line: its arguments and nested blocks each have one of their own.
pub fn lines(line: &str) -> Result<String> {
    let mut parts = line.splitn(3, ' ');
    let mut next = || parts.next().ok_or("a type without a schema");
    let (kind, name) = (next()?, next()?);
    let mut schema: Map<String, Value> = serde_json::from_str(next()?)?;
    let body = schema.remove("body").unwrap_or_default();
    let members = body.as_object().into_iter().flatten();
    let members: String = members.map(|(name, member)| format!(" {name} {member}\n")).collect();
    Ok(format!("{kind} {name} {}\n{members}", Value::Object(schema)))
}

struct Encoder<'a> {
    source: &'a Source,
    name: &'a str,
    is_resource: bool,
    facts: Map<String, Value>,
}

impl Encoder<'_> {
    /// The arguments and nested blocks of a block, by name.
    fn body(&self, block: &Value, parent: &str) -> Value {
        let mut members = BTreeMap::new();
        for (name, attribute) in block["attributes"].as_object().into_iter().flatten() {
            let path = format!("{parent}{name}");
            members.insert(name.clone(), self.attribute(attribute, &path));
        }
        for (name, nested) in block["block_types"].as_object().into_iter().flatten() {
            let path = format!("{parent}{name}");
            members.insert(name.clone(), self.nested(nested, &path));
        }
        Value::Object(members.into_iter().collect())
    }

    fn attribute(&self, attribute: &Value, path: &str) -> Value {
        let fact = self.facts.get(path).unwrap_or(&Value::Null);
        let marks = [
            ('!', attribute["required"] == true),
            ('?', attribute["optional"] == true),
            ('=', attribute["computed"] == true),
            ('*', attribute["sensitive"] == true),
            ('~', attribute["write_only"] == true),
            ('^', attribute["deprecated"] == true || fact["deprecated"].is_string()),
            ('#', fact["force_new"] == true),
        ];
        let marks = marks.iter().filter(|(_, set)| *set).map(|(mark, _)| mark);
        let kind: String = type_text(&attribute["type"]).chars().chain(marks.copied()).collect();
        let mut facts = values(fact);
        if is_doubtful(&facts, &kind) {
            facts.remove("one_of");
        }
        let inside = self.inside(path);
        if !inside.is_empty() {
            facts.insert("of".into(), Value::Object(inside));
        }
        match facts.is_empty() {
            true => kind.into(),
            false => json!([kind, facts]),
        }
    }

    /// Facts about the fields of an attribute that is an object, or a list of them, by name.
    fn inside(&self, path: &str) -> Map<String, Value> {
        let prefix = format!("{path}.");
        let below = self.facts.keys().filter_map(|path| path.strip_prefix(&prefix));
        let names: BTreeSet<&str> = below.filter_map(|path| path.split('.').next()).collect();
        let mut fields = Map::new();
        for name in names {
            let path = format!("{prefix}{name}");
            let mut facts = self.facts.get(&path).map(values).unwrap_or_default();
            let inside = self.inside(&path);
            if !inside.is_empty() {
                facts.insert("of".into(), inside.into());
            }
            if !facts.is_empty() {
                fields.insert(name.to_owned(), facts.into());
            }
        }
        fields
    }

    fn nested(&self, nested: &Value, path: &str) -> Value {
        let (mut least, mut most) = match self.is_resource {
            true => self.source.limits(self.name, path),
            false => (0, 0),
        };
        least = least.max(nested["min_items"].as_u64().unwrap_or(0));
        most = match (most, nested["max_items"].as_u64().unwrap_or(0)) {
            (0, other) | (other, 0) => other,
            (one, other) => one.min(other),
        };
        let mode = nested["nesting_mode"].as_str().unwrap_or("list");
        let mut header = match (mode, least, most) {
            ("single", ..) | (_, 0, 0) => mode.to_owned(),
            (_, least, 0) => format!("{mode} {least}-"),
            _ => format!("{mode} {least}-{most}"),
        };
        let fact = self.facts.get(path).unwrap_or(&Value::Null);
        let computed = self.is_resource && self.source.is_computed_block(self.name, path);
        let deprecated = nested["block"]["deprecated"] == true || fact["deprecated"].is_string();
        let marks = [('=', computed), ('^', deprecated), ('#', fact["force_new"] == true)];
        header.extend(marks.iter().filter(|(_, set)| *set).map(|(mark, _)| mark));
        let mut members = Map::from_iter([(String::new(), header.into())]);
        if let Value::Object(body) = self.body(&nested["block"], &format!("{path}.")) {
            members.extend(body);
        }
        Value::Object(members)
    }

    /// The rules over several arguments, each said once.
    fn rules(&self) -> Map<String, Value> {
        let mut rules = Map::new();
        for rule in ["exactly_one_of", "at_least_one_of"] {
            let mut groups: Vec<Vec<String>> = vec![];
            for (path, fact) in &self.facts {
                let mut group = texts(&fact[rule]);
                group.sort();
                group.dedup();
                // The rule holds where the block around its first path is there; the path that states the rule goes first.
                let Some(place) = group.iter().position(|member| member == path) else {
                    continue;
                };
                group[..=place].rotate_right(1);
                let same = |other: &Vec<String>| {
                    let (mut one, mut two) = (group.clone(), other.clone());
                    one.sort();
                    two.sort();
                    one == two && parent(&group[0]) == parent(&other[0])
                };
                if !groups.iter().any(same) {
                    groups.push(group);
                }
            }
            groups.sort();
            if !groups.is_empty() {
                rules.insert(rule.into(), json!(groups));
            }
        }
        let mut pairs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (path, fact) in &self.facts {
            for other in texts(&fact["conflicts_with"]) {
                let said = pairs.get(&other).is_some_and(|others| others.contains(path));
                if &other != path && !said {
                    pairs.entry(path.clone()).or_default().push(other);
                }
            }
        }
        let needs = self.facts.iter().filter_map(|(path, fact)| {
            let mut others = texts(&fact["required_with"]);
            others.retain(|other| other != path);
            (!others.is_empty()).then(|| (path.clone(), others))
        });
        for (rule, table) in [("conflicts_with", pairs), ("required_with", needs.collect())] {
            if !table.is_empty() {
                rules.insert(rule.into(), json!(table));
            }
        }
        rules
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Whether a list of allowed values cannot be relied on: numbers for a text (dates that were taken apart), lists that grow with the
/// cloud (the instance types), which the provider does not check, and the words that azurerm takes beside a resource id (`System` for an
/// app's own identity), where the id is lost.
fn is_doubtful(facts: &Map<String, Value>, kind: &str) -> bool {
    const LONGEST: usize = 200;
    let listed = facts.get("one_of").and_then(Value::as_array);
    listed.is_some_and(|values| {
        let text = kind.starts_with("string");
        let beside_an_id = values.iter().all(|value| value == "System" || value == "None");
        beside_an_id || values.len() > LONGEST || (text && !values.iter().all(Value::is_string))
    })
}

/// The facts about a single value, without those that are marks or rules.
fn values(fact: &Value) -> Map<String, Value> {
    let mut facts = Map::new();
    let mut keep = |name: &str, value: &Value| {
        if !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()) {
            facts.insert(name.to_owned(), value.clone());
        }
    };
    for name in ["default", "deprecated", "like", "length", "one_of", "pattern", "range"] {
        keep(name, &fact[name]);
    }
    if !fact["at_least"].is_null() {
        keep("range", &json!([fact["at_least"], null]));
    }
    match fact["format"].as_str() {
        None | Some("resource id") => {} // said by `like`
        Some("RFC 3339 time") => keep("format", &"rfc3339".into()),
        Some(_) => keep("format", &fact["format"]),
    }
    if fact["element"].is_object() {
        let element = values(&fact["element"]);
        if !element.is_empty() {
            keep("element", &Value::Object(element));
        }
    }
    facts
}

/// A type in Terraform's notation: `list(object({a=string}))`.
fn type_text(kind: &Value) -> String {
    match kind {
        Value::Array(parts) => match (&parts[0], &parts[1]) {
            (outer, Value::Object(fields)) if outer == "object" => {
                let fields: BTreeMap<_, _> = fields.iter().collect();
                let fields = fields.iter().map(|(name, kind)| format!("{name}={}", type_text(kind)));
                format!("object({{{}}})", fields.collect::<Vec<_>>().join(","))
            }
            (outer, inner) => format!("{}({})", outer.as_str().unwrap_or("any"), type_text(inner)),
        },
        Value::String(name) if name != "dynamic" => name.clone(),
        _ => "any".to_owned(),
    }
}

/// Moves nested blocks that occur several times into a table (the statements of a web ACL contain each other three levels deep)
/// and puts their number in the table in their place.
fn share(body: &mut Value) -> Vec<Value> {
    let mut counts = HashMap::new();
    count(body, &mut counts);
    let mut table = Table::default();
    for (_, member) in body.as_object_mut().into_iter().flatten() {
        table.replace(member, &counts);
    }
    table.blocks
}

fn count(body: &Value, counts: &mut HashMap<String, usize>) {
    for member in body.as_object().into_iter().flat_map(Map::values) {
        if member.is_object() {
            *counts.entry(member.to_string()).or_default() += 1;
            count(member, counts);
        }
    }
}

#[derive(Default)]
struct Table {
    places: HashMap<String, usize>,
    blocks: Vec<Value>,
}

impl Table {
    /// Below this length a number in place of a block saves too little to be worth the detour for a reader.
    const SHORTEST: usize = 300;

    fn replace(&mut self, member: &mut Value, counts: &HashMap<String, usize>) {
        if !member.is_object() {
            return;
        }
        let text = member.to_string();
        let is_shared = text.len() >= Self::SHORTEST && counts.get(&text).is_some_and(|&times| times > 1);
        if let Some(&place) = self.places.get(&text) {
            *member = place.into();
            return;
        }
        for (_, inner) in member.as_object_mut().into_iter().flatten() {
            self.replace(inner, counts);
        }
        if is_shared {
            let place = self.blocks.len();
            self.blocks.push(std::mem::replace(member, place.into()));
            self.places.insert(text, place);
        }
    }
}
