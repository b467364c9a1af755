//! Types, fixed sets of words, and the choice between several forms of a value.

use super::words::either;
use super::{Place, Walk};
use crate::blueprint::schema::{Rules, Schema};
use crate::blueprint::tree::{Node, Table, Value};
use crate::diagnostic::language as rules;

impl Schema {
    /// The texts that a schema admits, where it admits nothing else.
    pub(in crate::blueprint) fn words(&self, rules: &Rules) -> Option<Vec<&'static str>> {
        let rules = self.resolve(rules);
        if let Some(word) = rules.word {
            return Some(vec![word]);
        }
        if !rules.words.is_empty() {
            return Some(rules.words.clone());
        }
        let branches = Some(rules.branches()).filter(|branches| !branches.is_empty())?;
        let mut all = vec![];
        for branch in branches {
            all.extend(self.words(branch)?);
        }
        Some(all)
    }

    /// The JSON types that a schema admits; none where it admits every type.
    fn types(&self, rules: &Rules) -> Vec<&'static str> {
        let rules = self.resolve(rules);
        if let Some(only) = rules.kind {
            return vec![only];
        }
        if self.words(rules).is_some() {
            return vec!["string"];
        }
        let mut types = vec![];
        for name in rules.branches().iter().flat_map(|branch| self.types(branch)) {
            if !types.contains(&name) {
                types.push(name);
            }
        }
        types
    }

    /// Whether a value has a type that a schema admits.
    pub(in crate::blueprint) fn admits(&self, rules: &Rules, node: &Node) -> bool {
        let types = self.types(rules);
        types.is_empty() || types.iter().any(|name| node.is(name))
    }

    /// What a schema admits, in words, each once.
    fn nouns(&self, rules: &Rules) -> Vec<String> {
        let rules = self.resolve(rules);
        if let Some(words) = self.words(rules) {
            return words.iter().map(|word| format!("`\"{word}\"`")).collect();
        }
        let mut nouns: Vec<String> = vec![];
        for noun in rules.branches().iter().flat_map(|branch| self.nouns(branch)) {
            if !nouns.contains(&noun) {
                nouns.push(noun);
            }
        }
        if nouns.is_empty() {
            nouns.extend(
                self.types(rules)
                    .into_iter()
                    .map(|name| self.noun(name, rules).to_owned()),
            );
        }
        nouns
    }

    /// One JSON type that a schema admits, in words.
    fn noun(&self, json_type: &str, rules: &Rules) -> &'static str {
        match json_type {
            "string" => "a string",
            "integer" => "an integer",
            "number" => "a number",
            "boolean" => "`true` or `false`",
            "array" => match rules.items.as_ref().map(|items| self.types(items)).as_deref() {
                Some(["string"]) => "an array of strings",
                Some(["integer"]) => "an array of integers",
                Some(["object"]) => "an array of tables",
                _ => "an array",
            },
            _ => "a table",
        }
    }

    /// The keys of a form that is a table: the required ones, or all where none is.
    fn form(&self, rules: &Rules) -> String {
        let rules = self.resolve(rules);
        let quoted = |key: &str| format!("`{key}`");
        let required: Vec<String> = rules.required.iter().copied().map(quoted).collect();
        if !required.is_empty() {
            return required.join(" and ");
        }
        let all: Vec<String> = rules.properties.names().map(quoted).collect();
        either(&all)
    }

    /// How many keys of a table a form knows.
    fn shared(&self, rules: &Rules, table: &Table) -> usize {
        let properties = &self.resolve(rules).properties;
        table.keys().filter(|key| properties.has(key)).count()
    }
}

impl Walk<'_> {
    /// Checks a value that may have one of several forms, against the form that its author most likely meant.
    pub(super) fn choose(&mut self, rules: &Rules, branches: &[Rules], node: &Node, place: &Place<'_>) {
        let fitting: Vec<&Rules> = branches
            .iter()
            .filter(|branch| self.schema.admits(branch, node))
            .collect();
        match (fitting.as_slice(), &node.value) {
            ([], _) => self.wrong_type(rules, node, place),
            ([only], _) => self.value(only, node, place),
            (several, Value::Table(table)) => {
                let shared = |branch: &&Rules| self.schema.shared(branch, table);
                let most = several.iter().map(shared).max().unwrap_or_default();
                let likely: Vec<&Rules> = several
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
    fn fewest(
        &self,
        branches: &[&Rules],
        node: &Node,
        place: &Place<'_>,
    ) -> Option<Vec<crate::diagnostic::Diagnostic>> {
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
    pub(super) fn wrong_type(&mut self, rules: &Rules, node: &Node, place: &Place<'_>) {
        let expected = either(&self.schema.nouns(rules));
        let fix = match self.rewrite(rules, node) {
            Some(better) => format!("write `{better}`"),
            None if self.schema.types(rules) == ["object"] => match self.schema.keys(rules) {
                Some(table) => format!("write a table: `{table}`"),
                None => "write a table".to_owned(),
            },
            None => format!("give {expected}"),
        };
        let error = rules::wrong_type(&place.to_string(), node.span, &expected, node.noun(), fix);
        self.report(error, place);
    }

    /// The same value in a form that the schema admits, if it only needs other punctuation.
    fn rewrite(&self, rules: &Rules, node: &Node) -> Option<String> {
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
            walk.value(rules, &node, &Place::root());
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
    fn keys(&self, rules: &Rules) -> Option<String> {
        let rules = self.resolve(rules);
        let instead = || rules.then.as_ref().and_then(|then| then.required.first());
        let required = rules.required.first().or_else(instead).copied();
        let key = required.or_else(|| rules.properties.names().next())?;
        Some(format!("{{ {key} = {} }}", self.example(rules.properties.get(key)?)))
    }
}
