"""Runs the rendered workflow `flow` with functions that are made up, in an account that is kept in memory. Time is no matter."""

import base64
import heapq
import itertools
import json
import logging
import random
import sys

sys.path.insert(0, sys.argv[1])
import entry
import runner
import store

logging.disable(logging.CRITICAL)
TEXT = "it's \"so\" ${x} {{y}} {% z %}"


class Account:
    """Blobs with versions, and messages that are found when their time has come."""

    def __init__(self):
        self.blobs, self.queue, self.time = {}, [], 0
        self.count = itertools.count()

    def read(self, container, name):
        found = self.blobs.get((container, name))
        return (json.loads(found[0]), found[1]) if found else (None, None)

    def write(self, container, name, value, version=None):
        there = self.blobs.get((container, name))
        if (there[1] if there else None) != version:
            raise store.Conflict(name)
        self.blobs[container, name] = (json.dumps(value), next(self.count) + 1)

    def send(self, queue, text, seconds=0):
        heapq.heappush(self.queue, (self.time + seconds, next(self.count), queue, text))


def run(functions, document, again=0.0):
    """What a run ends with, and who was asked when. Some messages are handed out twice."""
    account, asked, chance = Account(), [], random.Random(7)
    entry.start(account, "one", document)
    while account.queue:
        account.time, number, queue, text = heapq.heappop(account.queue)
        if queue == entry.STEPS:
            entry.go_on(account, json.loads(text), str(number), False)
            if chance.random() < again:
                entry.go_on(account, json.loads(text), str(number), True)
            continue
        call = json.loads(base64.b64decode(text))
        name = queue.removesuffix("-calls")
        got, _ = account.read(queue, f"{call['id']}.json")
        asked.append((account.time, name))
        told = functions[name](got)
        if told is not None:
            account.blobs[queue, f"{call['id']}.answer.json"] = (json.dumps(told), 0)
            account.send(call["back"], json.dumps({"run": call["run"], "key": call["key"]}), 1)
    return account.read(entry.RUNS, "one.json")[0], asked


def same(document):
    return {"output": document}


def broken(document):
    return {"error": "broken"}


ALL = dict.fromkeys(("first", "second", "third", "fourth"), same)

# The parallel fails by its `fail`, whose text is a text, and its catch goes on.
for again in (0.0, 0.6):
    state, asked = run(ALL, {"kind": TEXT}, again)
    assert state["state"] == "succeeded", state
    assert state["output"] == {"error": "no " + TEXT, "input": {"kind": TEXT}}, state
    assert {name for _, name in asked} == set(ALL), asked
# No other type is it, and what is not there is nothing.
for document in ({"kind": 1}, {"kind": {"a": 1}}, {}, [], None, "text", {"n": {"m": 2.5}}, {"n": {"m": "3"}}, {"n": {"m": True}}, {"n": 3}):
    state, _ = run(ALL, document)
    assert state["output"] == document, (document, state)
state, _ = run(ALL, {"n": {"m": 2.6}})
assert (state["state"], state["error"]) == ("failed", "too much"), state
state, _ = run(ALL, {"done": True})
assert state["output"] == [{"done": True}, {"done": True}], state
# Three times again, each pause twice as long.
state, asked = run({**ALL, "third": broken}, {})
assert [time for time, name in asked if name == "third"] == [2, 13, 34, 75], asked
assert state["error"] == "broken", state
# Who never answers is not waited for longer than it may take.
state, _ = run({**ALL, "first": lambda document: None}, {})
assert state["error"] == "there was no answer in 390 seconds", state
# Nor is anybody, when the whole takes too long.
state, _ = run({**ALL, "third": lambda document: None}, {})
assert state["error"] == "it took longer than 1200 seconds", state
assert runner.PENDING is not None
