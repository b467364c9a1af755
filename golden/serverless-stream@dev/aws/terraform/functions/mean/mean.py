"""Keeps every reading, and the mean of what each device measured in a minute, of the readings that came together."""

import collections
import datetime
import hashlib
import json

import events
import items
import objects

KEPT_DAYS = 90


def handle(event, context=None):
    readings = []
    answer = events.records(event, lambda reading: readings.append(checked(reading)))
    if readings:
        keep(readings)
    return answer


def checked(reading):
    """A reading with its time; one that cannot be worked on is an error before anything is kept."""
    time = datetime.datetime.fromisoformat(reading["at"]).astimezone(datetime.timezone.utc)
    return time, reading | {"device": str(reading["device"]), "celsius": float(reading["celsius"])}


def keep(readings):
    lines = "".join(json.dumps(reading) + "\n" for _, reading in readings)
    # The same readings that come again are the same object and the same items.
    name = hashlib.sha256(lines.encode()).hexdigest()[:32]
    objects.write("RAW", f"readings/{readings[0][0].date()}/{name}.json", lines.encode())
    measured = collections.defaultdict(list)
    for time, reading in readings:
        measured[reading["device"], time.replace(second=0, microsecond=0)].append(reading["celsius"])
    for (device, minute), degrees in sorted(measured.items()):
        item = {"device": device, "minute": int(minute.timestamp()), "day": events.day(minute)}
        item |= {"mean": sum(degrees) / len(degrees), "readings": len(degrees)}
        item["expires"] = int((minute + datetime.timedelta(days=KEPT_DAYS)).timestamp())
        items.put("MEANS", ("device", "minute"), item)
