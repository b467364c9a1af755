"""Starts runs of the workflow, and goes on with them when something has happened.

A run is a blob in the container `NAME-runs`: its input, its history, and what it ended with. Whoever changes it says which version it has
seen, and looks again where another one was faster; what has to be begun is noted there before it is.
"""

import base64
import datetime
import json
import logging
import os
import pathlib

import runner
import store

FLOW = json.loads(pathlib.Path(__file__).with_name("workflow.json").read_text())
NAME = FLOW["name"]
RUNS = f"{NAME}-runs"
STEPS = f"{NAME}-steps"
# Seconds that a call may wait for a free instance of its function.
PATIENCE = 300
# Times that a run is read again because somebody else was faster.
TRIES = 20


def account():
    """Where runs, documents and messages are."""
    return store.Store(os.environ["WORKFLOW_BLOBS"], os.environ["WORKFLOW_QUEUES"])


def now():
    """The time, as the history has it."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")


def said(body):
    """The JSON of a message: as it is, or in base 64 as Azure's own tools send it."""
    try:
        return json.loads(body)
    except ValueError:
        return json.loads(base64.b64decode(body, validate=True))


def start(there, run, document):
    """Begins a run. Done twice, it begins one."""
    state = {
        "workflow": NAME,
        "run": run,
        "state": "running",
        "started": now(),
        "input": document,
        "history": {},
    }
    try:
        there.write(RUNS, f"{run}.json", state)
    except store.Conflict:
        logging.warning("run %s is there already", run)
    there.send(STEPS, json.dumps({"run": run, "over": True}), FLOW["timeout_seconds"])
    there.send(STEPS, json.dumps({"run": run}))


def go_on(there, message, by, again):
    """Takes note of what has happened, and begins what comes next. `again` is true if this message was handed out before."""
    run = message["run"]
    for _ in range(TRIES):
        state, version = there.read(RUNS, f"{run}.json")
        if state is None or state["state"] != "running":
            return
        note(there, state, message)
        begun = advance(state, message, by)
        try:
            there.write(RUNS, f"{run}.json", state, version)
        except store.Conflict:
            continue
        if again:
            history = state["history"].items()
            begun = {key: what for key, what in history if what.get("by") == by and "ended" not in what}
        for key, what in begun.items():
            begin(there, run, key, what)
        if state["state"] == "failed":
            logging.error("run %s of %s failed: %s", run, NAME, state["error"])
        return
    raise RuntimeError(f"run {run} is changed all the time")


def note(there, state, message):
    """Writes into the history what a message says."""
    known = state["history"].get(message.get("key"))
    if known is None or "ended" in known:
        return
    if message.get("late"):
        known["error"] = f"there was no answer in {known['seconds'] + PATIENCE} seconds"
    elif known["kind"] == "call":
        answer, _ = there.read(f"{known['function']}-calls", f"{state['run']}.{message['key']}.answer.json")
        if answer is None:
            raise RuntimeError("the answer is not there yet")
        known.update({what: answer[what] for what in ("error", "output") if what in answer})
    known["ended"] = now()


def advance(state, message, by):
    """Takes a run as far as it gets. What has to be begun is in its history, and is returned."""
    if message.get("over"):
        state.update(state="failed", error=f"it took longer than {FLOW['timeout_seconds']} seconds", ended=now())
        return {}
    run = runner.Run(state["history"])
    try:
        output = run.all(FLOW["steps"], state["input"])
    except runner.Failed as failed:
        state.update(state="failed", error=str(failed), ended=now())
        return {}
    if output is not runner.PENDING:
        state.update(state="succeeded", output=output, ended=now())
        return {}
    for key, what in run.wanted.items():
        state["history"][key] = {**what, "begun": now(), "by": by}
    return run.wanted


def begin(there, run, key, what):
    """Calls a function, or sets a clock."""
    if what["kind"] == "wait":
        there.send(STEPS, json.dumps({"run": run, "key": key}), what["seconds"])
        return
    calls = f"{what['function']}-calls"
    try:
        there.write(calls, f"{run}.{key}.json", what["input"])
    except store.Conflict:
        logging.warning("%s of run %s was begun before", key, run)
    there.send(STEPS, json.dumps({"run": run, "key": key, "late": True}), what["seconds"] + PATIENCE)
    call = {"run": run, "key": key, "id": f"{run}.{key}", "back": STEPS}
    there.send(calls, base64.b64encode(json.dumps(call).encode()).decode())


def on_step(event):
    """A message of the workflow's own queue."""
    go_on(account(), said(event.get_body()), event.id, (event.dequeue_count or 1) > 1)


def on_start(event):
    """A message of somebody who starts a run: its document."""
    start(account(), event.id, said(event.get_body()))


def on_time():
    """The time has come. Called twice in a minute, it is one run."""
    start(account(), datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dt%H%M"), {})
