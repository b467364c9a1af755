//! Arguments that are passed through to Terraform.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::super::Failure;

/// Options of `terraform plan` that an offline plan cannot have, and what to do instead.
const REFUSED: [(&str, &str); 4] = [
    (
        "out",
        "what was planned offline must never be applied to an account; --json gives the plan as a document",
    ),
    ("json", "give --json to cloudgen, before the `--`"),
    ("state", "give --state FILE to cloudgen, before the `--`"),
    ("chdir", "name the folder instead of a blueprint: `cloudgen plan DIR`"),
];

/// Options whose value is a file of the user's.
const FILES: [&str; 2] = ["var-file", "generate-config-out"];

/// The name of an option, as in `-name=value` and `--name`.
pub(super) fn option(argument: &OsStr) -> Option<&str> {
    let name = argument.to_str()?.strip_prefix('-')?;
    let name = name.strip_prefix('-').unwrap_or(name);
    Some(name.split('=').next().unwrap_or(name))
}

/// Arguments for `terraform plan`, with paths that mean the same file from the folder where Terraform runs.
///
/// # Errors
/// An argument that is refused.
pub(super) fn of_plan(given: &[OsString], here: &Path) -> Result<Vec<OsString>, Failure> {
    let mut arguments = Vec::new();
    let mut is_file = false;
    for argument in given {
        if is_file {
            arguments.push(from_here(argument, here));
            is_file = false;
            continue;
        }
        let name = option(argument);
        if let Some((name, instead)) = REFUSED.iter().find(|(refused, _)| Some(*refused) == name) {
            return Err(Failure::Error(format!("-{name} is not for an offline plan: {instead}")));
        }
        let text = argument.to_str().unwrap_or_default();
        match (name.filter(|name| FILES.contains(name)), text.split_once('=')) {
            (Some(name), Some((_, value))) => {
                let mut argument = OsString::from(format!("-{name}="));
                argument.push(from_here(OsStr::new(value), here));
                arguments.push(argument);
            }
            (is_of_file, _) => {
                is_file = is_of_file.is_some();
                arguments.push(argument.clone());
            }
        }
    }
    Ok(arguments)
}

/// A path from the user's folder. What is not there may be meant from the module's folder, and is left as it is.
fn from_here(path: &OsStr, here: &Path) -> OsString {
    let absolute = here.join(path);
    let is_there = absolute.exists();
    if is_there {
        absolute.into_os_string()
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn paths_are_taken_from_where_the_user_is() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let given = [
            "-var-file=Cargo.toml",
            "-var-file",
            "Cargo.toml",
            "--var-file=only-there",
            "-var",
            "a=b",
        ];
        let passed = of_plan(&given.map(OsString::from), here).unwrap();
        let file = here.join("Cargo.toml").display().to_string();
        let wanted = [
            &format!("-var-file={file}"),
            "-var-file",
            &file,
            "-var-file=only-there",
            "-var",
            "a=b",
        ];
        assert_eq!(passed, wanted.map(OsString::from));
    }

    #[test]
    fn what_an_offline_plan_cannot_have_is_refused() {
        for refused in ["-out=x", "--out", "-json", "-state=x", "-chdir=y"] {
            assert!(of_plan(&[refused.into()], Path::new("/")).is_err(), "{refused}");
        }
        assert!(of_plan(&["-destroy".into(), "-target=a.b".into()], Path::new("/")).is_ok());
    }
}
