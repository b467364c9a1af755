"""Rewrites tests/data/crds.json, the schemas of the custom kinds that are emitted: keep_crds.py [KIND...] < schemas.json

Standard input is a JSON object "GROUP/VERSION/KIND": {"from": where the schema is from, "schema": the openAPIV3Schema of that version}.
Kept are the kinds that are in the file already and those that are named. A kept schema is JSON Schema in which unknown fields are
errors, without descriptions and without status.
"""

import json
import pathlib
import sys

KEPT = pathlib.Path(__file__).parent.parent / "data" / "crds.json"
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
    kinds = set(json.loads(KEPT.read_text(encoding="utf-8"))) if KEPT.exists() else set()
    lines = []
    for kind in sorted(kinds | set(sys.argv[1:])):
        if kind not in schemas:
            sys.exit(f"no schema of {kind} on standard input")
        schema = closed(schemas[kind]["schema"])
        schema["properties"].pop("status", None)
        schema["properties"] |= {name: {} for name in ("apiVersion", "kind", "metadata")}
        entry = json.dumps({"from": schemas[kind]["from"], "schema": schema}, separators=(",", ":"), sort_keys=True)
        lines.append(f"{json.dumps(kind)}: {entry}")
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
