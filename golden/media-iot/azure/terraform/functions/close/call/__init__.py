"""Calls the function for a workflow: with the document as the body of a request, and its answer is the next document."""

import asyncio
import functools
import importlib
import inspect
import json
import logging

import azure.functions as func

# Seconds that a call may take.
SECONDS = 60


def spoken(answer):
    """Status and body of an answer, in whichever form it comes."""
    if isinstance(answer, func.HttpResponse):
        return answer.status_code, answer.get_body().decode()
    if isinstance(answer, dict) and "statusCode" in answer:
        return int(answer["statusCode"]), answer.get("body")
    return 200, answer


async def asked(request, context):
    """The answer of the function, whether it waits for anything or not."""
    handle = functools.reduce(getattr, "close".split("."), importlib.import_module("steps"))
    if inspect.iscoroutinefunction(handle):
        return await handle(request, context)
    answer = await asyncio.to_thread(handle, request, context)
    return await answer if inspect.isawaitable(answer) else answer


async def outcome(event, document, context):
    """What the workflow is told."""
    if event.dequeue_count and event.dequeue_count > 1:
        return {"error": "the call did not end: the function was stopped"}
    url = "https://workflow/" + event.id
    headers = {"content-type": "application/json"}
    request = func.HttpRequest(method="POST", url=url, headers=headers, params={}, route_params={}, body=document)
    try:
        status, body = spoken(await asyncio.wait_for(asked(request, context), SECONDS))
        if isinstance(body, (str, bytes)):
            body = json.loads(body) if body else None
        json.dumps(body)
    except asyncio.TimeoutError:
        return {"error": f"the call took longer than {SECONDS} seconds"}
    except Exception as error:
        logging.exception("the call failed")
        return {"error": repr(error)}
    if not 200 <= status < 300:
        return {"error": f"the answer was {status}: {json.dumps(body)}"}
    return {"output": body}


async def main(
    event: func.QueueMessage,
    document: func.InputStream,
    answer: func.Out[str],
    done: func.Out[str],
    context: func.Context,
):
    """Whatever happens, the workflow is answered."""
    call = json.loads(event.get_body())
    answer.set(json.dumps(await outcome(event, document.read(), context)))
    done.set(json.dumps({"run": call["run"], "key": call["key"]}))
