"""The mean of what each device measured, of the readings of one call."""

import collections
import json

import records


def handle(event, context=None):
    measured = collections.defaultdict(list)
    for reading in records.values(event):
        measured[reading["device"]].append(reading["celsius"])
    for device, degrees in sorted(measured.items()):
        print(json.dumps({"device": device, "mean": sum(degrees) / len(degrees), "readings": len(degrees)}))
    return records.done(event)
