//! `aws_iam_policy_document`.

use super::Fields;
use crate::offline::value::Value;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Renders the document.
pub fn document(config: &Value) -> Result<Fields, String> {
    let mut statements = Statements::default();
    for text in config.field("source_policy_documents").items() {
        statements.merge(text, false)?;
    }
    for block in config.field("statement").items() {
        statements.add(statement(block), true);
    }
    for text in config.field("override_policy_documents").items() {
        statements.merge(text, true)?;
    }
    let version = config.field("version").as_text().unwrap_or("2012-10-17");
    let mut document = Map::new();
    document.insert("Version".into(), version.into());
    if let Some(id) = text(config, "policy_id") {
        document.insert("Id".into(), id.into());
    }
    let list = statements.list.into_iter().map(Json::Object).collect();
    document.insert("Statement".into(), Json::Array(list));
    let document = Json::Object(document);
    let json = escaped(&format!("{document:#}"));
    let id = Sha256::digest(&json)
        .iter()
        .take(4)
        .fold(0_u32, |id, byte| id << 8 | u32::from(*byte));
    Ok(vec![
        ("id", id.to_string().into()),
        ("json", json.into()),
        ("minified_json", escaped(&document.to_string()).into()),
        ("version", version.into()),
    ])
}

/// The statements of a document; one with an id may take the place of an earlier one.
#[derive(Default)]
struct Statements {
    list: Vec<Map<String, Json>>,
}

impl Statements {
    fn add(&mut self, statement: Map<String, Json>, replaces: bool) {
        let id = statement
            .get("Sid")
            .filter(|id| id.as_str().is_some_and(|id| !id.is_empty()));
        let same = self
            .list
            .iter_mut()
            .find(|known| id.is_some() && known.get("Sid") == id);
        match same {
            Some(known) if replaces => *known = statement,
            _ => self.list.push(statement),
        }
    }

    fn merge(&mut self, text: &Value, replaces: bool) -> Result<(), String> {
        let text = text.as_text().unwrap_or_default();
        if text.is_empty() {
            return Ok(());
        }
        let mut document: Json =
            serde_json::from_str(text).map_err(|error| format!("a policy document is not JSON: {error}"))?;
        let found = match document.get_mut("Statement").map(Json::take) {
            Some(Json::Array(list)) => list,
            Some(one) => vec![one],
            None => vec![],
        };
        for statement in found {
            if let Json::Object(statement) = statement {
                self.add(statement, replaces);
            }
        }
        Ok(())
    }
}

fn statement(block: &Value) -> Map<String, Json> {
    let mut out = Map::new();
    if let Some(id) = text(block, "sid") {
        out.insert("Sid".into(), id.into());
    }
    out.insert("Effect".into(), text(block, "effect").unwrap_or("Allow").into());
    for (argument, name) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        let values = texts(block.field(argument));
        if !values.is_empty() {
            out.insert(name.into(), one_or_many(values));
        }
    }
    for (argument, name) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(principals) = principals(block.field(argument)) {
            out.insert(name.into(), principals);
        }
    }
    let conditions = conditions(block.field("condition"));
    if !conditions.is_empty() {
        out.insert("Condition".into(), Json::Object(conditions));
    }
    out
}

fn principals(blocks: &Value) -> Option<Json> {
    let mut by_type: BTreeMap<&str, Vec<String>> = Default::default();
    for block in blocks.items() {
        let of_type = by_type.entry(text(block, "type").unwrap_or_default()).or_default();
        of_type.extend(texts(block.field("identifiers")));
    }
    if by_type.is_empty() {
        return None;
    }
    let is_everyone = by_type.len() == 1 && by_type.get("*").is_some_and(|who| who == &["*"]);
    Some(match is_everyone {
        true => "*".into(),
        false => {
            let entries = by_type.into_iter();
            Json::Object(entries.map(|(kind, who)| (kind.to_owned(), one_or_many(who))).collect())
        }
    })
}

fn conditions(blocks: &Value) -> Map<String, Json> {
    let mut by_test: BTreeMap<&str, BTreeMap<&str, Vec<String>>> = Default::default();
    for block in blocks.items() {
        let of_test = by_test.entry(text(block, "test").unwrap_or_default()).or_default();
        let of_variable = of_test.entry(text(block, "variable").unwrap_or_default()).or_default();
        of_variable.extend(texts(block.field("values")));
    }
    let variables = |variables: BTreeMap<&str, Vec<String>>| {
        let variables = variables.into_iter().map(|(variable, mut values)| {
            let value = match values.len() {
                1 => values.remove(0).into(),
                _ => Json::from(values),
            };
            (variable.to_owned(), value)
        });
        Json::Object(variables.collect())
    };
    let tests = by_test.into_iter();
    tests
        .map(|(test, of_test)| (test.to_owned(), variables(of_test)))
        .collect()
}

fn text<'a>(block: &'a Value, name: &str) -> Option<&'a str> {
    block.field(name).as_text().filter(|text| !text.is_empty())
}

fn texts(list: &Value) -> Vec<String> {
    list.items()
        .iter()
        .filter_map(Value::as_text)
        .map(str::to_owned)
        .collect()
}

/// One value as a text, more as a list in the order that the provider writes them.
fn one_or_many(mut values: Vec<String>) -> Json {
    values.sort_by(|one, two| two.cmp(one));
    match values.len() {
        1 => values.remove(0).into(),
        _ => values.into(),
    }
}

/// JSON with those characters escaped that the provider escapes.
fn escaped(json: &str) -> String {
    json.replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Value, document};

    fn rendered(config: &Value) -> String {
        let fields = document(config).unwrap();
        let json = fields.into_iter().find(|(name, _)| *name == "minified_json").unwrap().1;
        json.as_text().unwrap().to_owned()
    }

    #[test]
    fn statements_are_written_as_the_provider_does() {
        let principals = Value::from([("type", "AWS".into()), ("identifiers", Value::texts(["1", "2"]))]);
        let condition = Value::from([
            ("test", "StringEquals".into()),
            ("variable", "aws:x".into()),
            ("values", Value::texts(["a&b"])),
        ]);
        let statement = Value::from([
            ("sid", "one".into()),
            ("actions", Value::texts(["s3:Get", "s3:Put"])),
            ("resources", Value::texts(["*"])),
            ("principals", Value::List(vec![principals])),
            ("condition", Value::List(vec![condition])),
        ]);
        let config = Value::from([("statement", Value::List(vec![statement]))]);
        let expected = r#"{"Version":"2012-10-17","Statement":[{"Sid":"one","Effect":"Allow","Action":["s3:Put","s3:Get"],"Resource":"*","Principal":{"AWS":["2","1"]},"Condition":{"StringEquals":{"aws:x":"a\u0026b"}}}]}"#;
        assert_eq!(rendered(&config), expected);
    }

    #[test]
    fn documents_are_merged_by_statement_id() {
        let source = r#"{"Statement":[{"Sid":"one","Effect":"Deny"},{"Effect":"Deny"}]}"#;
        let over = r#"{"Statement":{"Sid":"one","Effect":"Allow"}}"#;
        let config = Value::from([
            ("source_policy_documents", Value::texts([source, ""])),
            ("override_policy_documents", Value::texts([over])),
        ]);
        let expected = r#"{"Version":"2012-10-17","Statement":[{"Sid":"one","Effect":"Allow"},{"Effect":"Deny"}]}"#;
        assert_eq!(rendered(&config), expected);
        let damaged = Value::from([("source_policy_documents", Value::texts(["{"]))]);
        assert!(document(&damaged).is_err());
    }
}
