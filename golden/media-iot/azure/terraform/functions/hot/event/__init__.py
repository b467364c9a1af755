"""Calls the function with what Azure's trigger brings."""

import asyncio
import base64
import collections
import datetime
import functools
import importlib
import inspect
import json
import logging
import time

import azure.functions as func

# Seconds that a call may take: it is ended here, and fails like any other. Azure itself would stop the whole process.
SECONDS = 60
# Times that an event is tried again.
ATTEMPTS = 2
# Minutes that an event may wait before somebody is told.
BEHIND = 720


def tell_of_waiting(event):
    """Says so where the oldest of the events has waited for too long: an alarm looks for these words."""
    first = event[0] if isinstance(event, (list, collections.UserList)) and event else None
    came = getattr(first, "enqueued_time", None)
    if came is not None:
        came = came if came.tzinfo else came.replace(tzinfo=datetime.timezone.utc)
    elif hasattr(first, "get") and first.get("_ts"):
        came = datetime.datetime.fromtimestamp(first.get("_ts"), datetime.timezone.utc)
    minutes = (datetime.datetime.now(datetime.timezone.utc) - came).total_seconds() / 60 if came else 0
    if minutes > BEHIND:
        logging.warning("events wait for %d minutes", minutes)


def text(body):
    """Bytes as text, or in base 64 where they are none."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def readable(event):
    """What of an event can be written down, with what it takes to send it once more."""
    if isinstance(event, (list, collections.UserList)):
        return [readable(one) for one in event]
    if hasattr(event, "get_body"):
        known = {"partition_key", "sequence_number", "offset", "enqueued_time"}
        known = {name: str(getattr(event, name)) for name in sorted(known) if getattr(event, name, None) is not None}
        return {**text(event.get_body()), **known}
    if hasattr(event, "to_json"):
        return json.loads(event.to_json())
    return {"past_due": getattr(event, "past_due", None)}


async def work(event, context):
    """The answer of the function, whether it waits for anything or not. Nothing else waits for it meanwhile."""
    handle = functools.reduce(getattr, "handle".split("."), importlib.import_module("hot"))
    if inspect.iscoroutinefunction(handle):
        return await handle(event, context)
    answer = await asyncio.to_thread(handle, event, context)
    return await answer if inspect.isawaitable(answer) else answer


async def call(event, context, seconds=SECONDS):
    """The same, in time. An import that fails is a call that fails."""
    try:
        return await asyncio.wait_for(work(event, context), seconds)
    except asyncio.TimeoutError as error:
        raise TimeoutError(f"the call took longer than {SECONDS} seconds, or waited that long itself") from error


async def left(event, context, error):
    """What fails for good: of several events each by itself, as long as a call may take, so that one does not take the others with it."""
    several = isinstance(event, (list, collections.UserList)) and len(event) > 1
    if not several or isinstance(error, TimeoutError):
        return [{"error": repr(error), "event": readable(event)}]
    failed = []
    until = time.monotonic() + SECONDS
    for one in event:
        try:
            await call(type(event)([one]), context, max(until - time.monotonic(), 0))
        except Exception as again:
            failed.append({"error": repr(again), "event": readable([one])})
    return failed


async def main(event, context: func.Context, dead: func.Out[str]):
    """What fails for the last time is kept: an event of this kind has no dead letters by itself."""
    tell_of_waiting(event)
    try:
        await call(event, context)
    except Exception as error:
        retry = getattr(context, "retry_context", None)
        if ATTEMPTS > 0 and (retry is None or retry.retry_count < ATTEMPTS):
            raise
        logging.exception("given up")
        failed = await left(event, context, error)
        if failed:
            dead.set(json.dumps(failed))
