"""Validates definitions in the Amazon States Language: states_language.py SCHEMAS.json < DEFINITIONS.json

SCHEMAS.json is `{"source": ..., "schemas": {FILE: schema}}`; DEFINITIONS.json is `{NAME: definition}`. A state without a query language
has that of its machine, which the schemas want to be said. What they cannot tell is looked at here: that every state is led to, that
none leads nowhere, and that no name stands twice. One line a finding; exit 1 where there is one.

Needs: pip install jsonschema
"""

import json
import sys

import jsonschema
from referencing import Registry, Resource


def said(machine, language):
    """The machine with the query language in every state."""
    states = {}
    for name, state in machine["States"].items():
        state = {"QueryLanguage": language, **state}
        if "Branches" in state:
            state["Branches"] = [said(branch, language) for branch in state["Branches"]]
        states[name] = state
    return {**machine, "States": states}


def targets(state):
    yield from (state[key] for key in ("Next", "Default") if key in state)
    for rule in state.get("Choices", []) + state.get("Catch", []):
        yield rule["Next"]


def walked(machine, names):
    states = machine["States"]
    led = {machine["StartAt"]}
    for name, state in states.items():
        if name in names:
            yield f"{name} stands twice"
        names.add(name)
        led.update(targets(state))
        ends = state["Type"] in ("Choice", "Fail", "Succeed") or state.get("End") is True
        if ends == ("Next" in state):
            yield f"{name} goes on and ends, or neither"
        for branch in state.get("Branches", []):
            yield from walked(branch, names)
    yield from (f"{name} is no state" for name in sorted(led - set(states)))
    yield from (f"nothing leads to {name}" for name in sorted(set(states) - led))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schemas = json.load(file)["schemas"]
    known = Registry().with_resources((schema["$id"].rstrip("#"), Resource.from_contents(schema)) for schema in schemas.values())
    validator = jsonschema.Draft7Validator(schemas["state-machine.json"], registry=known)
    findings = []
    for name, machine in json.load(sys.stdin).items():
        whole = said(machine, machine["QueryLanguage"])
        for error in validator.iter_errors(whole):
            error = jsonschema.exceptions.best_match([error])
            findings.append(f"{name}: {'.'.join(map(str, error.absolute_path))}: {error.message[:300]}")
        findings += [f"{name}: {finding}" for finding in walked(whole, set())]
    print("\n".join(findings))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
