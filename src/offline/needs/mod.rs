//! What a Terraform root module asks of providers: read from its files and from those of every local module that it calls.
//!
//! This is a survey, not a judgement: whatever Terraform itself will find wrong is left for Terraform to say. Only what an offline run
//! can never do is a [`Problem`] here: fetching a module, or reading a state that is kept elsewhere.

mod hcl;
mod json;
mod problem;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};

pub use problem::Problem;

/// Where providers come from that name no registry.
const REGISTRY: &str = "registry.terraform.io";
/// The provider that is part of Terraform.
const BUILT_IN: &str = "terraform.io/builtin/terraform";

/// What a root module and the local modules below it need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The folder that Terraform runs in. Relative paths in values (of `archive_file`, `local_file`) start there.
    pub root: PathBuf,
    /// Source addresses of providers, such as `registry.terraform.io/hashicorp/aws`, and where each is first named. Terraform's
    /// built-in provider is not among them.
    pub providers: BTreeMap<String, Place>,
    /// The resource types that are named anywhere, of all providers.
    pub resources: BTreeSet<String>,
    /// The types of data sources.
    pub data: BTreeSet<String>,
    /// The types of ephemeral resources.
    pub ephemeral: BTreeSet<String>,
    /// The folders of the modules, the root first, as paths that start like the root's.
    pub modules: Vec<PathBuf>,
    /// The root module says where its state is kept.
    pub has_backend: bool,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as a path that starts like the root module's.
    pub file: PathBuf,
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
}

/// A file of a module: its name, and its text.
pub type File = (String, String);

/// One thing that a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// The line, where the syntax tells it.
    line: Option<usize>,
    found: Found,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    /// An entry of `required_providers`.
    Requires { name: String, source: Option<String> },
    /// A `provider` block.
    Configures { name: String },
    /// A block of a type; `provider` is the local name that its meta-argument gives.
    Uses {
        section: Section,
        kind: String,
        provider: Option<String>,
    },
    /// An address in a `moved`, `removed` or `import` block.
    Names { kind: String },
    /// A `module` block.
    Calls { name: String, source: String },
    /// A data source that reads another configuration's state.
    RemoteState { name: String, backend: Option<String> },
    /// Where the state of the configuration is kept.
    Backend,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Resource,
    Data,
    Ephemeral,
}

impl Section {
    fn named(word: &str) -> Option<Self> {
        match word {
            "resource" => Some(Self::Resource),
            "data" => Some(Self::Data),
            "ephemeral" => Some(Self::Ephemeral),
            _ => None,
        }
    }
}

/// Which files of the root module are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The configuration.
    Configuration,
    /// The configuration, and what its test files (`*.tftest.hcl`, there and in `tests`) add.
    Tests,
}

impl Needs {
    /// Reads a root module and the local modules below it.
    ///
    /// `list` gives the files of a folder, sorted by name; a module's folder that is not there is none of this reader's business and
    /// may be an error of kind [`io::ErrorKind::NotFound`].
    ///
    /// # Errors
    /// Everything that keeps an offline run from starting: files that cannot be read, modules that would have to be fetched, states that
    /// are kept elsewhere.
    pub fn read(
        root: &Path,
        reach: Reach,
        list: &mut dyn FnMut(&Path) -> io::Result<Vec<File>>,
    ) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::default();
        reader.needs.root = root.to_path_buf();
        reader.waiting.push(normal(root));
        if reach == Reach::Tests {
            for folder in [root.to_path_buf(), root.join("tests")] {
                reader.tests(&folder, list);
            }
        }
        // First in, first out: the root is read first.
        let mut next = 0;
        while let Some(folder) = reader.waiting.get(next).cloned() {
            reader.module(&folder, list);
            next += 1;
        }
        reader.needs.modules = reader.waiting;
        if reader.problems.is_empty() {
            Ok(reader.needs)
        } else {
            Err(reader.problems)
        }
    }

    /// Adds the types and providers of the resources in a state, as `terraform state pull` prints it: what is no longer in the
    /// configuration has to be read to be destroyed.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn add_state(&mut self, file: &Path, text: &str) -> Result<(), Problem> {
        let place = Place {
            file: file.to_path_buf(),
            line: None,
        };
        let resources = json::state(text).map_err(|message| Problem::Unreadable {
            place: place.clone(),
            message,
        })?;
        for (section, kind, provider) in resources {
            self.add_type(section, kind);
            if provider != BUILT_IN {
                self.providers.entry(provider).or_insert_with(|| place.clone());
            }
        }
        Ok(())
    }

    fn add_type(&mut self, section: Section, kind: String) {
        match section {
            Section::Resource => self.resources.insert(kind),
            Section::Data => self.data.insert(kind),
            Section::Ephemeral => self.ephemeral.insert(kind),
        };
    }
}

/// What has been read so far, and which folders come next.
#[derive(Debug, Default)]
struct Reader {
    needs: Needs,
    problems: Vec<Problem>,
    /// Every module's folder; those that were read come first.
    waiting: Vec<PathBuf>,
}

impl Reader {
    /// Reads one module.
    fn module(&mut self, folder: &Path, list: &mut dyn FnMut(&Path) -> io::Result<Vec<File>>) {
        let is_root = self.waiting.first().is_some_and(|root| root == folder);
        let entries = self.entries(folder, list, |name| name.ends_with(".tf") || name.ends_with(".tf.json"));
        let sources = sources(&entries);
        for (place, found) in entries {
            self.take(folder, &sources, place, found, is_root);
        }
    }

    /// Reads the test files in a folder. Their modules are relative to the root module.
    fn tests(&mut self, folder: &Path, list: &mut dyn FnMut(&Path) -> io::Result<Vec<File>>) {
        let entries = self.entries(folder, list, |name| name.ends_with(".tftest.hcl"));
        let root = self.needs.root.clone();
        for (place, found) in entries {
            self.take(&root, &BTreeMap::new(), place, found, false);
        }
    }

    /// What the files of a folder say, in order.
    fn entries(
        &mut self,
        folder: &Path,
        list: &mut dyn FnMut(&Path) -> io::Result<Vec<File>>,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Vec<(Place, Found)> {
        let files = match list(folder) {
            Ok(files) => files,
            // Terraform says it better: it knows who calls the module.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.problems.push(Problem::Folder {
                    folder: folder.to_path_buf(),
                    message: error.to_string(),
                });
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for (name, text) in files.iter().filter(|(name, _)| is_wanted(name)) {
            let file = folder.join(name);
            let read = if name.ends_with(".json") {
                json::configuration(text)
            } else {
                hcl::configuration(text)
            };
            match read {
                Ok(entries) => found.extend(entries.into_iter().map(|entry| {
                    let (file, line) = (file.clone(), entry.line);
                    (Place { file, line }, entry.found)
                })),
                Err((line, message)) => self.problems.push(Problem::Unreadable {
                    place: Place { file, line },
                    message,
                }),
            }
        }
        found
    }

    fn take(&mut self, folder: &Path, sources: &BTreeMap<String, String>, place: Place, found: Found, is_root: bool) {
        match found {
            Found::Requires { name, .. } | Found::Configures { name } => self.provider(sources, &name, place),
            Found::Uses {
                section,
                kind,
                provider,
            } => {
                let name = provider.unwrap_or_else(|| prefix(&kind).to_owned());
                self.provider(sources, &name, place);
                self.needs.add_type(section, kind);
            }
            // The provider is in the configuration or in the state.
            Found::Names { kind } => self.needs.add_type(Section::Resource, kind),
            Found::Calls { name, source } => match local(folder, &source) {
                Some(module) if self.waiting.contains(&module) => {}
                Some(module) => self.waiting.push(module),
                None => self.problems.push(Problem::RemoteModule { place, name, source }),
            },
            Found::RemoteState { backend, .. } if backend.as_deref() == Some("local") => {}
            Found::RemoteState { name, .. } => self.problems.push(Problem::RemoteState { place, name }),
            Found::Backend => self.needs.has_backend |= is_root,
        }
    }

    fn provider(&mut self, sources: &BTreeMap<String, String>, name: &str, place: Place) {
        let address = address(sources.get(name).map_or(name, String::as_str));
        if address != BUILT_IN {
            self.needs.providers.entry(address).or_insert(place);
        }
    }
}

/// What each local name of a module stands for.
fn sources(entries: &[(Place, Found)]) -> BTreeMap<String, String> {
    let required = entries.iter().filter_map(|(_, found)| match found {
        Found::Requires {
            name,
            source: Some(source),
        } => Some((name.clone(), source.clone())),
        _ => None,
    });
    required.collect()
}

/// The local name of the provider that a type belongs to unless something else is said.
fn prefix(kind: &str) -> &str {
    kind.split('_').next().unwrap_or(kind)
}

/// The full address of a source: `aws` and `hashicorp/aws` are `registry.terraform.io/hashicorp/aws`.
fn address(source: &str) -> String {
    let source = source.to_lowercase();
    match source.matches('/').count() {
        0 if source == "terraform" => BUILT_IN.to_owned(),
        0 => format!("{REGISTRY}/hashicorp/{source}"),
        1 => format!("{REGISTRY}/{source}"),
        _ => source,
    }
}

/// The folder of a module's source; none where the source is not a folder here.
fn local(folder: &Path, source: &str) -> Option<PathBuf> {
    let is_local = ["./", "../", ".\\", "..\\", "/"]
        .iter()
        .any(|start| source.starts_with(start));
    (is_local || source == "." || source == "..").then(|| normal(&folder.join(source)))
}

/// A path without `.` and, as far as that is possible without looking, without `..`, as Terraform resolves the sources of modules.
pub fn normal(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (Component::ParentDir, Some(Component::RootDir)) => {}
            _ => parts.push(part),
        }
    }
    if parts.is_empty() {
        return PathBuf::from(".");
    }
    parts.into_iter().collect()
}
