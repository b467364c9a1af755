"""What is done with a week that has ended: steps of a workflow, each with a document and an answer for the next one."""

import datetime
import json

import events
import items
import objects
import rows


def week(day):
    """The seven days of the week that ends with a day."""
    return [day - datetime.timedelta(days=back) for back in range(6, -1, -1)]


def rollup(event, context=None):
    """The means of each day, in the warehouse: once, however often it is asked for."""
    last = datetime.date.fromisoformat(events.document(event)["day"])
    for day in week(last):
        rows.roll_up("FACTS", events.midnight(day), events.midnight(day + datetime.timedelta(days=1)))
    return events.answer(event, {"day": last.isoformat(), "rolled_up": True})


def number(value):
    """A decimal, as tables give them, as JSON has numbers."""
    return int(value) if value == int(value) else float(value)


def archive(event, context=None):
    """The items of each day, as one object with a line for each."""
    last = datetime.date.fromisoformat(events.document(event)["day"])
    archived = 0
    for day in week(last):
        found = list(items.find("MEANS", "by-day", "day", day.isoformat()))
        lines = [json.dumps(item, default=number, sort_keys=True) + "\n" for item in found]
        objects.write("RAW", f"means/{day.isoformat()}.jsonl", "".join(lines).encode())
        archived += len(found)
    return events.answer(event, {"day": last.isoformat(), "archived": archived})
