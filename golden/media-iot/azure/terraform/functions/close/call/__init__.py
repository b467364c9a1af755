"""Calls the function for a workflow: with the document as the body of a request, and its answer is the next document."""

import asyncio
import datetime
import functools
import http.client
import importlib
import inspect
import json
import logging
import re
import time
import urllib.request

import azure.functions as func

# Seconds that a call may take, and those that it may have waited before: the workflow has counted with no more.
SECONDS = 60
WAITS = 300
# Bytes of an answer that fits into the message to the next function, and letters of an error.
ROOM = 46080
SHORT = 1000
# Seconds that the workflow may take to listen, and those between the times that it is told: all of it within the 30 that the host
# leaves after the call.
LISTENS = 5
PAUSES = (0, 1, 2, 4)


def spoken(answer):
    """Status and body of an answer, in whichever form it comes."""
    if isinstance(answer, func.HttpResponse):
        return answer.status_code, answer.get_body().decode()
    if isinstance(answer, dict) and re.fullmatch(r"\d{3}", str(answer.get("statusCode"))):
        return int(answer["statusCode"]), answer.get("body")
    return 200, answer


async def asked(request, context):
    """The answer of the function, whether it waits for anything or not."""
    handle = functools.reduce(getattr, "close".split("."), importlib.import_module("steps"))
    if inspect.iscoroutinefunction(handle):
        return await handle(request, context)
    answer = await asyncio.to_thread(handle, request, context)
    return await answer if inspect.isawaitable(answer) else answer


def waited(event):
    """Seconds that the call has waited for the function."""
    if not event.insertion_time:
        return 0
    since = event.insertion_time
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now - (since if since.tzinfo else since.replace(tzinfo=datetime.timezone.utc))).total_seconds()


async def outcome(event, document, context):
    """What the workflow is told."""
    if event.dequeue_count and event.dequeue_count > 1:
        return {"error": "the call did not end: the function was stopped"}
    if waited(event) > WAITS:
        return {"error": f"the call waited longer than {WAITS} seconds for the function"}
    url = "https://workflow/" + event.id
    headers = {"content-type": "application/json"}
    request = func.HttpRequest(method="POST", url=url, headers=headers, params={}, route_params={}, body=document)
    try:
        status, body = spoken(await asyncio.wait_for(asked(request, context), SECONDS))
        if isinstance(body, (str, bytes)):
            body = json.loads(body) if body else None
        said = json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        size = len(said.encode())
    except asyncio.TimeoutError:
        return {"error": f"the call took longer than {SECONDS} seconds"}
    except Exception as error:
        logging.exception("the call failed")
        return {"error": repr(error)[:SHORT]}
    if not 200 <= status < 300:
        return {"error": f"the answer was {status}: {json.dumps(body)}"[:SHORT]}
    if size > ROOM:
        return {"error": f"the answer has {size} bytes, and a message takes {ROOM}"}
    return {"output": body}


def tell(back, told):
    """Calls the workflow back, more than once: it may not listen yet. One that is over, or knows already, does not listen at all."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(back, json.dumps(told).encode(), headers, method="POST")
    for pause in PAUSES:
        time.sleep(pause)
        try:
            urllib.request.urlopen(request, timeout=LISTENS).close()
            return
        except (OSError, http.client.HTTPException) as error:
            trouble = error
    code = getattr(trouble, "code", 500)
    if code >= 500 or code in (408, 429):
        raise trouble
    if code in (404, 409):
        logging.warning("the workflow does not listen: %d", code)
    else:
        logging.error("the workflow does not take what it is told: %d", code)


async def main(event: func.QueueMessage, context: func.Context):
    """Whatever happens, the workflow is told."""
    call = json.loads(event.get_body())
    document = json.dumps(call.get("document")).encode()
    await asyncio.to_thread(tell, call["back"], await outcome(event, document, context))
