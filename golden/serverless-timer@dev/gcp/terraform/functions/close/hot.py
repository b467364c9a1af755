"""Tells of readings that are too hot: `{"device": ..., "at": ..., "celsius": ...}`."""

import json
import os

import events
from links import linked
from send import send


def handle(event, context=None):
    return events.records(event, look)


def look(reading):
    if reading["celsius"] > float(os.environ["LIMIT"]):
        alert = {"device": reading["device"], "at": reading["at"], "celsius": reading["celsius"]}
        print(json.dumps({"severity": "WARNING"} | alert))
        for queue in linked("QUEUE"):
            send(queue, alert)
