"""Calls the function with what Azure's trigger brings."""

import collections
import functools
import importlib
import inspect
import json
import logging

import azure.functions as func

HANDLE = functools.reduce(getattr, "handle".split("."), importlib.import_module("mean"))
# Times that an event is tried again.
ATTEMPTS = 5


def readable(event):
    """What of an event can be written down."""
    if isinstance(event, (list, collections.UserList)):
        return [readable(one) for one in event]
    if hasattr(event, "get_body"):
        return event.get_body().decode("utf-8", "backslashreplace")
    if hasattr(event, "to_json"):
        return json.loads(event.to_json())
    return {"past_due": getattr(event, "past_due", None)}


async def call(event, context):
    """The answer of the function, whether it waits for anything or not."""
    answer = HANDLE(event, context)
    return await answer if inspect.isawaitable(answer) else answer


async def main(event, context: func.Context, dead: func.Out[str]):
    """What fails for the last time is kept: an event of this kind has no dead letters by itself."""
    try:
        await call(event, context)
    except Exception as error:
        retry = getattr(context, "retry_context", None)
        if ATTEMPTS > 0 and (retry is None or retry.retry_count < ATTEMPTS):
            raise
        logging.exception("given up")
        dead.set(json.dumps({"error": repr(error), "event": readable(event)}))
