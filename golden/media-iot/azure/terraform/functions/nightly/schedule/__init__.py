"""Begins a run when its time has come."""

import azure.functions as func
import entry


def main(event: func.TimerRequest) -> None:
    """The first step gets an empty document."""
    entry.on_time()
