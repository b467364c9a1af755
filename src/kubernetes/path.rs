//! Where a walk through an object is, spelled only when somebody asks.

/// The steps from an object's root to one of its values.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    /// The object itself.
    Root,
    /// A field of what the path before it leads to.
    Field(&'a Path<'a>, &'a str),
    /// An element of the list that the path before it leads to.
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// The path to a field.
    pub(crate) fn field<'a>(&'a self, name: &'a str) -> Path<'a> {
        Path::Field(self, name)
    }

    /// The path to an element.
    pub(crate) fn item(&self, index: usize) -> Path<'_> {
        Path::Item(self, index)
    }

    /// Whether the path is spelled so, with `/` between its steps.
    pub(crate) fn is(&self, spelled: &str) -> bool {
        let rest = match self {
            Path::Root => return spelled.is_empty(),
            Path::Field(before, name) => spelled.strip_suffix(name).map(|rest| (before, rest)),
            Path::Item(before, index) => spelled.strip_suffix(&index.to_string()).map(|rest| (before, rest)),
        };
        rest.is_some_and(|(before, rest)| match before {
            Path::Root => rest.is_empty(),
            _ => rest.strip_suffix('/').is_some_and(|rest| before.is(rest)),
        })
    }

    /// The steps between them: `spec.containers.0`; empty for the root.
    pub(crate) fn joined(&self) -> String {
        let (before, step) = match self {
            Path::Root => return String::new(),
            Path::Field(before, name) => (before, (*name).to_owned()),
            Path::Item(before, index) => (before, index.to_string()),
        };
        match before {
            Path::Root => step,
            _ => format!("{}.{step}", before.joined()),
        }
    }
}
