"""Rewrites kinds.jsonl of src/kubernetes, the schemas of the custom kinds that it emits: keep_crds.py [KIND...] < schemas.json

Standard input is a JSON object "GROUP/VERSION/KIND": {"from": where the schema is from, "schema": the openAPIV3Schema of that version}.
Kept are the kinds that are in the file already and those that are named, with the alternatives in ONLY. A kept schema is JSON Schema in which unknown fields are
errors, without descriptions: that of the `spec`, one kind a line.
"""

import json
import pathlib
import sys

KEPT = pathlib.Path(__file__).parents[2] / "src" / "kubernetes" / "data" / "kinds.jsonl"
# Of a field with many alternatives those that a target has a use for.
ONLY = {("external-secrets.io/v1/SecretStore", "provider"): {"aws", "azurekv", "gcpsm", "kubernetes"}}
LEFT_OUT = {"default", "description", "example", "format", "nullable", "title"}


def closed(schema):
    """An OpenAPI schema of a custom resource as JSON Schema that takes no unknown field."""
    kept = {key: value for key, value in schema.items() if key not in LEFT_OUT and not key.startswith("x-kubernetes-")}
    if "properties" in kept:
        kept["properties"] = {name: closed(value) for name, value in kept["properties"].items()}
    for key in ("additionalProperties", "items"):
        if isinstance(kept.get(key), dict):
            kept[key] = closed(kept[key])
    # These narrow a schema that stands beside them; closed themselves, they would refuse its other properties.
    for key in ("allOf", "anyOf", "oneOf"):
        if key in kept:
            kept[key] = [{k: v for k, v in one.items() if not k.startswith("x-kubernetes-")} for one in kept[key]]
    if schema.get("x-kubernetes-int-or-string"):
        kept["type"] = ["integer", "string"]
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource")
    if "properties" in kept and not is_open:
        kept.setdefault("additionalProperties", False)
    if schema.get("nullable") and isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
    return kept


def main():
    schemas = json.load(sys.stdin)
    kept = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else []
    kinds = {json.loads(line)["kind"] for line in kept}
    lines = []
    for kind in sorted(kinds | set(sys.argv[1:])):
        if kind not in schemas:
            sys.exit(f"no schema of {kind} on standard input")
        spec = closed(schemas[kind]["schema"]["properties"]["spec"])
        for (of, field), used in ONLY.items():
            if of == kind:
                alternatives = spec["properties"][field]["properties"]
                spec["properties"][field]["properties"] = {name: alternatives[name] for name in sorted(used)}
        entry = {"kind": kind, "from": schemas[kind]["from"], "schema": spec}
        lines.append(json.dumps(entry, separators=(",", ":"), sort_keys=True) + "\n")
    KEPT.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
