"""Validates Kubernetes objects strictly: validate.py KINDS_JSONL... < objects.yaml

Built-in kinds are checked against the newest OpenAPI schema that kubernetes-validate carries, custom kinds against the KINDS_JSONL
(one {"kind": "GROUP/VERSION/KIND", "schema": closed schema of its spec} a line). An unknown field and a kind without a schema are findings. Pod templates
must meet the restricted Pod Security Standard; those of DaemonSets in kube-system, which read files of their node, may do that and be its user 0. One line
a finding; exit 1 where there is one.

Needs: pip install kubernetes-validate pyyaml jsonschema
"""

import json
import os
import sys

import jsonschema
import kubernetes_validate
import yaml

BUILT_IN = {
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling", "batch",
    "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "networking.k8s.io", "node.k8s.io",
    "policy", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
}
VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
}


class Unique(yaml.SafeLoader):
    """YAML in which a key that is given twice is an error."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.YAMLError(f"given twice: {sorted(twice)} {node.start_mark}")
        return super().construct_mapping(node, deep)


def whole(spec):
    """The schema of an object whose specification has this one."""
    fields = {"apiVersion": {}, "kind": {}, "metadata": {"type": "object"}, "spec": spec}
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def custom(schema, document):
    if schema["properties"]["spec"].get("additionalProperties") is not False:
        yield "the kept schema is open: unknown fields would pass"
    for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
        yield f"{'.'.join(map(str, error.path))}: {error.message[:200]}"


def built_in(document):
    group, slash, _ = document["apiVersion"].rpartition("/")
    # kubernetes-validate looks at the first word of a group only, so it would take a custom kind for a built-in one.
    if slash and group not in BUILT_IN:
        yield "no schema is kept for this kind"
        return
    try:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{'.'.join(map(str, error.path))}: {error.message[:200]}"
    except kubernetes_validate.SchemaNotFoundError as error:
        yield error.message


def pod(document):
    """The pod of a workload, if it is one."""
    path = {"Pod": ["spec"], "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"]}
    workloads = {"DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"}
    default = ["spec", "template", "spec"] if document["kind"] in workloads else None
    value = document
    for key in path.get(document["kind"], default) or []:
        value = value.get(key) or {}
    return None if value is document else value


def restricted(spec, of_node):
    """What the restricted Pod Security Standard refuses in a pod, but for files and the user 0 where it is one of the node's own."""
    shared = spec.get("securityContext") or {}
    for key in ("hostIPC", "hostNetwork", "hostPID"):
        if spec.get(key):
            yield key
    for volume in spec.get("volumes") or []:
        for kind in set(volume) - {"name"} - VOLUMES - ({"hostPath"} if of_node else set()):
            yield f"volume {volume.get('name')} is a {kind}"
    for container in (spec.get("initContainers") or []) + (spec.get("containers") or []):
        own, name = container.get("securityContext") or {}, container.get("name")
        both = {**shared, **own}
        if not of_node and (both.get("runAsNonRoot") is not True or both.get("runAsUser") == 0):
            yield f"{name} may run as root"
        if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
            yield f"{name} may gain privileges"
        capabilities = own.get("capabilities") or {}
        if "ALL" not in (capabilities.get("drop") or []) or set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}:
            yield f"{name} keeps capabilities"
        if (both.get("seccompProfile") or {}).get("type") not in ("RuntimeDefault", "Localhost"):
            yield f"{name} has no seccomp profile"
        if any(port.get("hostPort") for port in container.get("ports") or []):
            yield f"{name} takes a port of its host"


def findings(kept, document):
    key = f"{document['apiVersion']}/{document['kind']}"
    yield from custom(kept[key], document) if key in kept else built_in(document)
    spec = pod(document)
    if spec is not None:
        namespace = document["metadata"].get("namespace")
        yield from restricted(spec, (document["kind"], namespace) == ("DaemonSet", "kube-system"))


def main():
    kept = {}
    for path in filter(os.path.exists, sys.argv[1:]):
        with open(path, encoding="utf-8") as file:
            kept.update({kind["kind"]: whole(kind["schema"]) for kind in map(json.loads, file)})
    documents = [document for document in yaml.load_all(sys.stdin, Loader=Unique) if document]
    if not documents:
        sys.exit("no objects to validate")
    wrong = 0
    for document in documents:
        for finding in findings(kept, document):
            wrong += 1
            print(f"{document['kind']} {document['metadata']['name']}: {finding}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
