//! What can keep the providers from being served.

use super::archive::Provider;
use std::fmt;
use std::io;

/// Why no provider is served.
#[derive(Debug)]
pub enum Error {
    /// Some providers are not bundled: their source addresses.
    NotBundled {
        /// `registry.terraform.io/datadog/datadog`
        providers: Vec<String>,
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
                let (are, them) = match providers.len() {
                    1 => ("provider is", "it"),
                    _ => ("providers are", "them"),
                };
                write!(
                    f,
                    "this {are} not bundled: {}\nBundled are {} (of hashicorp). Take what uses {them} out of the configuration for an \
                     offline plan, or run terraform itself.",
                    providers.join(", "),
                    bundled.join(", "),
                )
            }
            Error::System(error) => write!(f, "the offline providers cannot be served: {error}"),
        }
    }
}
