//! Expressions of the Workflow Definition Language, as text without the `@` that begins them.
//!
//! A text of the author is a literal in quotes here, and what stands outside of an expression is none: nobody reads anything into it.

use crate::ir::Condition;

/// The whole value is what the expression says.
pub(super) fn says(expression: &str) -> String {
    format!("@{expression}")
}

/// A literal in an expression.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A text as a value: as it is, unless it could be taken for an expression.
pub(super) fn text(text: &str) -> String {
    match text.contains('@') {
        true => says(&format!("string({})", quoted(text))),
        false => text.to_owned(),
    }
}

/// The first of several that is not null.
pub(super) fn first(all: &[String], or: &str) -> String {
    match all {
        [] => quoted(or),
        all => format!("coalesce({},{})", all.join(","), quoted(or)),
    }
}

/// What an action of the type `Compose` made.
pub(super) fn made(action: &str) -> String {
    format!("outputs('{action}')")
}

/// What a function answered, which the action has looked at.
pub(super) fn answered(action: &str) -> String {
    format!("body('{action}')?['output']")
}

/// The error that an action of the type `Compose` made: null where there is none, or it was skipped.
pub(super) fn error(action: &str) -> String {
    format!("actions('{action}')?['outputs']?['error']")
}

/// What became of an action: null before it has ended.
pub(super) fn status(action: &str) -> String {
    format!("actions('{action}')?['status']")
}

/// What a call brought: what came back, if that is an object, or an error, with the status that the queue answered with last.
pub(super) fn outcome(action: &str, missing: &str) -> String {
    let body = format!("actions('{action}')?['outputs']?['body']");
    let answered = format!("string(coalesce(actions('{action}')?['outputs']?['statusCode'],'none'))");
    let missing = quoted(&format!("{missing} (status: "));
    format!(
        "if(and(equals({},'Succeeded'),{}),{body},setProperty(json('{{}}'),'error',concat({missing},{answered},')')))",
        status(action),
        begins(&body, "[{")
    )
}

/// One of several values, by the first condition that holds.
pub(super) fn chosen(cases: &[(String, String)], otherwise: &str) -> String {
    let mut text = otherwise.to_owned();
    for (condition, value) in cases.iter().rev() {
        text = format!("if({condition},{value},{text})");
    }
    text
}

/// A field of an object: null where there is none, or no object.
pub(super) fn field(of: &str, name: &str) -> String {
    let (listed, is_object) = (listed(of), begins(of, "[{"));
    format!("json(if({is_object},substring({listed},1,sub(length({listed}),2)),'{{}}'))?['{name}']")
}

/// What a value has to be. Its type is asked for first. Nothing fails where it is another one, whichever parts Azure looks at.
pub(super) fn holds(value: &str, condition: &Condition) -> String {
    let number = |compare: &str, with: f64| {
        let is_number = format!("contains('-0123456789',substring({},1,1))", listed(value));
        format!("and({is_number},{compare}(float(if({is_number},string({value}),'0')),float('{with}')))")
    };
    match condition {
        Condition::Text(text) => format!("and({},equals({value},{}))", begins(value, "[\""), quoted(text)),
        Condition::Boolean(is) => format!("equals({},'[{is}]')", listed(value)),
        Condition::Number(wanted) => number("equals", *wanted),
        Condition::Above(limit) => number("greater", *limit),
        Condition::Below(limit) => number("less", *limit),
    }
}

/// A value in a list of its own, as JSON: its second letter says the type.
fn listed(value: &str) -> String {
    format!("string(createArray({value}))")
}

fn begins(value: &str, with: &str) -> String {
    format!("startsWith({},'{with}')", listed(value))
}

/// What Azure gets.
#[cfg(test)]
#[allow(clippy::expect_used)]
pub(super) fn values(of: &hcl::Expression) -> serde_json::Value {
    let text = hcl::format::to_string(of).expect("a value");
    let read: serde_json::Value = hcl::from_str(&format!("value = {text}")).expect("values");
    read["value"].clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_never_expressions() {
        assert_eq!(text("no it's \"so\" ${x}"), "no it's \"so\" ${x}");
        assert_eq!(text("@{triggerBody()}"), "@string('@{triggerBody()}')");
        assert_eq!(text("it's @{x} @@{y}"), "@string('it''s @{x} @@{y}')");
        assert_eq!(quoted("');terminate('"), "''');terminate('''");
    }

    #[test]
    fn types_are_asked_for_first() {
        let digit = "contains('-0123456789',substring(string(createArray(v)),1,1))";
        assert_eq!(
            holds("v", &Condition::Above(2.5)),
            format!("and({digit},greater(float(if({digit},string(v),'0')),float('2.5')))")
        );
        assert_eq!(
            holds("v", &Condition::Boolean(true)),
            "equals(string(createArray(v)),'[true]')"
        );
        assert_eq!(
            holds("v", &Condition::Text("it's".to_owned())),
            "and(startsWith(string(createArray(v)),'[\"'),equals(v,'it''s'))"
        );
        assert_eq!(
            field("v", "kind"),
            "json(if(startsWith(string(createArray(v)),'[{'),substring(string(createArray(v)),1,sub(length(string(createArray(v))),2)),'{}'))?['kind']"
        );
    }

    #[test]
    fn the_first_case_that_holds_is_taken() {
        let cases = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())];
        assert_eq!(chosen(&cases, "0"), "if(a,1,if(b,2,0))");
    }
}
