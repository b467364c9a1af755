//! The four places cloudgen renders for.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place to render for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Amazon Web Services, as Terraform.
    Aws,
    /// Microsoft Azure, as Terraform.
    Azure,
    /// Google Cloud, as Terraform.
    Gcp,
    /// Any conformant Kubernetes cluster, as YAML.
    Kubernetes,
}

impl Target {
    /// Every target, in the order in which they are listed to users.
    pub const ALL: [Target; 4] = [Target::Aws, Target::Azure, Target::Gcp, Target::Kubernetes];

    /// The word for it on the command line and in blueprints.
    pub fn name(self) -> &'static str {
        match self {
            Target::Aws => "aws",
            Target::Azure => "azure",
            Target::Gcp => "gcp",
            Target::Kubernetes => "kubernetes",
        }
    }

    /// Its name in prose.
    pub fn title(self) -> &'static str {
        match self {
            Target::Aws => "AWS",
            Target::Azure => "Azure",
            Target::Gcp => "Google Cloud",
            Target::Kubernetes => "Kubernetes",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
