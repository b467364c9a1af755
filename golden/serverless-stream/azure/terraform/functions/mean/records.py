"""Records of a stream, in whichever form they come."""

import base64
import json


def values(event):
    """The values of the records that a call gets, each as JSON says it."""
    if hasattr(event, "get_json"):
        event = event.get_json()
    if isinstance(event, list):
        return [_value(record.get_body() if hasattr(record, "get_body") else record) for record in event]
    if "Records" in event:
        return [_value(base64.b64decode(record["kinesis"]["data"])) for record in event["Records"]]
    if "message" in event:
        return [_value(base64.b64decode(event["message"]["data"]))]
    return [_value(event["data"])]


def _value(record):
    return json.loads(record) if isinstance(record, (str, bytes)) else record


def done(event):
    """What to answer when all is done: a request wants an answer, an event none."""
    return "" if hasattr(event, "get_json") else None
