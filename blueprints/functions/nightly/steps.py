"""The steps that close a day. Each gets the document of the step before it, and answers the one for the next."""

import datetime
import json
import os


def document(event):
    """The document, in whichever form it comes: as it is, or as the body of a request."""
    if hasattr(event, "get_json"):
        return event.get_json()
    if "requestContext" in event:
        return json.loads(event["body"])
    return event


def answer(event, said):
    """The document for the next step; Azure wants text."""
    return json.dumps(said) if type(event).__module__.startswith("azure") else said


def close(event, context=None):
    today = datetime.date.today()
    day = today - datetime.timedelta(days=1)
    return answer(event, {"day": day.isoformat(), "week": {"ended": today.weekday() == 0}})


def rollup(event, context=None):
    said = document(event)
    print(json.dumps({"rolls_up": said["day"], "into": os.environ["FACTS_DATABASE"]}))
    return answer(event, {"day": said["day"], "rolled_up": True})


def archive(event, context=None):
    said = document(event)
    print(json.dumps({"archives": said["day"], "into": os.environ["RAW_BUCKET"]}))
    return answer(event, {"day": said["day"], "archived": True})


def report(event, context=None):
    said = document(event)
    print(json.dumps({"reports": said}))
    return answer(event, {"reported": True})
