//! The project's own templates.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use tera::{Context, Tera};

/// Fills in a template, which is parsed once. Nothing is escaped: what goes in must be fit for its place.
pub(in crate::targets) fn fill(template: &'static str, context: &Context) -> String {
    const NAME: &str = "template";
    static PARSED: LazyLock<Mutex<BTreeMap<&'static str, Tera>>> = LazyLock::new(Mutex::default);
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    let tera = parsed.entry(template).or_insert_with(|| {
        let mut tera = Tera::default();
        let added = tera.add_raw_template(NAME, template);
        added.unwrap_or_else(|error| unreachable!("a template of the project: {error}"));
        tera
    });
    let text = tera.render(NAME, context);
    text.unwrap_or_else(|error| unreachable!("a template of the project: {error}"))
}

/// A template whose parts between `@@` are items of a list: lines of an item are indented under it.
pub(in crate::targets) fn items(text: &'static str, context: &Context) -> Vec<String> {
    let item = |part: &str| part.trim().replace('\n', "\n  ").replace("\n  \n", "\n\n");
    fill(text, context).split("@@").map(item).collect()
}
