"""Does one step of a workflow: step.py call|choose|join|excuse|fail

What goes on between steps is one JSON document. On its way it is base64, so that the controller, which fills its templates with it, finds
nothing in it to fill. A step reads it from DOCUMENT and leaves what goes on in a file. What the author of the workflow said, the cases of
choices and the reasons of failures, is read from a file too, by the name of the step.
"""

import base64
import http.client
import json
import os
import sys
import time
from urllib.parse import urlsplit

FOLDER, OUT, REASON = "/etc/workflow", "/tmp", "/dev/termination-log"
# Bytes of an answer that are read at all.
ANSWER = 1 << 20


class Failure(Exception):
    """Why a step has failed."""


def refuse(name):
    raise ValueError(f"{name} is none")


def parse(text):
    """JSON as others read it too: without NaN and the like."""
    return json.loads(text, parse_constant=refuse)


def read(name):
    try:
        return parse(base64.b64decode(os.environ[name]))
    except (ValueError, RecursionError) as error:
        raise Failure(f"what came is no JSON: {error}") from error


def write(name, text):
    with open(f"{OUT}/{name}", "w") as file:
        file.write(text)


def leave(document):
    try:
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise Failure(f"what goes on is no JSON: {error}") from error
    # It is part of the run's own object, which has room for so much.
    with open(f"{FOLDER}/most") as file:
        most = int(file.read())
    if len(text) > most:
        raise Failure(f"what goes on has {len(text)} bytes, and {most} is the most")
    write("document", base64.b64encode(text).decode())


def excuse(error, document):
    """Leaves what a catch gets: without the document where both are too much."""
    try:
        leave({"error": error, "input": document})
    except Failure:
        leave({"error": error[:150], "input": None})


def end(reason):
    """Ends the run as failed."""
    with open(REASON, "w") as file:
        file.write(reason[:2000])
    print(reason, file=sys.stderr)
    sys.exit(1)


def told(step):
    """What the author said about a step."""
    with open(f"{FOLDER}/steps.json") as file:
        return json.load(file)[step]


def ask(url, body, seconds):
    """What the function answers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=seconds)
    try:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read(ANSWER + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"no answer: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise Failure(f"{answer.status}: {text[:500].decode(errors='replace')}")
    if len(text) > ANSWER:
        raise Failure(f"the answer has more than {ANSWER} bytes")
    try:
        return parse(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        raise Failure(f"the answer is no JSON: {text[:200].decode(errors='replace')}") from error


def call():
    document = read("DOCUMENT")
    body = json.dumps(document, separators=(",", ":")).encode()
    pause, backoff = (int(os.environ[name]) for name in ("PAUSE", "BACKOFF"))
    left = int(os.environ["ATTEMPTS"])
    while True:
        try:
            leave(ask(os.environ["URL"], body, int(os.environ["SECONDS"])))
            return write("failed", "0")
        except Failure as error:
            reason = str(error)
        if not left:
            break
        print(f"{reason}; again in {pause} s", file=sys.stderr)
        time.sleep(pause)
        left, pause = left - 1, pause * backoff
    if os.environ["CAUGHT"] != "1":
        end(reason)
    print(reason, file=sys.stderr)
    write("failed", "1")
    excuse(reason, document)


def field(document, path):
    for name in path:
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def holds(value, case):
    """True where a field is what a case wants. What is not there, or of another type, is nothing of it."""
    ((how, wanted),) = case["holds"].items()
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if how == "above":
        return is_number and value > wanted
    if how == "below":
        return is_number and value < wanted
    if isinstance(wanted, bool):
        return value is wanted
    if isinstance(wanted, str):
        return isinstance(value, str) and value == wanted
    return is_number and value == wanted


def choose():
    document, cases = read("DOCUMENT"), told(os.environ["STEP"])
    found = (number for number, case in enumerate(cases, 1) if holds(field(document, case["field"]), case))
    write("case", str(next(found, 0)))


def join():
    leave([read(f"DOCUMENT_{number}") for number in range(1, int(os.environ["BRANCHES"]) + 1)])


def excuses():
    states = os.environ["STATES"].split()
    failed = [str(number) for number, state in enumerate(states, 1) if state != "Succeeded"]
    reason = f"branch {' and '.join(failed)} of {os.environ['STEP']} failed"
    if not failed:
        reason = f"what the branches of {os.environ['STEP']} ended with is too large together"
    excuse(reason, read("DOCUMENT"))


def fail():
    end(told(os.environ["STEP"]))


# A step that fails leaves something too: a file that is missing would be an error of the cluster, and the step done again.
for name, text in {"document": "", "failed": "1", "case": "0"}.items():
    write(name, text)
try:
    {"call": call, "choose": choose, "join": join, "excuse": excuses, "fail": fail}[sys.argv[1]]()
except Failure as error:
    end(str(error))
except Exception as error:
    end(f"{type(error).__name__}: {error}")
