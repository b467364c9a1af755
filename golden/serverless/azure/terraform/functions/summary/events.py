"""What an event of a bucket says, in whichever form it comes."""

import base64
import json
import urllib.parse


def keys(event):
    """The keys of the objects that an event is about."""
    if hasattr(event, "get_json"):
        event = event.get_json()
    if hasattr(event, "get_body"):
        event = json.loads(event.get_body())
    if isinstance(event, (str, bytes)):
        event = json.loads(event)
    if "Records" in event:
        return [urllib.parse.unquote_plus(record["s3"]["object"]["key"]) for record in event["Records"]]
    if "message" in event:
        message = event["message"]
        named = message.get("attributes", {}).get("objectId")
        return [named or json.loads(base64.b64decode(message["data"]))["name"]]
    if "subject" in event:
        return [event["subject"].split("/blobs/", 1)[-1]]
    return [event["data"]["key"]]


def done(event):
    """What to answer when all is done: a request wants an answer, an event none."""
    return "" if hasattr(event, "get_json") else None
