//! Kustomizations: what is applied together, in which order.

/// The text of a `kustomization.yaml` that lists files and folders.
pub(crate) fn list(resources: &[String]) -> String {
    let lines: Vec<String> = resources.iter().map(|file| format!("  - {file}\n")).collect();
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsortOptions:\n  order: \
            fifo\nresources:\n{}",
        lines.concat()
    )
}
