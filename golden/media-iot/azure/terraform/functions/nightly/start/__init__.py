"""Begins a run for somebody who may start the workflow."""

import azure.functions as func
import entry


def main(event: func.QueueMessage) -> None:
    """The message is the document that the first step gets."""
    entry.on_start(event)
