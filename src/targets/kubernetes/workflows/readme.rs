//! What the owner knows and does about workflows, for the README.

use super::{AT_ONCE, AT_ONCE_KEY, KEPT, TOKEN, about, alarms};
use crate::check::kubernetes_document;
use crate::ir::Resource;
use crate::targets::kubernetes::stack::Stack;
use crate::targets::shared::report::Report;

/// Rows of the table of components.
pub(in crate::targets::kubernetes) fn components(stack: &Stack<'_>, report: &mut Report) {
    for (_, workflow) in stack.system.workflows.iter() {
        let times = match &workflow.schedule {
            Some((cron, timezone)) => format!(", started at `{cron}` ({timezone})"),
            None => String::new(),
        };
        let what = format!("workflow of Argo, a pod for each step{times}");
        report.component(&workflow.path, what, format!("workflowtemplate/{}", workflow.name));
    }
}

/// What must be there before the first apply.
pub(in crate::targets::kubernetes) fn prerequisites(stack: &Stack<'_>, mut needs: impl FnMut(String)) {
    if stack.system.workflows.is_empty() {
        return;
    }
    needs(
        "Argo Workflows 4.1 (`cluster-install`: its controller sees all namespaces), with `executor: {securityContext: \
            {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}}` in \
            the ConfigMap `workflow-controller-configmap`: the namespaces of this system take no container that says less. No `instanceID` \
            there: its controller would not see runs that services start."
            .to_owned(),
    );
    if !alarms(stack).is_empty() {
        needs(
            "In that Prometheus what the controller of Argo measures (`argo_workflows_workflowtemplate_triggered_total`, \
                `argo_workflows_cronworkflows_triggered_total`), for the alerts about workflows; of kube-state-metrics \
                `kube_namespace_created`."
                .to_owned(),
        );
    }
}

/// What is done for security.
pub(in crate::targets::kubernetes) fn security(stack: &Stack<'_>, mut says: impl FnMut(&str)) {
    let system = stack.system;
    if system.workflows.is_empty() {
        return;
    }
    says(
        "The pods of a workflow's steps may report to the API server what they left, and nothing else; those of two workflows in one \
            namespace could write each other's reports. They reach the functions that the workflow calls and, as a NetworkPolicy cannot \
            name the API server, any address on ports 443 and 6443, in private ranges too; so do services that start workflows. Where \
            that is too much, take that rule from the NetworkPolicies of these by an override, and open the way by a policy of the network \
            plugin (Cilium: `toEntities: kube-apiserver`). A document goes from step to step in base64 and texts of the blueprint are read from a file, so that Argo, \
            which fills its templates with what goes on, never finds an expression in either. That hides nothing: documents stand in the objects of runs and in their pods, \
            for as long as those are kept, and whoever may read `workflows`, `workflowtaskresults` or `pods` of the namespace reads them. \
            Let no secret go from step to step, and have the cluster encrypt what etcd keeps.",
    );
    let mut ids = system.workflows.iter();
    if ids.any(|(id, _)| system.users_of(Resource::Workflow(id)).next().is_some()) {
        says(&format!(
            "A service that starts workflows has a token of the API server, for an hour and renewed, in `{TOKEN}`. Its Role lets it make \
                runs in the namespace of the workflow; an admission policy of its own (`{}-NAME-starts`) takes those that name one of its \
                workflows and a document, and no other. It sees, stops and changes nothing.",
            system.prefix
        ));
    }
}

/// What the owner does or should know.
pub(in crate::targets::kubernetes) fn operations(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let system = stack.system;
    let Some((_, first)) = system.workflows.iter().next() else {
        return;
    };
    let (name, namespace) = (&first.name, stack.namespace_of(&first.name));
    says(format!(
        "A run of a workflow is an object `workflow` in its namespace. To see runs: `kubectl --namespace {namespace} get workflows \
            --selector workflows.argoproj.io/workflow-template={name}`, or Argo's own server. To start one: `argo submit --namespace \
            {namespace} --from workflowtemplate/{name} --parameter \"document=$(echo '{{}}' | base64 -w0)\"`. `argo get --output yaml` shows what a step left in \
            `status.nodes` (`base64 --decode`), and why one failed as the message of its pod's node. Runs that went well stay {} days and failed \
            ones {}, with the pods of failed steps; put on an `archive` in Argo's configuration to keep more.",
        KEPT.0, KEPT.1
    ));
    let most = system.workflows.iter().map(|(_, workflow)| {
        let bytes = kubernetes_document(workflow);
        format!("{} KiB in `{}`", bytes >> 10, workflow.name)
    });
    let most: Vec<String> = most.collect();
    says(format!(
        "A document has at most {}: a run keeps what each step got and left in its own object, which has room for 1 MiB, so the more \
            steps there are the less each may carry. Put more into a bucket or a table, and its name into the document. A step that \
            leaves more fails, and its `catch` is done; where the error and the document are too much together, the catch gets `null` \
            as `input`. Answers are JSON without `NaN` and `Infinity`, of 1 MiB at most as they are sent.",
        most.join(", ")
    ));
    says(format!(
        "Of each workflow {AT_ONCE} runs go on at once, for which the quota has room; others are `Pending`, and their `timeout_seconds` \
            begins when it is their turn. For more: `[override.kubernetes.ConfigMap.{name}-steps.data] {AT_ONCE_KEY} = \"5\"`, and as much \
            more in the ResourceQuota. Nothing limits how many wait: each is an object in etcd, for as long as runs are kept."
    ));
    says(
        "A step takes a few seconds more than its function: it is a pod. A `choose` is one as well, and so is the end of a `parallel`; a \
            `wait_seconds` is none. A step whose pod is lost (evicted, killed for its memory, or with its node) is done again, twice at \
            most, so functions must stand to be called twice; autoscalers of nodes are asked to leave these pods alone. Functions that a \
            workflow calls are never without pods, two at least: nobody would wake them. The time that a pod waits \
            for room counts in `timeout_seconds`; what still runs then is stopped, and no `catch` sees it. A branch that fails under a \
            `catch` is told by its number in `error`."
            .to_owned(),
    );
    let mut ids = system.workflows.iter();
    if ids.any(|(id, _)| system.users_of(Resource::Workflow(id)).next().is_some()) {
        says(
            "Who starts a workflow sends a POST with `Authorization: Bearer` and the token, read anew each time, to `X_ENDPOINT`, which it \
                verifies by `X_CA`. The body is `{\"apiVersion\": \"argoproj.io/v1alpha1\", \"kind\": \"Workflow\", \"metadata\": \
                {\"generateName\": \"x-\"}, \"spec\": {\"workflowTemplateRef\": {\"name\": X_WORKFLOW}, \"arguments\": {\"parameters\": \
                [{\"name\": \"document\", \"value\": BASE64_OF_JSON}]}}}`; with a `name` instead of `generateName` a run starts once. 201 \
                means that it has begun; how it ends is not told to who started it."
                .to_owned(),
        );
    }
    for alarm in alarms(stack) {
        says(format!(
            "`{}`: an alert of Prometheus, from the PrometheusRule of that name. {}",
            alarm.name,
            about(stack, alarm)
        ));
    }
}
