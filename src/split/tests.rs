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
