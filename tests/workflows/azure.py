"""Runs the rendered steps of the workflow `flow` as Logic Apps would, with functions that are made up. Time is no matter.

The steps come as JSON: the action `run_steps`. The part of the Workflow Definition Language that is spoken here is the one that is
rendered; every argument of a function is worked out, whether it is needed or not, because Azure promises nothing else.
"""

import base64
import heapq
import itertools
import json
import re
import sys
import xml.etree.ElementTree

TEXT = "it's \"so\" ${x} {{y}} {% z %}"
OVER = {"Succeeded", "Failed", "Skipped", "TimedOut", "Cancelled"}
AFTER = OVER - {"Cancelled"}
TOKEN = re.compile(r"'(?:[^']|'')*'|\?\[|[A-Za-z]\w*|-?\d+(?:\.\d+)?|[()\[\],]")


class Wrong(Exception):
    """An expression has no value."""


class Expression:
    """One expression, without its `@`."""

    def __init__(self, text, run):
        self.tokens, self.run = TOKEN.findall(text), run
        assert "".join(self.tokens) == text, text

    def value(self):
        found = self.one()
        assert not self.tokens, self.tokens
        return found

    def one(self):
        token = self.tokens.pop(0)
        if token.startswith("'"):
            found = token[1:-1].replace("''", "'")
        elif re.fullmatch(r"-?\d.*", token):
            found = json.loads(token)
        elif token in ("null", "true", "false"):
            found = json.loads(token)
        else:
            assert self.tokens.pop(0) == "("
            arguments = []
            while self.tokens[0] != ")":
                arguments.append(self.one())
                if self.tokens[0] == ",":
                    self.tokens.pop(0)
            self.tokens.pop(0)
            found = self.run.call(token, arguments)
        while self.tokens and self.tokens[0] == "?[":
            self.tokens.pop(0)
            key = self.one()
            assert self.tokens.pop(0) == "]"
            if found is not None:
                if not isinstance(found, dict):
                    raise Wrong(f"{key} of {found!r}")
                found = found.get(key)
        return found


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def text(value):
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, separators=(",", ":"))


def parsed(value):
    if not isinstance(value, str):
        raise Wrong(f"json of {value!r}")
    try:
        return json.loads(value)
    except ValueError as error:
        raise Wrong(str(error)) from error


def compared(compare):
    def function(one, other):
        if not (is_number(one) and is_number(other)):
            raise Wrong("no numbers")
        return compare(one, other)

    return function


def slice_of(value, start, length):
    if not isinstance(value, str) or start + length > len(value) or length < 0:
        raise Wrong(f"substring of {value!r}")
    return value[start : start + length]


def found_in(tree, path):
    if path == "/QueueMessagesList/QueueMessage":
        return tree.findall(f".{path}")
    name = re.fullmatch(r"string\(//(\w+)\)", path)[1]
    return tree.findtext(f".//{name}") or ""


def read(value):
    """Azure's XML, which may begin with nothing but its declaration."""
    if not value.startswith("<"):
        raise Wrong("no XML")
    return xml.etree.ElementTree.fromstring(f"<all>{re.sub(r'^<[?].*?[?]>', '', value)}</all>")


PURE = {
    "and": lambda *all: all_of(all),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64ToString": lambda value: base64.b64decode(value).decode(),
    "coalesce": lambda *all: next((value for value in all if value is not None), None),
    "concat": lambda *all: "".join(all),
    "contains": lambda value, part: part in value,
    "createArray": lambda *all: list(all),
    "empty": lambda value: not value,
    "equals": lambda one, other: type(one) is type(other) and one == other,
    "float": lambda value: number(value),
    "greater": compared(lambda one, other: one > other),
    "if": lambda condition, yes, no: yes if truth(condition) else no,
    "join": lambda parts, between: between.join(parts),
    "json": parsed,
    "length": len,
    "less": compared(lambda one, other: one < other),
    "not": lambda value: not truth(value),
    "setProperty": lambda value, key, item: {**value, key: item},
    "skip": lambda parts, count: parts[count:],
    "split": lambda value, between: value.split(between),
    "startsWith": lambda value, start: value.lower().startswith(start.lower()),
    "string": text,
    "sub": lambda one, other: one - other,
    "substring": slice_of,
    "utcNow": lambda form: "now",
    "xml": read,
    "xpath": found_in,
}


def truth(value):
    if not isinstance(value, bool):
        raise Wrong(f"{value!r} is neither true nor false")
    return value


def all_of(values):
    return all([truth(value) for value in values])


def number(value):
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise Wrong(str(error)) from error


class Run:
    """One run: the state of every action, and what happens next."""

    def __init__(self, steps, functions, message=None, late="TimedOut"):
        self.late = late
        self.functions, self.state, self.events, self.count = functions, {}, [], itertools.count()
        self.time, self.ended, self.asked, self.deleted = 0, None, [], []
        self.trigger = {"name": "schedule", "body": None}
        if message is not None:
            escaped = message.replace("&", "&amp;").replace("<", "&lt;")
            body = f"<m><MessageId>7</MessageId><PopReceipt>r</PopReceipt><MessageText>{escaped}</MessageText></m>"
            self.trigger = {"name": "starts", "body": body}
        self.scopes = []
        self.begin(steps["actions"], lambda status: self.end(status, None))
        while self.ended is None:
            self.time, _, happens = heapq.heappop(self.events)
            happens()

    def end(self, status, error):
        self.ended = self.ended or (status, error)

    def later(self, seconds, happens):
        heapq.heappush(self.events, (self.time + seconds, next(self.count), happens))

    def call(self, name, arguments):
        if name in PURE:
            return PURE[name](*arguments)
        if name == "listCallbackUrl":
            return "https://back"
        if name == "trigger":
            return {"name": self.trigger["name"]}
        if name == "triggerBody":
            return self.trigger["body"]
        (action,) = arguments
        there = self.state.get(action, {"status": None})
        if name == "actions":
            return there
        assert name in ("body", "outputs"), name
        outputs = there.get("outputs")
        return outputs if name == "outputs" else outputs and outputs["body"]

    def value(self, value):
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, str):
            return value
        if value.startswith("@") and not value.startswith(("@{", "@@")):
            return Expression(value[1:], self).value()
        assert "@@" not in value, value
        return re.sub(r"@\{(.*?)\}", lambda found: text(Expression(found[1], self).value()), value)

    def begin(self, actions, ends):
        """Begins a list of actions, and says what it ended as."""
        scope = {"actions": actions, "ends": ends, "over": False}
        self.scopes.append(scope)
        self.look()

    def look(self):
        """Begins whatever can, until nothing can."""
        again = True
        while again and self.ended is None:
            again = False
            for scope in list(self.scopes):
                for name, action in scope["actions"].items():
                    if name in self.state:
                        continue
                    before = action["runAfter"]
                    assert set(before) <= set(scope["actions"]), (name, before)
                    assert all(set(allowed) <= AFTER for allowed in before.values()), before
                    if all(self.status(one) in OVER for one in before):
                        again = True
                        if all(self.status(one) in allowed for one, allowed in before.items()):
                            self.start(name, action)
                        else:
                            self.skip(name, action)
                if not scope["over"] and all(self.status(name) in OVER for name in scope["actions"]):
                    scope["over"] = again = True
                    scope["ends"](self.outcome(scope["actions"]))

    def status(self, name):
        return self.state.get(name, {}).get("status")

    def outcome(self, actions):
        """A list has failed if one of its last actions has; one that was skipped is what came before it."""
        followed = {one for action in actions.values() for one in action["runAfter"]}

        def failed(name):
            if self.status(name) == "Skipped":
                return any(failed(one) for one in actions[name]["runAfter"])
            return self.status(name) != "Succeeded"

        return "Failed" if any(failed(name) for name in actions if name not in followed) else "Succeeded"

    def skip(self, name, action):
        self.state[name] = {"status": "Skipped"}
        inside = [action.get("actions", {}), action.get("default", {}).get("actions", {})]
        inside += [case["actions"] for case in action.get("cases", {}).values()]
        for actions in inside:
            for one, other in actions.items():
                self.skip(one, other)

    def done(self, name, status, **more):
        if self.status(name) == "Running":
            self.state[name] = {"status": status, **more}
            self.look()

    def start(self, name, action):
        self.state[name] = {"status": "Running"}
        try:
            getattr(self, action["type"])(name, action)
        except Wrong as wrong:
            self.state[name] = {"status": "Failed", "error": str(wrong)}

    def Scope(self, name, action):
        self.begin(action["actions"], lambda status: self.done(name, status))

    def If(self, name, action):
        ((one, other),) = [pair["equals"] for pair in action["expression"]["and"]]
        if self.value(one) == self.value(other):
            self.begin(action["actions"], lambda status: self.done(name, status))
        else:
            for inner, skipped in action["actions"].items():
                self.skip(inner, skipped)
            self.state[name] = {"status": "Succeeded"}

    def Switch(self, name, action):
        wanted = self.value(action["expression"])
        chosen = action["default"]["actions"]
        for case in action["cases"].values():
            if case["case"] == wanted:
                chosen = case["actions"]
        for actions in [action["default"]["actions"], *(case["actions"] for case in action["cases"].values())]:
            if actions is not chosen:
                for inner, skipped in actions.items():
                    self.skip(inner, skipped)
        self.begin(chosen, lambda status: self.done(name, status))

    def Compose(self, name, action):
        self.state[name] = {"status": "Succeeded", "outputs": self.value(action["inputs"])}

    def ParseJson(self, name, action):
        inputs = self.value(action["inputs"])
        assert inputs["schema"] == {"type": "object", "required": ["output"]}
        if isinstance(inputs["content"], dict) and "output" in inputs["content"]:
            self.state[name] = {"status": "Succeeded", "outputs": {"body": inputs["content"]}}
        else:
            self.state[name] = {"status": "Failed"}

    def Wait(self, name, action):
        interval = action["inputs"]["interval"]
        assert interval["unit"] == "Second"
        self.later(interval["count"], lambda: self.done(name, "Succeeded"))

    def Terminate(self, name, action):
        inputs = self.value(action["inputs"])
        error = inputs.get("runError")
        self.end(inputs["runStatus"], error and (error["code"], error["message"]))

    def Http(self, name, action):
        self.deleted.append(self.value(action["inputs"])["queries"]["popreceipt"])
        self.state[name] = {"status": "Succeeded"}

    def HttpWebhook(self, name, action):
        inputs = self.value(action["inputs"])["subscribe"]
        function = re.search(r"azurerm_storage_queue\.(\w+)_calls\.", inputs["uri"])[1]
        message = xml.etree.ElementTree.fromstring(inputs["body"]).findtext("MessageText")
        message = json.loads(base64.b64decode(message))
        assert message["back"] == "https://back"
        self.asked.append((self.time, function, message["document"]))
        seconds, answer = self.functions(function, message["document"], len(self.asked))
        limit = int(re.fullmatch(r"PT(\d+)S", action["limit"]["timeout"])[1])
        if seconds is None:
            self.state[name] = {"status": "Failed", "outputs": {"statusCode": answer, "body": "no"}}
        elif seconds > limit:
            self.later(limit, lambda: self.done(name, self.late))
        else:
            self.later(seconds, lambda: self.done(name, "Succeeded", outputs={"body": answer}))


def children(action):
    """The lists of actions in an action."""
    cases = [case["actions"] for case in action.get("cases", {}).values()]
    return [action.get("actions", {}), action.get("default", {}).get("actions", {}), *cases]


def within(name, action):
    """The names of an action and of those in it."""
    found = {name}
    for actions in children(action):
        for inner in actions.items():
            found |= within(*inner)
    return found


def referred(actions, before=frozenset()):
    """Azure takes a definition only where expressions are about actions that are over by then, and no two have one name."""
    all_names = []
    for name, action in actions.items():
        path, wanted = set(), list(action["runAfter"])
        while wanted:
            one = wanted.pop()
            if one not in path:
                path.add(one)
                wanted += actions[one]["runAfter"]
        assert name not in path, f"{name} runs after itself"
        known = set(before).union(*(within(one, actions[one]) for one in path))
        own = {key: value for key, value in action.items() if key not in ("actions", "cases", "default")}
        texts = re.findall(r"(?:outputs|body|actions)\('([^']*)'\)", json.dumps(own))
        assert set(texts) <= known, f"{name} knows nothing of {set(texts) - known}"
        assert len(name) <= 80, name
        all_names.append(name)
        for inner in children(action):
            all_names += referred(inner, known)
    assert len(all_names) == len({name.lower() for name in all_names}), all_names
    return all_names


def deep(actions):
    return 1 + max([0, *(deep(inner) for action in actions.values() for inner in children(action) if inner)])


class Trigger:
    """What is known when the trigger `starts` looks at an answer of the queue."""

    def __init__(self, answer):
        content = base64.b64encode(answer.encode("utf-8-sig")).decode()
        self.body = {"$content-type": "application/xml", "$content": content}

    def call(self, name, arguments):
        return self.body if name == "triggerBody" else PURE[name](*arguments)


def started(trigger, messages):
    """The messages that runs are started with."""
    assert trigger["inputs"]["queries"]["numofmessages"] == "1"
    answer = f'<?xml version="1.0" encoding="utf-8"?><QueueMessagesList>{messages}</QueueMessagesList>'
    found = Expression(trigger["splitOn"][1:], Trigger(answer)).value()
    return [message.findtext("MessageText") for message in found]


def names(run):
    return [function for _, function, _ in run.asked]


def check(steps):
    def fine(function, document, count):
        return 1, {"output": document}

    run = Run(steps, fine)
    assert run.ended == ("Succeeded", None) and names(run) == ["first", "third"], (run.ended, run.asked)
    assert run.asked[0][2] == {} and not run.deleted

    run = Run(steps, fine, '{"a": "<1>"}')
    assert run.ended[0] == "Succeeded" and run.asked[1][2] == {"a": "<1>"} and run.deleted == ["r"], run.asked
    assert Run(steps, fine, "no JSON").ended[0] == "Failed"

    def first(answer):
        return lambda function, document, count: (1, {"output": answer if function == "first" else [function, document]})

    # What a field is not, it is nothing of.
    for document in [{"kind": TEXT.upper()}, {"n": "m"}, {"n": {"m": "9"}}, {"n": {"m": True}}, {"done": "true"}, [], "{", None, 5]:
        run = Run(steps, first(document))
        assert run.ended[0] == "Succeeded" and names(run) == ["first", "third"], (document, run.ended)
        assert run.asked[1][2] == document
    assert Run(steps, first({"n": {"m": 3}})).ended == ("Failed", ("Failed", "too much"))
    run = Run(steps, first({"n": {"m": 2}, "done": True}))
    assert run.asked[-1][2] == [["second", {"n": {"m": 2}, "done": True}], ["fourth", {"n": {"m": 2}, "done": True}]]

    # A reason in a branch is caught by those around it.
    run = Run(steps, first({"kind": TEXT}))
    caught = {"error": f"no {TEXT}", "input": {"kind": TEXT}}
    assert run.ended[0] == "Succeeded" and ("fourth", caught) in [found[1:] for found in run.asked], run.asked
    assert run.asked[-1][1:] == ("third", ["fourth", caught])

    # Tried again, a little later each time.
    def bad(times):
        def answer(function, document, count):
            wrong = function == "third" and count <= times + 1
            return 1, {"error": f"busy {count}"} if wrong else {"output": document}

        return answer

    run = Run(steps, bad(2))
    assert run.ended[0] == "Succeeded" and [time for time, _, _ in run.asked] == [0, 2, 13, 34], run.asked
    run = Run(steps, bad(9))
    assert run.ended == ("Failed", ("StepFailed", "busy 5")) and len(run.asked) == 5, run.ended

    def silent(function, document, count):
        return (10**6, None) if function == "first" else (1, {"output": None})

    # Microsoft says of a call that is too late both that it has timed out, and that it is cancelled.
    for late in ["TimedOut", "Cancelled"]:
        run = Run(steps, silent, late=late)
        assert run.ended == ("Failed", ("StepFailed", "no answer of first: it took longer than 450 seconds, or could not be asked (status: none)"))

        def deaf(function, document, count):
            return (10**6 if function == "third" and count == 2 else 1), {"output": document}

        run = Run(steps, deaf, late=late)
        assert names(run) == ["first", "third", "third"] and run.ended[0] == "Succeeded", (run.asked, run.ended)

        def ill(function, document, count):
            return (10**6 if function == "second" else 1), {"output": {"kind": TEXT} if function == "first" else document}

        run = Run(steps, ill, late=late)
        assert names(run)[-2:] == ["fourth", "third"] and run.ended[0] == "Succeeded", (late, run.asked, run.ended)
        assert run.asked[-2][2]["error"].startswith("no answer of second: "), run.asked

    def large(function, document, count):
        return None, 413

    assert Run(steps, large).ended[1][1].endswith("could not be asked (status: 413)")

    def odd(function, document, count):
        return 1, "what is no object"

    assert Run(steps, odd).ended[1][1].startswith("no answer of first: ")

    def slow(function, document, count):
        return 1100, {"error": "slow"}

    late = Run(steps, lambda function, document, count: (1, {"output": 1}) if function == "first" else slow(function, document, count))
    assert late.ended == ("Failed", ("TimedOut", "the run took longer than 3000 seconds")), late.ended


def main():
    given = json.load(sys.stdin)
    try:
        import jsonschema
    except ImportError:
        jsonschema = None
    if jsonschema:
        schema = json.load(open(sys.argv[1], encoding="utf-8"))
        for name, definition in given.items():
            try:
                jsonschema.Draft7Validator(schema).validate(definition)
            except jsonschema.ValidationError as error:
                raise SystemExit(f"{name}: {list(error.absolute_path)}: {error.message}") from error
    for name, definition in given.items():
        assert len(referred(definition["actions"])) <= 500 and deep(definition["actions"]) <= 8, name
    check(given["flow"]["actions"]["run_steps"])
    starts = given["flow"]["triggers"]["starts"]
    assert started(starts, "<QueueMessage><MessageText>{&lt;}</MessageText></QueueMessage>") == ["{<}"]
    assert started(starts, "") == []


if __name__ == "__main__":
    main()
