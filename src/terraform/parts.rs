//! Parts of a module that have files of their own.

use std::collections::BTreeMap;

/// What one owner's definitions are named after, and the file that they go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The file, without `.tf`.
    pub file: String,
    /// The comment at its top.
    pub header: String,
    /// Names that stand, as whole words, in the names of its definitions: `market_api`.
    pub names: Vec<String>,
}

/// The parts of a module by the names that tell them.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub(super) all: Vec<Part>,
    by_name: BTreeMap<String, usize>,
}

impl Parts {
    pub(super) fn new(all: Vec<Part>) -> Self {
        let names = all.iter().enumerate();
        let by_name = names.flat_map(|(number, part)| part.names.iter().map(move |name| (name.clone(), number)));
        Self {
            by_name: by_name.collect(),
            all,
        }
    }

    /// The part that a definition belongs to: of the names in its own, the first, and of those that begin there, the longest. So
    /// `market_api_to_pay_api_8080` belongs to `market_api`.
    pub(super) fn of(&self, name: &str) -> Option<usize> {
        if self.by_name.is_empty() {
            return None;
        }
        let starts = std::iter::once(0).chain(name.match_indices('_').map(|(at, _)| at + 1));
        let mut found = starts.filter_map(|start| {
            let rest = &name[start..];
            let ends = rest.rmatch_indices('_').map(|(at, _)| at);
            let mut words = std::iter::once(rest.len()).chain(ends).map(|end| &rest[..end]);
            words.find_map(|words| self.by_name.get(words).copied())
        });
        found.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_decides_and_of_those_the_longest() {
        let part = |file: &str, names: &[&str]| Part {
            file: file.to_owned(),
            header: String::new(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let parts = Parts::new(vec![
            part("a", &["market_api", "market_api_v2"]),
            part("b", &["pay_api"]),
        ]);
        let wanted = [
            ("market_api", Some(0)),
            ("internal_market_api", Some(0)),
            ("market_api_to_pay_api_8080", Some(0)),
            ("balancer_to_pay_api_8080", Some(1)),
            ("market_api_v2_logs", Some(0)),
            ("market_apis", None),
            ("supermarket_api", None),
            ("internet_load_balancer", None),
        ];
        for (name, part) in wanted {
            assert_eq!(parts.of(name), part, "{name}");
        }
    }
}
