"""Tells of readings that are too hot."""

import json
import os

import records


def handle(event, context=None):
    limit = float(os.environ["LIMIT"])
    for reading in records.values(event):
        if reading["celsius"] > limit:
            print(json.dumps({"severity": "WARNING", "device": reading["device"], "celsius": reading["celsius"]}))
    return records.done(event)
