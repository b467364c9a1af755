//! Why an offline run cannot start, in words.

use std::fmt;
use std::path::PathBuf;

use super::Place;

/// Something in a configuration that an offline run cannot do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A file that is not Terraform.
    Unreadable {
        /// Where reading stopped.
        place: Place,
        /// What the parser says.
        message: String,
    },
    /// A module's folder that cannot be read.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        message: String,
    },
    /// A module that would have to be fetched.
    RemoteModule {
        /// The place of the module block.
        place: Place,
        /// The module's name.
        name: String,
        /// Its source.
        source: String,
    },
    /// A data source that reads the state of another configuration.
    RemoteState {
        /// The place of the data block.
        place: Place,
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        self.line.iter().try_for_each(|line| write!(f, ":{line}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { place, message } => write!(f, "{place}: {message}"),
            Self::Folder { folder, message } => write!(f, "cannot read `{}`: {message}", folder.display()),
            Self::RemoteModule { place, name, source } => write!(
                f,
                "{place}: module `{name}` comes from `{source}`, and nothing is fetched offline; copy the module into a folder and name \
                 that as its source (`source = \"./modules/{name}\"`)"
            ),
            Self::RemoteState { place, name } => write!(
                f,
                "{place}: `data.terraform_remote_state.{name}` reads a state that is kept elsewhere, which needs credentials; give the \
                 values as variables, or read a file with `backend = \"local\"`"
            ),
        }
    }
}
