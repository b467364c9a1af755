//! Types, fixed sets of words, and the choice between several forms of a value.

use serde_json::Value as Json;

use super::words::either;
use super::{Place, Walk};
use crate::blueprint::schema::Schema;
use crate::blueprint::tree::{Node, Table, Value};
use crate::diagnostic::language as rules;

impl Schema {
    /// The texts that a schema admits, where it admits nothing else.
    pub(in crate::blueprint) fn words<'a>(&'a self, schema: &'a Json) -> Option<Vec<&'a str>> {
        let schema = self.resolve(schema);
        if let Some(word) = schema.get("const") {
            return Some(vec![word.as_str()?]);
        }
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            return words.iter().map(Json::as_str).collect();
        }
        let mut all = vec![];
        for branch in self.branches(schema)? {
            all.extend(self.words(branch)?);
        }
        Some(all)
    }

    /// The alternatives of a schema.
    fn branches<'a>(&self, schema: &'a Json) -> Option<&'a Vec<Json>> {
        schema
            .get("anyOf")
            .or_else(|| schema.get("oneOf"))
            .and_then(Json::as_array)
    }

    /// The JSON types that a schema admits; none where it admits every type.
    fn types<'a>(&'a self, schema: &'a Json) -> Vec<&'a str> {
        let schema = self.resolve(schema);
        match schema.get("type") {
            Some(Json::String(one)) => vec![one.as_str()],
            Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
            _ if self.words(schema).is_some() => vec!["string"],
            _ => {
                let mut types = vec![];
                for branch in self.branches(schema).into_iter().flatten() {
                    for name in self.types(branch) {
                        if !types.contains(&name) {
                            types.push(name);
                        }
                    }
                }
                types
            }
        }
    }

    /// Whether a value has a type that a schema admits.
    pub(in crate::blueprint) fn admits(&self, schema: &Json, node: &Node) -> bool {
        let types = self.types(schema);
        // What may be anything is passed on as JSON, where a date would turn into a text.
        types.is_empty() && !matches!(node.value, Value::Datetime(_)) || types.iter().any(|name| node.is(name))
    }

    /// What a schema admits, in words.
    fn noun(&self, schema: &Json) -> String {
        let schema = self.resolve(schema);
        if let Some(words) = self.words(schema) {
            let words: Vec<String> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
            return either(&words);
        }
        if let Some(branches) = self.branches(schema) {
            let nouns: Vec<String> = branches.iter().map(|branch| self.noun(branch)).collect();
            return either(&nouns);
        }
        let nouns: Vec<String> = self
            .types(schema)
            .into_iter()
            .map(|name| match name {
                "string" => "a string".to_owned(),
                "integer" => "an integer".to_owned(),
                "number" => "a number".to_owned(),
                "boolean" => "`true` or `false`".to_owned(),
                "array" => match schema.get("items").map(|items| self.types(items)).as_deref() {
                    Some(["string"]) => "an array of strings".to_owned(),
                    Some(["integer"]) => "an array of integers".to_owned(),
                    Some(["object"]) => "an array of tables".to_owned(),
                    _ => "an array".to_owned(),
                },
                _ => "a table".to_owned(),
            })
            .collect();
        if nouns.is_empty() {
            "a string, number, boolean, array or table".to_owned()
        } else {
            either(&nouns)
        }
    }

    /// The keys of a form that is a table: the required ones, or all where none is.
    fn form(&self, schema: &Json) -> String {
        let schema = self.resolve(schema);
        let required: Vec<String> = schema
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(|key| Some(format!("`{}`", key.as_str()?)))
            .collect();
        if !required.is_empty() {
            return required.join(" and ");
        }
        let all: Vec<String> = schema
            .get("properties")
            .and_then(Json::as_object)
            .into_iter()
            .flat_map(|properties| properties.keys())
            .map(|key| format!("`{key}`"))
            .collect();
        either(&all)
    }

    /// How many keys of a table a form knows.
    fn shared(&self, schema: &Json, table: &Table) -> usize {
        let properties = self.resolve(schema).get("properties");
        table
            .keys()
            .filter(|key| properties.and_then(|known| known.get(key.as_str())).is_some())
            .count()
    }
}

impl Walk<'_> {
    /// Checks a value that may have one of several forms, against the form that its author most likely meant.
    pub(super) fn choose(&mut self, schema: &Json, branches: &[Json], node: &Node, place: &Place<'_>) {
        let fitting: Vec<&Json> = branches
            .iter()
            .filter(|branch| self.schema.admits(branch, node))
            .collect();
        match (fitting.as_slice(), &node.value) {
            ([], _) => self.wrong_type(schema, node, place),
            ([only], _) => self.value(only, node, place),
            (several, Value::Table(table)) => {
                let shared = |branch: &&Json| self.schema.shared(branch, table);
                let most = several.iter().map(shared).max().unwrap_or_default();
                let likely: Vec<&Json> = several
                    .iter()
                    .copied()
                    .filter(|branch| shared(branch) == most)
                    .collect();
                if most == 0
                    && !table.is_empty()
                    && self.fewest(&likely, node, place).is_some_and(|found| !found.is_empty())
                {
                    let forms: Vec<String> = several.iter().map(|branch| self.schema.form(branch)).collect();
                    let error = rules::unknown_shape(&place.to_string(), node.span, &forms);
                    return self.report(error, place);
                }
                let found = self.fewest(&likely, node, place);
                self.found.extend(found.into_iter().flatten());
            }
            (several, _) => {
                let found = self.fewest(several, node, place);
                self.found.extend(found.into_iter().flatten());
            }
        }
    }

    /// The violations of the form that has the fewest.
    fn fewest(&self, branches: &[&Json], node: &Node, place: &Place<'_>) -> Option<Vec<crate::diagnostic::Diagnostic>> {
        branches
            .iter()
            .map(|branch| {
                let mut walk = Walk {
                    schema: self.schema,
                    text: self.text,
                    found: vec![],
                };
                walk.value(branch, node, place);
                walk.found
            })
            .min_by_key(Vec::len)
    }

    /// Reports a type that the schema does not admit, and how to write the value instead.
    pub(super) fn wrong_type(&mut self, schema: &Json, node: &Node, place: &Place<'_>) {
        let expected = self.schema.noun(schema);
        let fix = self
            .rewrite(schema, node)
            .map(|better| format!("write `{better}`"))
            .unwrap_or_else(|| match &node.value {
                _ if self.schema.types(schema) == ["object"] => {
                    format!("write a table: {}", self.schema.keys(schema))
                }
                _ => format!("give {expected}"),
            });
        let error = rules::wrong_type(&place.to_string(), node.span, &expected, node.noun(), fix);
        self.report(error, place);
    }

    /// The same value in a type that the schema admits, if it only needs other punctuation.
    fn rewrite(&self, schema: &Json, node: &Node) -> Option<String> {
        let types = self.schema.types(schema);
        let raw = self.raw(node);
        // A value of many lines is no example.
        if raw.is_empty() || raw.contains('\n') {
            return None;
        }
        let fits = |node: &Node| self.schema.admits(schema, node);
        let bare = |value| fits(&Node { span: node.span, value });
        match &node.value {
            Value::String(text) => {
                if text.parse().is_ok_and(|number| bare(Value::Integer(number)))
                    || text.parse().is_ok_and(|truth| bare(Value::Boolean(truth)))
                {
                    return Some(text.clone());
                }
            }
            Value::Float(number) if number.fract() == 0.0 && types.contains(&"integer") => {
                return Some(number.to_string());
            }
            Value::Array(items) => {
                if let [only] = items.as_slice()
                    && fits(only)
                {
                    return Some(self.raw(only).to_owned());
                }
            }
            _ => {}
        }
        if types.contains(&"string")
            && self.schema.words(schema).is_none()
            && matches!(
                node.value,
                Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_)
            )
        {
            return Some(format!("\"{raw}\""));
        }
        let items = self.schema.resolve(schema).get("items")?;
        (types == ["array"] && self.schema.admits(items, node)).then(|| format!("[{raw}]"))
    }
}

impl Schema {
    /// A table with the keys of a schema, as an author would begin it.
    fn keys(&self, schema: &Json) -> String {
        let schema = self.resolve(schema);
        let list = |keyword: &str| schema.get(keyword);
        let required = list("required").and_then(Json::as_array);
        let properties = list("properties").and_then(Json::as_object);
        let name = match required.and_then(|keys| keys.first()?.as_str()) {
            Some(key) => Some(key),
            None => properties.and_then(|keys| Some(keys.keys().next()?.as_str())),
        };
        match name.and_then(|name| Some((name, properties?.get(name)?))) {
            Some((name, value)) => format!("`{{ {name} = {} }}`", self.example(value)),
            None => "`{ name = ... }`".to_owned(),
        }
    }
}
