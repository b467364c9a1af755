//! The language of Workflows: what a definition has to be.

use std::collections::BTreeSet;

use regex_lite::Regex;
use serde_json::{Map, Value};

/// What does not follow a schema, of which it knows as much as ours uses.
fn refused(schema: &Value, root: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let mut say = |what: String| found.push(format!("{at}: {what}"));
    if let Some(name) = schema["$ref"].as_str() {
        let named = &root["definitions"][name.strip_prefix("#/definitions/").unwrap()];
        assert!(named.is_object(), "{name}");
        return refused(named, root, value, at, found);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let tried = choices.iter().map(|choice| {
            let mut found = vec![];
            refused(choice, root, value, at, &mut found);
            found
        });
        let tried: Vec<Vec<String>> = tried.collect();
        match tried.iter().filter(|found| found.is_empty()).count() {
            1 => {}
            0 => found.extend(tried.into_iter().min_by_key(|it| usize::MAX - it[0].len()).unwrap()),
            _ => say("several at once".to_owned()),
        }
        return;
    }
    let is = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        None => true,
        Some(other) => panic!("{other}"),
    };
    if !is {
        return say(format!("{value} is no {}", schema["type"]));
    }
    let matches = |pattern: &Value, text: &str| Regex::new(pattern.as_str().unwrap()).unwrap().is_match(text);
    if let (Some(text), true) = (value.as_str(), schema["pattern"].is_string())
        && !matches(&schema["pattern"], text)
    {
        say(format!("{text} is not {}", schema["pattern"]));
    }
    let count = value
        .as_array()
        .map_or_else(|| value.as_object().map_or(0, Map::len), Vec::len) as u64;
    for (least, most) in [("minItems", "maxItems"), ("minProperties", "maxProperties")] {
        if count < schema[least].as_u64().unwrap_or(0) || count > schema[most].as_u64().unwrap_or(u64::MAX) {
            say(format!("{count} of them"));
        }
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            say(format!("no {name}"));
        }
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        if schema["names"].is_string() && !matches(&schema["names"], key) {
            found.push(format!("{at}: {key} is no name"));
        }
        let place = format!("{at}.{key}");
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (known, _) if known.is_object() => refused(known, root, inner, &place, found),
            (_, other) if other.is_object() => refused(other, root, inner, &place, found),
            (_, Value::Bool(false)) => found.push(format!("{at}: {key} is not known")),
            _ => {}
        }
    }
    for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
        if schema["items"].is_object() {
            refused(&schema["items"], root, inner, &format!("{at}.{index}"), found);
        }
    }
}

/// Checks a definition: the grammar, that what is called is there with its arguments, and that names of steps are unique.
pub fn check(definition: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../schemas/google-workflows.json")).unwrap();
    let mut found = vec![];
    refused(&schema, &schema, definition, "definition", &mut found);
    assert!(found.is_empty(), "{found:#?}\n{definition:#}");
    for (name, part) in definition.as_object().unwrap() {
        let mut names = BTreeSet::new();
        walk(&part["steps"], &mut |step, does| {
            assert!(names.insert(step.to_owned()), "{name}: {step} twice");
            assert!(!["end", "break", "continue"].contains(&step), "{step}");
            let called = does["call"].as_str().or(does["try"]["call"].as_str());
            if let Some(part) = called.and_then(|called| definition.get(called)) {
                let arguments = does.get("args").unwrap_or(&does["try"]["args"]);
                let arguments: BTreeSet<&str> = arguments.as_object().unwrap().keys().map(String::as_str).collect();
                let wanted: BTreeSet<&str> = part["params"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it.as_str().unwrap())
                    .collect();
                assert_eq!(arguments, wanted, "{step}");
            } else if let Some(called) = called {
                assert!(["http.post", "sys.sleep"].contains(&called), "{called}");
            }
        });
    }
    strings(definition, &mut |text| {
        if text.contains("${") {
            assert!(text.starts_with("${") && text.ends_with('}'), "{text}");
            assert!(text.len() <= 400, "{text}");
        }
    });
}

fn walk(steps: &Value, see: &mut impl FnMut(&str, &Value)) {
    for named in steps.as_array().into_iter().flatten() {
        let (name, does) = named.as_object().unwrap().iter().next().unwrap();
        see(name, does);
        for case in does["switch"].as_array().into_iter().flatten() {
            walk(&case["steps"], see);
        }
        for branch in does["parallel"]["branches"].as_array().into_iter().flatten() {
            walk(&branch.as_object().unwrap().values().next().unwrap()["steps"], see);
        }
        walk(&does["try"]["steps"], see);
        walk(&does["except"]["steps"], see);
    }
}

fn strings(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, see)),
        Value::Object(pairs) => pairs.values().for_each(|item| strings(item, see)),
        _ => {}
    }
}
