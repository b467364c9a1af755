"""Brings records to a warehouse that is made up: what becomes a row, what is kept, and what is tried again."""

import importlib.util
import io
import json
import logging
import os
import sys
import types
import urllib.error
import urllib.request

logging.disable(logging.CRITICAL)
# Azure's package is there on Azure alone.
functions = types.ModuleType("azure.functions")
functions.Out = {str: None}
azure = types.ModuleType("azure")
azure.functions = functions
sys.modules.update({"azure": azure, "azure.functions": functions})
os.environ.update(WAREHOUSE="https://facts", AZURE_CLIENT_ID="me", IDENTITY_ENDPOINT="http://me", IDENTITY_HEADER="h")
spec = importlib.util.spec_from_file_location("records", os.path.join(sys.argv[1], "records", "__init__.py"))
sink = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sink)

ROWS, STATE = [], {"down": False}


def answered(asked, timeout):
    """The identity, and the warehouse, which wants no row whose `by` is `bad`."""
    url = asked.full_url
    if url.startswith("http://me"):
        return io.BytesIO(b'{"access_token": "t", "expires_on": "99999999999"}')
    assert url == "https://facts/v1/rest/ingest/facts/clicks?streamFormat=Json&mappingName=rows", url
    if STATE["down"]:
        raise urllib.error.HTTPError(url, 503, "busy", {}, io.BytesIO(b""))
    rows = [json.loads(line) for line in asked.data.splitlines()]
    if any(row.get("by") == "bad" for row in rows):
        raise urllib.error.HTTPError(url, 400, "bad", {}, io.BytesIO(b"no such row"))
    ROWS.extend(rows)
    return io.BytesIO(b"{}")


urllib.request.urlopen = answered


class Event:
    def __init__(self, body):
        self.body = body

    def get_body(self):
        return self.body


class Out:
    value = "[]"

    def set(self, value):
        self.value = value


def bring(*bodies):
    ROWS.clear()
    out = Out()
    sink.main([Event(body if isinstance(body, bytes) else json.dumps(body).encode()) for body in bodies], out)
    return json.loads(out.value)


full = {"id": 1, "at": "2026-11-22T08:30:00Z", "by": "x", "much": 1.5, "yes": True, "rest": {"a": [1]}}
assert bring({**full, "other": 1}, {"id": None}, {}) == [] and ROWS == [full, {}, {}], ROWS
wrong = [
    b"\xff\xfe", b"no", b'{"much": NaN}', [1], "text", {"id": 1.5}, {"id": True}, {"id": 2**63}, {"at": "2026-11-22"},
    {"at": "2026-11-22T08:30:00"}, {"at": 5}, {"by": 5}, {"much": "1"}, {"much": True}, {"yes": 1},
]
kept = bring(full, *wrong)
assert len(kept) == len(wrong) and ROWS == [full], (kept, ROWS)
# One that the warehouse does not want takes no other with it.
kept = bring(*[{"id": number} for number in range(5)], {"by": "bad"}, {"id": 6})
assert [json.loads(one["record"]) for one in kept] == [{"by": "bad"}] and len(ROWS) == 6, kept
STATE["down"] = True
try:
    bring(full)
except urllib.error.HTTPError:
    pass
else:
    raise AssertionError("it is tried again")
