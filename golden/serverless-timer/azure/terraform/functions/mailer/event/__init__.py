"""Calls the function with what Azure's trigger brings."""

import functools
import importlib
import inspect

import azure.functions as func

HANDLE = functools.reduce(getattr, "handle".split("."), importlib.import_module("nightly"))


async def call(event, context):
    """The answer of the function, whether it waits for anything or not."""
    answer = HANDLE(event, context)
    return await answer if inspect.isawaitable(answer) else answer


async def main(event, context: func.Context):
    """What fails is handed out again, and becomes a dead letter in the end."""
    await call(event, context)
