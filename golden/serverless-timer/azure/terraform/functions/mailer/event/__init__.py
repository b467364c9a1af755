"""Calls the function with what Azure's trigger brings."""

import asyncio
import functools
import importlib
import inspect

import azure.functions as func

# Seconds that a call may take: it is ended here, and fails like any other. Azure itself would stop the whole process.
SECONDS = 60


async def work(event, context):
    """The answer of the function, whether it waits for anything or not. Nothing else waits for it meanwhile."""
    handle = functools.reduce(getattr, "handle".split("."), importlib.import_module("tell"))
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


async def main(event, context: func.Context):
    """What fails is handed out again, and becomes a dead letter in the end."""
    await call(event, context)
