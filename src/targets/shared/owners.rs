//! Who owns which files of the output.

use crate::check::Checked;
use crate::ir::Domain;
use crate::target::Target;

const HEAD: &str = "\
# Who is asked about a change of a domain's files. Code hosts read this file at the top of a repository, in docs/ and in their own
# folder only: take its lines into yours there.
";

/// What stands at the top of a domain's files.
pub fn header(domain: &Domain) -> String {
    match &domain.owner {
        Some(owner) => format!("Domain {}, owned by {owner}.", domain.name),
        None => format!("Domain {}.", domain.name),
    }
}

/// A `CODEOWNERS`, where a domain has an owner: (path, text).
pub fn file(system: &Checked<'_>) -> Option<(String, String)> {
    let owned = system
        .domains
        .iter()
        .filter_map(|(id, domain)| Some((id, &domain.name, domain.owner.as_ref()?)));
    let lines: Vec<String> = owned
        .map(|(id, name, owner)| {
            let manifests = format!("**/kubernetes/{name}/ {owner}\n");
            let mut resources = format!("**/terraform/domain_{}.tf {owner}\n", name.replace('-', "_"));
            if system
                .functions()
                .any(|(_, service, function)| service.home.domain == Some(id) && function.source.is_some())
            {
                resources.push_str(&format!("**/terraform/functions/{name}-*/ {owner}\n"));
            }
            match system.target() {
                Target::Kubernetes => manifests,
                _ if system.pools.iter().any(|pool| pool.domain == Some(id)) => resources + &manifests,
                _ => resources,
            }
        })
        .collect();
    (!lines.is_empty()).then(|| ("CODEOWNERS".to_owned(), format!("{HEAD}{}", lines.concat())))
}
