//! What Google Cloud asks of workflows: how much an expression and a step may hold, and who starts what.

use super::functions;
use crate::diagnostic::{Diagnostic, gcp::workflows as rules};
use crate::ir::{Action, Case, Condition, Resource, Step, System, Workflow};

/// Characters of an expression.
const EXPRESSION: usize = 400;
/// How deep parallel steps stand in parallel steps.
const PARALLEL: usize = 2;
/// What begins an expression, wherever it stands in a text.
const BEGINS: &str = "${";

/// Who starts workflows at their times.
pub const SCHEDULES: &str = "schedules";

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (id, workflow) in system.workflows.iter() {
        let mut reader = Reader {
            system,
            workflow,
            problems,
        };
        reader.all(&workflow.steps, "steps", 0);
        for (starter, _) in system.users_of(Resource::Workflow(id)) {
            let starter = &system.services[starter];
            let at = system.places.span(&format!("{}.calls", starter.path));
            let at = at.or_else(|| system.places.key(&starter.path));
            problems.push(rules::starter(at, &starter.home.name, &workflow.home.name));
        }
        functions::account(system, &workflow.name, system.places.key(&workflow.path), problems);
    }
}

/// True if times start a workflow.
pub fn has_schedules(system: &System) -> bool {
    system.workflows.iter().any(|(_, workflow)| workflow.schedule.is_some())
}

/// Looks at the steps of one workflow.
struct Reader<'a> {
    system: &'a System,
    workflow: &'a Workflow,
    problems: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn all(&mut self, steps: &[Step], place: &str, parallels: usize) {
        for (index, step) in steps.iter().enumerate() {
            let place = format!("{place}.{index}");
            match &step.action {
                Action::Parallel(branches) => {
                    if parallels == PARALLEL {
                        let path = format!("{}.{place}.parallel", self.workflow.path);
                        let at = self.system.places.key(&path);
                        self.problems.push(rules::parallel_depth(at, PARALLEL));
                    }
                    for (index, branch) in branches.iter().enumerate() {
                        self.all(branch, &format!("{place}.parallel.{index}"), parallels + 1);
                    }
                }
                Action::Choose { cases, otherwise } => {
                    for (index, case) in cases.iter().enumerate() {
                        let place = format!("{place}.choose.{index}");
                        self.length(&condition(case), &format!("{place}.equals"), &place);
                        self.all(&case.steps, &format!("{place}.steps"), parallels);
                    }
                    self.all(otherwise, &format!("{place}.otherwise"), parallels);
                }
                Action::Fail(reason) if reason.contains(BEGINS) => {
                    self.length(&text(reason), &format!("{place}.fail"), &place);
                }
                Action::Call(_) | Action::Wait(_) | Action::Fail(_) => {}
            }
            self.all(&step.catch, &format!("{place}.catch"), parallels);
        }
    }

    fn length(&mut self, expression: &str, place: &str, outer: &str) {
        let length = expression.chars().count();
        if length > EXPRESSION {
            let path = |place: &str| format!("{}.{place}", self.workflow.path);
            let places = &self.system.places;
            let at = places.span(&path(place)).or_else(|| places.key(&path(outer)));
            self.problems.push(rules::expression(at, length, EXPRESSION));
        }
    }
}

/// What holds of the document, as an expression of Workflows. The types are asked for first: other ones cannot be compared.
pub fn condition(case: &Case) -> String {
    let names: Vec<String> = case.field.iter().map(|name| format!("\"{name}\"")).collect();
    let field = match &names[..] {
        [name] => format!("map.get(document, {name})"),
        names => format!("map.get(document, [{}])", names.join(", ")),
    };
    let number = |sign: &str, than: f64| {
        format!("${{get_type({field}) in [\"integer\", \"double\"] and {field} {sign} {than}}}")
    };
    match &case.holds {
        Condition::Text(wanted) => {
            let wanted = text(wanted);
            let wanted = wanted
                .strip_prefix(BEGINS)
                .and_then(|inner| inner.strip_suffix('}'))
                .map_or_else(|| format!("\"{wanted}\""), str::to_owned);
            format!("${{get_type({field}) == \"string\" and {field} == {wanted}}}")
        }
        Condition::Boolean(wanted) => format!("${{get_type({field}) == \"boolean\" and {field} == {wanted}}}"),
        Condition::Number(wanted) => number("==", *wanted),
        Condition::Above(than) => number(">", *than),
        Condition::Below(than) => number("<", *than),
    }
}

/// A text of the author, as it stands where Workflows might take it for an expression: as it is, if there is nothing in it that the
/// language knows; else as an expression that has it, with everything that is no letter and no digit in another form.
pub fn text(said: &str) -> String {
    const PLAIN: &str = " _.,:;/@#+-=!?*&'()[]<>|~^%";
    if said
        .chars()
        .all(|character| character.is_alphanumeric() || PLAIN.contains(character))
    {
        return said.to_owned();
    }
    let mut other = String::new();
    for byte in said.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => other.push(char::from(byte)),
            byte => other.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("{BEGINS}text.url_decode(\"{other}\")}}")
}

/// A text where Workflows looks for expressions in texts alone: it has to be in another form only where it looks like one.
pub fn value(said: &str) -> String {
    match said.contains(BEGINS) {
        true => text(said),
        false => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(holds: Condition) -> Case {
        Case {
            field: vec!["week".to_owned(), "ended".to_owned()],
            holds,
            steps: vec![],
        }
    }

    #[test]
    fn texts_are_never_part_of_an_expression() {
        assert_eq!(text("paid, 2"), "paid, 2");
        assert_eq!(text("\" or ${x}"), "${text.url_decode(\"%22%20or%20%24%7Bx%7D\")}");
        assert_eq!(value("a \"day\" of $5 {x}"), "a \"day\" of $5 {x}");
        assert_eq!(value("${x}"), "${text.url_decode(\"%24%7Bx%7D\")}");
    }

    #[test]
    fn the_type_is_asked_for_first() {
        let field = "map.get(document, [\"week\", \"ended\"])";
        assert_eq!(
            condition(&case(Condition::Boolean(true))),
            format!("${{get_type({field}) == \"boolean\" and {field} == true}}")
        );
        assert_eq!(
            condition(&case(Condition::Above(-1.5))),
            format!("${{get_type({field}) in [\"integer\", \"double\"] and {field} > -1.5}}")
        );
        assert_eq!(
            condition(&case(Condition::Text("\"".to_owned()))),
            format!("${{get_type({field}) == \"string\" and {field} == text.url_decode(\"%22\")}}")
        );
    }
}
