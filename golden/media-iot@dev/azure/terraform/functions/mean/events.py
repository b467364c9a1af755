"""What starts a function, in each form: AWS hands over `Records`, Azure objects of its own, Google Cloud a request with one
message of Pub/Sub, a cluster a CloudEvent as a dictionary. What cannot be worked on is an error, so that it comes again."""

import base64
import datetime
import json
import os
import traceback
import urllib.parse
import zoneinfo


def document(event):
    """What an event says, in whichever form it comes; of a request, its body."""
    if hasattr(event, "get_json"):
        return event.get_json()
    if hasattr(event, "get_body"):
        return json.loads(event.get_body())
    return json.loads(event["body"]) if "requestContext" in event else event


def answer(event, said):
    """The answer of a step, which is the document of the next one; Azure wants text."""
    return json.dumps(said) if type(event).__module__.startswith("azure") else said


def done(event):
    """What to answer when all is done: a request wants an answer, and of an event nobody looks at it."""
    return "" if hasattr(event, "get_json") else None


def objects(event):
    """(key, bytes, time) of each object that an event of a bucket is about."""
    event = document(event)
    if "Records" in event:
        found = [(record["s3"]["object"], record["eventTime"]) for record in event["Records"]]
        return [(urllib.parse.unquote_plus(about["key"]), about["size"], time) for about, time in found]
    if "message" in event:
        about = json.loads(base64.b64decode(event["message"]["data"]))
        return [(about["name"], int(about["size"]), event["message"]["publishTime"])]
    if event["type"].startswith("Microsoft."):
        return [(event["subject"].split("/blobs/", 1)[1], event["data"]["contentLength"], event["time"])]
    return [(event["data"]["key"], event["data"]["size"], event["time"])]


def records(event, work):
    """Hands the records of a stream to `work`, one by one, and says what to answer. The first that fails, and what is behind
    it, comes again: AWS is told where to begin, others bring all of them."""
    event = document(event)
    if isinstance(event, dict) and "Records" in event:
        for record in event["Records"]:
            try:
                work(json.loads(base64.b64decode(record["kinesis"]["data"])))
            except Exception:
                traceback.print_exc()
                return {"batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]}
        return {"batchItemFailures": []}
    if isinstance(event, dict) and "message" in event:
        work(json.loads(base64.b64decode(event["message"]["data"])))
        return ""
    for record in [event["data"]] if isinstance(event, dict) else event:
        work(document(record))
    return None


def yesterday(event):
    """The day that had ended when a schedule started the function, in the blueprint's time zone. Azure does not say when that was."""
    said = document(event) if isinstance(event, dict) or hasattr(event, "get_json") else {}
    time = said.get("time") or said.get("message", {}).get("publishTime")
    now = datetime.datetime.fromisoformat(time) if time else datetime.datetime.now(datetime.timezone.utc)
    return now.astimezone(_zone()).date() - datetime.timedelta(days=1)


def day(time):
    """The day of a time, in the blueprint's time zone."""
    return time.astimezone(_zone()).date().isoformat()


def midnight(date):
    """When a day begins in the blueprint's time zone, in UTC."""
    return datetime.datetime.combine(date, datetime.time(), _zone()).astimezone(datetime.timezone.utc)


def _zone():
    return zoneinfo.ZoneInfo(os.environ["TIMEZONE"])
