//! Checks of a whole module: every block against its provider's schema and facts, every reference against what is there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::block::Block;
use super::module::{Definition, Kind, Module};
use super::provider::{self, BlockKind};
use super::references;

/// One thing in a module that its providers or Terraform would refuse.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The block: `aws_lb.web`, `provider.aws`.
    pub address: String,
    /// The argument, dotted; empty where the whole block or a reference in it is meant.
    pub path: String,
    /// What is wrong, in words.
    pub problem: String,
}

/// Everything in a module that its providers or Terraform would refuse.
pub fn verify(module: &Module) -> Vec<Fault> {
    let names = Names::of(module);
    let faults = module
        .definitions()
        .iter()
        .flat_map(|definition| names.faults(definition));
    faults.collect()
}

/// What a reference in a module can name.
pub struct Names<'a> {
    /// Every object, and whether there are several instances of it.
    objects: BTreeMap<(Kind, &'a str, &'a str), bool>,
    /// The variables and locals: (`var` or `local`, name).
    declared: BTreeSet<(&'static str, &'a str)>,
}

impl<'a> Names<'a> {
    /// The names in a module.
    pub fn of(module: &'a Module) -> Self {
        let objects = module.definitions().iter().filter_map(|definition| {
            let (kind, resource_type, name) = object(definition)?;
            Some(((kind, resource_type, name), is_repeated(&definition.body)))
        });
        Self {
            objects: objects.collect(),
            declared: declared(module),
        }
    }

    /// Everything in a definition of the module that its provider or Terraform would refuse.
    pub fn faults(&self, definition: &Definition) -> Vec<Fault> {
        let mut faults = against_schema(definition);
        references::of_block(&definition.body, &mut |reference| {
            faults.extend(self.dangling(reference).map(|problem| Fault {
                address: address(definition),
                path: String::new(),
                problem,
            }));
        });
        faults
    }

    /// What is wrong with a reference, if anything.
    fn dangling(&self, reference: &[Cow<'_, str>]) -> Option<String> {
        let words: Vec<&str> = reference.iter().map(AsRef::as_ref).collect();
        let undeclared =
            |kind, name, word| (!self.declared.contains(&(kind, name))).then(|| format!("there is no {word} `{name}`"));
        let (kind, rest) = match words.as_slice() {
            ["data", rest @ ..] => (Kind::Data, rest),
            ["ephemeral", rest @ ..] => (Kind::Ephemeral, rest),
            ["var", name, ..] => return undeclared("var", name, "variable"),
            ["local", name, ..] => return undeclared("local", name, "local"),
            rest => (Kind::Resource, rest),
        };
        // Iterators, `path.module` and bare words have no underscore-separated provider in front.
        let (resource_type, name, path) = match rest {
            [resource_type, name, path @ ..] if kind != Kind::Resource || resource_type.contains('_') => {
                (*resource_type, *name, path)
            }
            _ => return None,
        };
        let Some(&repeated) = self.objects.get(&(kind, resource_type, name)) else {
            return Some(format!("`{}` refers to nothing in this module", words.join(".")));
        };
        // An instance key comes first where the object is repeated; without one the whole map is meant.
        let path = match path.split_first() {
            Some((_, rest)) if repeated => rest,
            _ => path,
        };
        let block_kind = match kind {
            Kind::Resource => BlockKind::Resource,
            Kind::Data => BlockKind::Data,
            Kind::Ephemeral => BlockKind::Ephemeral,
        };
        let exists = provider::has_attribute(block_kind, resource_type, path).unwrap_or(true);
        (!exists).then(|| format!("`{}` names an attribute that the type does not have", words.join(".")))
    }
}

fn is_repeated(body: &Block) -> bool {
    body.attribute("for_each").is_some() || body.attribute("count").is_some()
}

fn object(definition: &Definition) -> Option<(Kind, &str, &str)> {
    let kind = match definition.keyword {
        "resource" => Kind::Resource,
        "data" => Kind::Data,
        "ephemeral" => Kind::Ephemeral,
        _ => return None,
    };
    match definition.labels.as_slice() {
        [resource_type, name] => Some((kind, resource_type, name)),
        _ => None,
    }
}

fn address(definition: &Definition) -> String {
    let words: Vec<&str> = match definition.keyword {
        "resource" => vec![],
        keyword => vec![keyword],
    };
    let labels = definition.labels.iter().map(String::as_str);
    words.into_iter().chain(labels).collect::<Vec<_>>().join(".")
}

fn against_schema(definition: &Definition) -> Vec<Fault> {
    let kind = match definition.keyword {
        "resource" => BlockKind::Resource,
        "data" => BlockKind::Data,
        "ephemeral" => BlockKind::Ephemeral,
        "provider" => BlockKind::Provider,
        _ => return vec![],
    };
    let Some(type_name) = definition.labels.first() else {
        return vec![];
    };
    provider::check_block(kind, type_name, &definition.body)
        .into_iter()
        .filter(|violation| !violation.problem.is_warning())
        .map(|violation| Fault {
            address: address(definition),
            problem: violation.problem.to_string(),
            path: violation.path,
        })
        .collect()
}

/// The variables and locals of a module: (`var` or `local`, name).
fn declared(module: &Module) -> BTreeSet<(&'static str, &str)> {
    let mut names = BTreeSet::new();
    for definition in module.definitions() {
        match definition.keyword {
            "variable" => names.extend(definition.labels.iter().map(|name| ("var", name.as_str()))),
            "locals" => names.extend(definition.body.attributes().map(|(name, _)| ("local", name))),
            _ => {}
        }
    }
    names
}
