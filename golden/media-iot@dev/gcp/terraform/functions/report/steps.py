"""The first and the last step of closing a day. Each gets the document of the step before it, and answers the one for the next."""

import datetime
import json
import os
import zoneinfo


def document(event):
    """The document, in whichever form it comes: as it is, or as the body of a request."""
    if hasattr(event, "get_json"):
        return event.get_json()
    return json.loads(event["body"]) if "requestContext" in event else event


def answer(event, said):
    """The document for the next step; Azure wants text."""
    return json.dumps(said) if type(event).__module__.startswith("azure") else said


def close(event, context=None):
    """The day that has ended, in the blueprint's time zone: by the clock, or by the `time` that a run was started with."""
    time = (document(event) or {}).get("time")
    now = datetime.datetime.fromisoformat(time) if time else datetime.datetime.now(datetime.timezone.utc)
    day = now.astimezone(zoneinfo.ZoneInfo(os.environ["TIMEZONE"])).date() - datetime.timedelta(days=1)
    return answer(event, {"day": day.isoformat(), "week": {"ended": day.weekday() == 6}})


def report(event, context=None):
    said = document(event)
    print(json.dumps({"severity": "ERROR" if "error" in said else "INFO", "reports": said}))
    return answer(event, {"reported": True})
