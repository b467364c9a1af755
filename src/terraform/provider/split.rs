//! JSON objects and arrays cut into their parts, which stay text: of a type with hundreds of arguments, a module uses few.
//!
//! This reads the project's own data, of which a test reads every part. What is no JSON gives nothing, or parts that nobody can read.

/// The keys and values of an object; nothing where the text is none. Keys are taken as they stand, so they hold no escapes.
pub(super) fn object(json: &str) -> Option<Vec<(&str, &str)>> {
    let mut rest = json.trim_ascii().strip_prefix('{')?.trim_ascii_start();
    // Few objects of the data are smaller than this is large, and few are much larger.
    let mut pairs = Vec::with_capacity(16);
    while let Some(key) = rest.strip_prefix('"') {
        let (key, after) = key.split_at_checked(string(key.as_bytes())?)?;
        let value = after.trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
        let (value, after) = value.split_at_checked(value_end(value.as_bytes())?)?;
        pairs.push((key.strip_suffix('"')?, value));
        rest = after_comma(after);
    }
    (rest == "}").then_some(pairs)
}

/// The items of an array; nothing where the text is none.
pub(super) fn array(json: &str) -> Option<Vec<&str>> {
    let mut rest = json.trim_ascii().strip_prefix('[')?.trim_ascii_start();
    let mut items = vec![];
    while rest != "]" {
        let (item, after) = rest.split_at_checked(value_end(rest.as_bytes())?)?;
        items.push(item);
        rest = after_comma(after);
    }
    Some(items)
}

/// The text of a string that holds no escapes.
pub(super) fn text(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"')
}

fn after_comma(text: &str) -> &str {
    let text = text.trim_ascii_start();
    text.strip_prefix(',').map_or(text, str::trim_ascii_start)
}

/// The length of the value at the head of a text.
fn value_end(text: &[u8]) -> Option<usize> {
    match text.split_first()? {
        (b'"', rest) => string(rest).map(|end| end + 1),
        (b'{' | b'[', _) => nested(text),
        _ => text
            .iter()
            .position(|byte| b",}] \n".contains(byte))
            .filter(|end| *end > 0),
    }
}

/// The length of a string whose first quote has been read, with its last.
fn string(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        match text.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// The length of the object or array at the head of a text.
fn nested(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let byte = text.get(at)?;
        at += 1;
        match byte {
            b'"' => at += string(text.get(at..)?)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{array, object, text};

    #[test]
    fn parts_stay_as_they_are() {
        let json = r#"{"a":"x?","b":{"":"list","c":["}",{"d":"\"]"}]}, "e" : 3 }"#;
        let parts = vec![
            ("a", r#""x?""#),
            ("b", r#"{"":"list","c":["}",{"d":"\"]"}]}"#),
            ("e", "3"),
        ];
        assert_eq!(object(json), Some(parts));
        assert_eq!(
            array(r#"["x", {"y":[1]},12]"#),
            Some(vec![r#""x""#, r#"{"y":[1]}"#, "12"])
        );
        assert_eq!(text(r#""x""#), Some("x"));
        assert_eq!((object("{}"), array("[ ]")), (Some(vec![]), Some(vec![])));
    }

    #[test]
    fn what_is_no_json_has_no_parts() {
        for json in [
            "",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":"b"#,
            r#"{"a":[}"#,
            r#"{"a":1]"#,
            "3",
        ] {
            assert_eq!(object(json), None, "{json}");
        }
        for json in ["", "[", "[1", "[,]", "[{]", "3"] {
            assert_eq!(array(json), None, "{json}");
        }
    }
}
