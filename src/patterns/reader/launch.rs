//! What a service starts, and the images that it is started from.

use std::collections::BTreeSet;

use super::Reader;
use crate::blueprint::Blueprint;
use crate::blueprint::model;
use crate::diagnostic::{registry, semantic};
use crate::ir::{Arena, Image, Launch, Repository};

/// What images of the system's own registry begin with.
const OWN: &str = "registry/";

impl Reader<'_> {
    pub(super) fn image(&mut self, text: &str, repositories: &Arena<Repository>) -> Option<Image> {
        let Some(own) = text.strip_prefix(OWN) else {
            if !is_image(text) {
                self.problems.push(semantic::bad_image(self.at("image"), text));
                return None;
            }
            return Some(Image::Reference(text.to_owned()));
        };
        let problem = match own.rsplit_once(':') {
            _ if self.blueprint.model.registry.is_none() => registry::missing(self.at("image"), text),
            Some((name, tag)) if is_repository(name) && is_tag(tag) => {
                let id = repositories.iter().find(|(_, repository)| repository.name == name);
                return id.map(|(repository, _)| Image::Own {
                    repository,
                    tag: tag.to_owned(),
                });
            }
            _ => registry::bad_name(self.at("image"), text),
        };
        self.problems.push(problem);
        None
    }

    /// What a service starts.
    pub(super) fn launch(
        &mut self,
        name: &str,
        said: &model::Service,
        repositories: &Arena<Repository>,
    ) -> Option<Launch> {
        match (&said.image, &said.start) {
            (Some(image), None) => Some(Launch::Container {
                image: self.image(image, repositories)?,
                arguments: said.arguments.clone(),
            }),
            (None, Some(script)) => {
                if !said.arguments.is_empty() {
                    self.problems
                        .push(semantic::arguments_need_image(self.at("arguments"), name));
                }
                Some(Launch::Script(script.clone()))
            }
            (Some(_), Some(_)) => {
                self.problems.push(semantic::image_and_start(self.at("start"), name));
                None
            }
            (None, None) => {
                let at = self.blueprint.places.key(&self.path);
                self.problems.push(semantic::nothing_to_run(at, name));
                None
            }
        }
    }
}

/// True for text of the form `[registry/]path[:tag][@digest]`, in the charset of image references.
pub(in crate::patterns) fn is_image(text: &str) -> bool {
    let charset = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    first
        && text.len() <= 255
        && text.chars().all(charset)
        && !text.contains("//")
        && !text.ends_with(['/', ':', '@', '-', '.'])
}

/// True if a service takes an image of the system's own registry, by whatever name.
pub(in crate::patterns) fn uses_registry(blueprint: &Blueprint) -> bool {
    let mut images = blueprint.model.all_processes().filter_map(|(_, _, said)| said.image);
    images.any(|image| image.starts_with(OWN))
}

/// The images of the system's own registry, by name.
pub(in crate::patterns) fn repositories(blueprint: &Blueprint) -> Arena<Repository> {
    let processes = blueprint.model.all_processes();
    let own = processes.filter_map(|(_, _, said)| said.image?.strip_prefix(OWN)?.rsplit_once(':'));
    let names: BTreeSet<&str> = own.map(|(name, _)| name).filter(|name| is_repository(name)).collect();
    let mut repositories = Arena::default();
    for name in names {
        repositories.add(Repository { name: name.to_owned() });
    }
    repositories
}

/// True for the name of an image that every cloud's registry takes.
fn is_repository(name: &str) -> bool {
    let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (2..=60).contains(&name.len())
        && name.chars().all(|c| ends(c) || c == '-')
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(ends)
}

/// True for a tag of an image.
fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=128).contains(&tag.len()) && tag.starts_with(word) && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}
