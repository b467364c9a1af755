"""Calls a function as a workflow does, with an answer of each kind, and a workflow that does not always listen."""

import asyncio
import datetime
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


class HttpRequest:
    def __init__(self, method, url, headers, params, route_params, body):
        self.method, self.body = method, body


class HttpResponse:
    def __init__(self, body, status_code):
        self.body, self.status_code = body, status_code

    def get_body(self):
        return self.body


# Azure's package is there on Azure alone.
functions = types.ModuleType("azure.functions")
functions.HttpRequest, functions.HttpResponse = HttpRequest, HttpResponse
functions.QueueMessage = functions.Context = object
azure = types.ModuleType("azure")
azure.functions = functions
sys.modules.update({"azure": azure, "azure.functions": functions})
spec = importlib.util.spec_from_file_location("call", os.path.join(sys.argv[1], "call", "__init__.py"))
call = importlib.util.module_from_spec(spec)
spec.loader.exec_module(call)


class Message:
    id = "7"

    def __init__(self, document, dequeue_count, age):
        self.dequeue_count = dequeue_count
        self.insertion_time = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
        self.body = json.dumps({"back": "https://back?sig=1", "document": document}).encode()

    def get_body(self):
        return self.body


class Workflow:
    """Listens as `codes` say, one after the other."""

    def __init__(self, *codes):
        self.codes, self.told, self.times = list(codes), None, 0

    def __call__(self, request, timeout):
        self.times += 1
        assert request.full_url == "https://back?sig=1" and request.get_method() == "POST" and timeout < 30
        code = self.codes.pop(0) if self.codes else 200
        if code is None:
            raise TimeoutError
        if code >= 300:
            raise urllib.error.HTTPError(request.full_url, code, "no", {}, io.BytesIO(b""))
        self.told = json.loads(request.data)
        return io.BytesIO(b"")


def ask(handle, *codes, document=None, again=1, age=1):
    """What the workflow is told, how often, and whether the message comes once more."""
    workflow = Workflow(*codes)
    urllib.request.urlopen = workflow
    sys.modules["main"] = types.SimpleNamespace(handle=handle)
    waited = []
    call.time = types.SimpleNamespace(sleep=waited.append)
    try:
        asyncio.run(call.main(Message(document, again, age), None))
        stays = False
    except OSError:
        stays = True
    assert sum(waited) + workflow.times * call.LISTENS < 30, waited
    return workflow.told, workflow.times, stays


def echo(request, context):
    assert request.method == "POST"
    return {"got": json.loads(request.body)}


async def later(request, context):
    return HttpResponse(b'["a", 1]', 201)


def refuses(request, context):
    return HttpResponse(b'{"why": "no"}', 409)


def breaks(request, context):
    raise ValueError("broken")


assert ask(echo, document={"a": "\u00fc"}) == ({"output": {"got": {"a": "\u00fc"}}}, 1, False)
assert ask(later) == ({"output": ["a", 1]}, 1, False)
assert ask(lambda request, context: None) == ({"output": None}, 1, False)
assert ask(refuses) == ({"error": 'the answer was 409: {"why": "no"}'}, 1, False)
assert ask(breaks) == ({"error": "ValueError('broken')"}, 1, False)
assert "error" in ask(lambda request, context: object())[0]
assert ask(lambda request, context: {"statusCode": "closed"})[0] == {"output": {"statusCode": "closed"}}
assert "ValueError" in ask(lambda request, context: float("nan"))[0]["error"]
assert ask(lambda request, context: json.dumps("x" * 50000))[0] == {"error": "the answer has 50002 bytes, and a message takes 46080"}
assert len(ask(lambda request, context: {"statusCode": 500, "body": json.dumps("x" * 50000)})[0]["error"]) == 1000
assert ask(echo, age=299)[0] == {"output": {"got": None}}
assert ask(echo, age=301)[0] == {"error": "the call waited longer than 300 seconds for the function"}
assert "stopped" in ask(echo, again=2)[0]["error"]
# It does not listen yet, or for a while; one that never does is over.
assert ask(echo, 404, None, 503) == ({"output": {"got": None}}, 4, False)
assert ask(echo, 404, 404, 404, 404) == (None, 4, False)
assert ask(echo, 503, 503, 503, 503) == (None, 4, True)
