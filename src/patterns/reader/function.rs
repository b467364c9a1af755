//! A function, with everything that follows from itself alone.

use super::Reader;
use crate::blueprint::{Unreadable, model};
use crate::catalog;
use crate::diagnostic::function as rules;
use crate::ir::{self, Arena, Family, Function, Home, Launch, Repository, Retry, Shape, Source};
use crate::vocabulary::{PerTarget, Runtime};

/// Seconds that an event of a bucket or schedule is tried for.
const AGE: u32 = 3600;

impl Reader<'_> {
    /// A function as a service without a port. Its trigger is resolved with the links.
    pub(in crate::patterns) fn function(
        &mut self,
        (name, home): (&str, Home),
        said: &model::Function,
        repositories: &Arena<Repository>,
    ) -> Option<ir::Service> {
        self.settings_of_one_line(&said.environment);
        let key = self.blueprint.places.key(&self.path);
        let (launch, source) = match (&said.source, &said.image) {
            (Some(folder), None) => (Launch::Source, Some(self.source(name, said, folder)?)),
            (None, Some(image)) => {
                if said.runtime.is_some() {
                    self.problems.push(rules::language_of_image(self.at("runtime"), name));
                }
                let image = self.image(image, repositories)?;
                let arguments = vec![];
                (Launch::Container { image, arguments }, None)
            }
            (Some(_), Some(_)) => {
                self.problems.push(rules::two_codes(self.at("image"), name));
                return None;
            }
            (None, None) => {
                self.problems.push(rules::no_code(key, name));
                return None;
            }
        };
        Some(ir::Service {
            name: name.to_owned(),
            home,
            path: self.path.clone(),
            runtime: Runtime::Function,
            launch,
            machine_image: PerTarget::default(),
            port: 0,
            public: false,
            size: Shape {
                cpu: 1,
                memory_gb: said.memory_mb.div_ceil(1024),
                exact: PerTarget::default(),
            },
            scale: ir::Scale {
                min: said.warm,
                max: said.concurrency,
                cpu_percent: 60,
                queue_messages: None,
            },
            health: ir::Health {
                probe: ir::Probe::Process,
                grace_seconds: 0,
            },
            disk_gb: 0,
            environment: texts(&said.environment),
            calls: vec![],
            settings: vec![],
            function: Some(Function {
                source,
                memory_mb: said.memory_mb,
                timeout_seconds: said.timeout_seconds,
                concurrency: said.concurrency,
                warm: said.warm,
                private: said.private,
                retry: Retry {
                    attempts: said.retry.attempts,
                    max_age_seconds: said.retry.max_age_seconds.or_else(|| age(said.trigger.as_ref())),
                },
                trigger: None,
                prefixes: Default::default(),
            }),
        })
    }

    fn source(&mut self, name: &str, said: &model::Function, folder: &model::Folder) -> Option<Source> {
        let known = catalog::languages();
        let Some(runtime) = said.runtime.as_ref().map(model::LanguageName::as_str) else {
            let at = self.at("source");
            self.problems.push(rules::language_missing(at, name, &known));
            return None;
        };
        let Some(language) = catalog::language_of(runtime) else {
            let at = self.at("runtime");
            self.problems.push(match catalog::successor(runtime) {
                Some(successor) => rules::language_retired(at, runtime, successor),
                None => rules::language_unknown(at, runtime, &known),
            });
            return None;
        };
        let files = match self.blueprint.sources.get(folder.as_str()) {
            Some(Ok(files)) => files.clone(),
            found => {
                let what = match found {
                    Some(Err(problem)) => in_words(problem),
                    _ => in_words(&Unreadable::Missing),
                };
                let at = self.at("source");
                self.problems.push(rules::source(at, folder.as_str(), &what));
                return None;
            }
        };
        let handler = said.handler.as_str();
        // A class of Java or .NET stands before its method: `Handler.handle`.
        let (file, entry) = handler.split_once('.')?;
        let endings: &[&str] = match language.family {
            Family::Python => &["py"],
            Family::Node => &["js", "mjs", "cjs"],
            Family::Java | Family::Dotnet => &[],
        };
        let is_there = |ending: &&str| files.contains_key(&format!("{file}.{ending}"));
        if let (Some(first), false) = (endings.first(), endings.iter().any(is_there)) {
            let at = self.at("handler").or(self.at("source"));
            self.problems
                .push(rules::handler(at, handler, &format!("{file}.{first}")));
        }
        Some(Source {
            language,
            file: file.to_owned(),
            entry: entry.to_owned(),
            files,
        })
    }
}

/// Seconds after which an event is not tried again, where nothing is said.
fn age(trigger: Option<&model::Trigger>) -> Option<u32> {
    let is_kept = trigger.is_some_and(|trigger| trigger.stream.is_some() || trigger.table.is_some());
    (!is_kept).then_some(AGE)
}

fn texts(said: &std::collections::BTreeMap<model::Variable, String>) -> std::collections::BTreeMap<String, String> {
    said.iter()
        .map(|(key, value)| (key.to_string(), value.clone()))
        .collect()
}

fn in_words(problem: &Unreadable) -> String {
    match problem {
        Unreadable::Missing => "there is no such folder".to_owned(),
        Unreadable::Empty => "there are no files in it".to_owned(),
        Unreadable::NotText(file) => format!("`{file}` is not text"),
        Unreadable::Strange(file) => {
            format!("`{file}` is neither a file nor a folder with a name of letters, digits and `._-@+`")
        }
        Unreadable::TooLarge => "its files have more than 4 MiB".to_owned(),
        Unreadable::Failed(why) => why.clone(),
    }
}
