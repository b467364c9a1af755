"""What is done with a day that has ended: steps of a workflow, each with a document and an answer for the next one."""

import datetime
import json

import events
import items
import objects
import rows


def rollup(event, context=None):
    """The means of the day, in the warehouse: once, however often it is asked for."""
    day = datetime.date.fromisoformat(events.document(event)["day"])
    rows.roll_up("FACTS", events.midnight(day), events.midnight(day + datetime.timedelta(days=1)))
    return events.answer(event, {"day": day.isoformat(), "rolled_up": True})


def number(value):
    """A decimal, as tables give them, as JSON has numbers."""
    return int(value) if value == int(value) else float(value)


def archive(event, context=None):
    """The items of the day, as one object with a line for each."""
    day = events.document(event)["day"]
    found = list(items.find("MEANS", "by-day", "day", day))
    lines = [json.dumps(item, default=number, sort_keys=True) + "\n" for item in found]
    objects.write("RAW", f"means/{day}.jsonl", "".join(lines).encode())
    return events.answer(event, {"day": day, "archived": len(found)})
