//! What can keep the providers from being served.

use super::archive::Provider;
use super::needs::Place;
use std::fmt;
use std::io;

/// Why no provider is served.
#[derive(Debug)]
pub enum Error {
    /// Some providers are not bundled.
    NotBundled {
        /// `registry.terraform.io/datadog/datadog`, and where the configuration names it.
        providers: Vec<(String, Place)>,
    },
    /// The system gave no socket, folder or thread.
    System(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Error::System(error)
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotBundled { providers } => {
                let bundled: Vec<&str> = Provider::names().collect();
                for (address, place) in providers {
                    write!(f, "{}", place.file.display())?;
                    if let Some(line) = place.line {
                        write!(f, ":{line}")?;
                    }
                    writeln!(f, ": the provider {address} is not bundled")?;
                }
                write!(
                    f,
                    "Bundled are {}, of hashicorp. For an offline plan, take what uses another provider out of the configuration.",
                    bundled.join(", "),
                )
            }
            Error::System(error) => write!(f, "the offline providers cannot be served: {error}"),
        }
    }
}
