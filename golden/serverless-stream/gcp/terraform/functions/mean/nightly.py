"""Closes the day that has ended: writes a report, and has it mailed."""

import json
import os

import events
import objects
from send import send


def handle(event, context=None):
    day = events.yesterday(event).isoformat()
    objects.write("REPORTS", f"days/{day}.json", json.dumps({"day": day, "closed": True}).encode())
    send("MAILS", {"to": os.environ["MAIL_TO"], "subject": f"The day {day} is closed", "report": f"days/{day}.json"})
    print(json.dumps({"closed": day}))
    return events.done(event)
