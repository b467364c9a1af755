"""Goes on with a run: a function has answered, or a time is over."""

import azure.functions as func
import entry


def main(event: func.QueueMessage) -> None:
    """A message of the workflow's own queue."""
    entry.on_step(event)
