//! Functions: their code in the output, and what starts them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use cloudgen::blueprint::{self, Blueprint};
use cloudgen::output::Rendered;
use cloudgen::target::Target;

const CODE: &str = "def handle(event, context=None):\n    return \"${path.module} %{ if true }\" + '\"'\n";

/// A blueprint with the code of `functions/work`.
fn load(text: &str) -> Blueprint {
    let mut blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let files = BTreeMap::from([
        ("main.py".to_owned(), CODE.to_owned()),
        ("lib/words.py".to_owned(), "WORDS = []\n".to_owned()),
    ]);
    blueprint.sources = BTreeMap::from([("functions/work".to_owned(), Ok(files))]);
    blueprint
}

fn render(text: &str) -> Rendered {
    let outcome = cloudgen::compile(&load(text), Target::Aws);
    outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
}

const WORK: &str = r#"
name = "shop"
pattern = "serverless"
region = "seoul"

[observability]
emails = ["ops@example.com"]

[functions.work]
runtime = "python3.13"
source = "functions/work"
trigger = { schedule = "0 2 * * *", timezone = "Asia/Seoul" }
"#;

#[test]
fn code_stands_beside_the_terraform_that_packs_it() {
    let rendered = render(WORK);
    assert_eq!(rendered.files.get("terraform/functions/work/main.py"), Some(CODE));
    assert_eq!(
        rendered.files.get("terraform/functions/work/lib/words.py"),
        Some("WORDS = []\n")
    );
    let functions = rendered.files.get("terraform/functions.tf").unwrap();
    assert!(functions.contains("source_dir"), "{functions}");
    assert!(functions.contains("\"${path.module}/functions/work\""), "{functions}");
}

#[test]
fn a_single_document_holds_the_code_and_takes_none_of_it_for_its_own() {
    let single = render(WORK).terraform;
    assert!(!single.contains("source_dir"), "nothing stands beside it");
    assert!(single.contains("filename = \"lib/words.py\""), "{single}");
    assert!(single.contains("$${path.module} %%{ if true }"), "{single}");
}

#[test]
fn one_function_more_changes_nothing_of_the_others() {
    let more = format!(
        "{WORK}\n[functions.again]\nruntime = \"python3.13\"\nsource = \"functions/work\"\ntrigger = {{ schedule = \"0 3 * * *\" }}\n"
    );
    let labels = |text: &str| -> Vec<String> {
        let heads = text.lines().filter(|line| line.starts_with("resource \""));
        heads.map(str::to_owned).collect()
    };
    let (before, after) = (labels(&render(WORK).terraform), labels(&render(&more).terraform));
    for label in &before {
        assert!(after.contains(label), "{label} is gone");
    }
    let new: Vec<&String> = after.iter().filter(|label| !before.contains(label)).collect();
    assert!(new.iter().all(|label| label.contains("\"again")), "{new:?}");
}

#[test]
fn a_queue_of_several_functions_hides_messages_for_the_slowest() {
    for (first, second) in [(900, 10), (10, 900)] {
        let rendered = render(&format!(
            r#"
name = "shop"
pattern = "serverless"
region = "seoul"

[observability]
emails = ["ops@example.com"]

[queues.jobs]

[functions.a]
image = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/a:1.0"
timeout_seconds = {first}
publishes = ["jobs"]
trigger = {{ queue = "jobs" }}

[functions.b]
image = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/b:1.0"
timeout_seconds = {second}
trigger = {{ queue = "jobs" }}
"#
        ));
        let queues = rendered.files.get("terraform/queues.tf").unwrap();
        assert!(queues.contains("= 5400\n"), "{queues}");
    }
}
