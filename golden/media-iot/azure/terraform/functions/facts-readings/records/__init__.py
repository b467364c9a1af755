"""Records of a stream become rows of a table. What cannot is kept beside it, with the reason; what fails otherwise is tried again."""

import datetime
import json
import logging
import os
import pathlib
import time
import urllib.error
import urllib.request

import azure.functions as func

TABLE = json.loads(pathlib.Path(__file__).parent.with_name("table.json").read_text())
# Bytes of one request: the warehouse takes 4 MiB.
LARGEST = 3 * 1024 * 1024
# The token, and until when it holds.
KNOWN = ["", 0.0]


def token():
    """What proves to the warehouse who the app is."""
    if KNOWN[1] < time.time() + 300:
        client = os.environ["AZURE_CLIENT_ID"]
        query = f"resource={os.environ['WAREHOUSE']}&api-version=2019-08-01&client_id={client}"
        url = f"{os.environ['IDENTITY_ENDPOINT']}?{query}"
        asked = urllib.request.Request(url, headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            said = json.load(answer)
        KNOWN[:] = [said["access_token"], float(said["expires_on"])]
    return KNOWN[0]


def no_number(text):
    """JSON has none of these."""
    raise ValueError(f"{text} is no JSON")


def moment(value):
    """True for text as RFC 3339 has it."""
    if not isinstance(value, str) or len(value) < 20:
        return False
    try:
        return datetime.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


IS = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "timestamp": moment,
    "json": lambda value: True,
}


def row(body):
    """The row that a record becomes; an error says why it becomes none."""
    record = json.loads(body, parse_constant=no_number)
    if not isinstance(record, dict):
        raise ValueError("it is no JSON object")
    found = {name: record[name] for name in TABLE["columns"] if record.get(name) is not None}
    for name, value in found.items():
        kind = TABLE["columns"][name]
        if not IS[kind](value):
            raise ValueError(f"{name} is no {kind}")
    return found


def portions(lines):
    """The rows, in requests of a size that is taken."""
    portion, size = [], 0
    for line in lines:
        if portion and size + len(line) > LARGEST:
            yield portion
            portion, size = [], 0
        portion.append(line)
        size += len(line) + 1
    if portion:
        yield portion


def insert(lines):
    """Sends rows. Returns those that the warehouse does not want, with its reason."""
    url = f"{os.environ['WAREHOUSE']}/v1/rest/ingest/{TABLE['database']}/{TABLE['table']}?streamFormat=Json&mappingName=rows"
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json; charset=utf-8"}
    asked = urllib.request.Request(url, data=b"\n".join(lines), method="POST", headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=60):
            return []
    except urllib.error.HTTPError as error:
        if error.code != 400:
            raise
        reason = error.read().decode("utf-8", "replace")[:2000]
    if len(lines) == 1:
        return [(lines[0], reason)]
    half = len(lines) // 2
    return insert(lines[:half]) + insert(lines[half:])


def main(event, refused: func.Out[str]):
    """Every record becomes a row, or is kept with the reason why it did not."""
    lines, out = [], []
    for one in event:
        body = one.get_body()
        try:
            lines.append(json.dumps(row(body)).encode())
        except (ValueError, RecursionError) as error:
            out.append((body, str(error)))
    for portion in portions(lines):
        out.extend(insert(portion))
    if out:
        logging.error("%s records did not become rows, the first because %s", len(out), out[0][1])
        kept = [{"record": body.decode("utf-8", "backslashreplace"), "reason": reason} for body, reason in out]
        refused.set(json.dumps(kept))
