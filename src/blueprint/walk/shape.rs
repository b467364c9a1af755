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
        types.is_empty() || types.iter().any(|name| node.is(name))
    }

    /// What a schema admits, in words, each once.
    fn nouns(&self, schema: &Json) -> Vec<String> {
        let schema = self.resolve(schema);
        if let Some(words) = self.words(schema) {
            return words.iter().map(|word| format!("`\"{word}\"`")).collect();
        }
        let mut nouns: Vec<String> = vec![];
        let branches = self.branches(schema).into_iter().flatten();
        for noun in branches.flat_map(|branch| self.nouns(branch)) {
            if !nouns.contains(&noun) {
                nouns.push(noun);
            }
        }
        if nouns.is_empty() {
            nouns.extend(
                self.types(schema)
                    .into_iter()
                    .map(|name| self.noun(name, schema).to_owned()),
            );
        }
        nouns
    }

    /// One JSON type that a schema admits, in words.
    fn noun(&self, json_type: &str, schema: &Json) -> &'static str {
        match json_type {
            "string" => "a string",
            "integer" => "an integer",
            "number" => "a number",
            "boolean" => "`true` or `false`",
            "array" => match schema.get("items").map(|items| self.types(items)).as_deref() {
                Some(["string"]) => "an array of strings",
                Some(["integer"]) => "an array of integers",
                Some(["object"]) => "an array of tables",
                _ => "an array",
            },
            _ => "a table",
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
                let mut walk = self.fresh();
                walk.value(branch, node, place);
                walk.found
            })
            .min_by_key(Vec::len)
    }

    /// Reports a type that the schema does not admit, and how to write the value instead.
    pub(super) fn wrong_type(&mut self, schema: &Json, node: &Node, place: &Place<'_>) {
        let expected = either(&self.schema.nouns(schema));
        let fix = match self.rewrite(schema, node) {
            Some(better) => format!("write `{better}`"),
            None if self.schema.types(schema) == ["object"] => match self.schema.keys(schema) {
                Some(table) => format!("write a table: `{table}`"),
                None => "write a table".to_owned(),
            },
            None => format!("give {expected}"),
        };
        let error = rules::wrong_type(&place.to_string(), node.span, &expected, node.noun(), fix);
        self.report(error, place);
    }

    /// The same value in a form that the schema admits, if it only needs other punctuation.
    fn rewrite(&self, schema: &Json, node: &Node) -> Option<String> {
        let raw = self.raw(node);
        // A trial ends here, or it would try rewrites of rewrites. A value of many lines is no example.
        if self.trial || raw.is_empty() || raw.contains('\n') {
            return None;
        }
        let fits = |value| {
            let node = Node { span: node.span, value };
            let mut walk = Walk {
                trial: true,
                ..self.fresh()
            };
            walk.value(schema, &node, &Place::root());
            walk.found.is_empty()
        };
        let as_item = || match node.value {
            Value::Array(_) => None,
            _ => fits(Value::Array(vec![node.clone()])).then(|| format!("[{raw}]")),
        };
        match &node.value {
            Value::String(text) => {
                let bare = text.parse().is_ok_and(|number| fits(Value::Integer(number)))
                    || text.parse().is_ok_and(|truth| fits(Value::Boolean(truth)));
                if bare { Some(text.clone()) } else { as_item() }
            }
            Value::Array(items) => match items.as_slice() {
                [only] if fits(only.value.clone()) => Some(self.raw(only).to_owned()),
                _ => None,
            },
            // A float of this size without a fraction is an integer, exactly.
            Value::Float(number)
                if number.fract() == 0.0 && number.abs() < 9e15 && fits(Value::Integer(*number as i64)) =>
            {
                Some(number.to_string())
            }
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
                let quoted = fits(Value::String(raw.to_owned())).then(|| format!("\"{raw}\""));
                quoted.or_else(as_item)
            }
            Value::Table(_) => as_item(),
        }
    }
}

impl Schema {
    /// A table with the first key of a schema, as an author would begin it; `None` where the keys are the author's own.
    fn keys(&self, schema: &Json) -> Option<String> {
        let schema = self.resolve(schema);
        let properties = schema.get("properties").and_then(Json::as_object)?;
        let required = schema.get("required").or_else(|| schema.pointer("/then/required"));
        let required = required.and_then(|keys| keys.get(0)?.as_str());
        let key = required.or_else(|| properties.keys().next().map(String::as_str))?;
        Some(format!("{{ {key} = {} }}", self.example(properties.get(key)?)))
    }
}
