"""Looks at what is uploaded: writes a summary beside it, keeps it as an item and tells of it, as far as it is linked to that."""

import datetime
import json
import mimetypes

import events
import items
import objects
from links import linked
from send import send

KINDS = {"image": "picture", "video": "video", "text": "text"}
KEPT_DAYS = 365


def handle(event, context=None):
    for key, size, time in events.objects(event):
        summary = look(key, size, datetime.datetime.fromisoformat(time))
        print(json.dumps(summary))
        # uploads/OWNER/NAME: neither has a slash, which some tables do not take in a key.
        objects.write("MEDIA", f"summaries/{summary['owner']}/{summary['key']}.json", json.dumps(summary).encode())
        for table in linked("TABLE"):
            items.put(table, ("owner", "key"), summary)
        for topic in linked("TOPIC"):
            send(topic, summary, kind=summary["kind"])
    return events.done(event)


def look(key, size, time):
    owner, _, name = key.removeprefix("uploads/").rpartition("/")
    kind = KINDS.get((mimetypes.guess_type(key)[0] or "").split("/")[0], "other")
    expires = int((time + datetime.timedelta(days=KEPT_DAYS)).timestamp())
    found = {"owner": owner.replace("/", "-") or "nobody", "key": name, "day": time.date().isoformat(), "expires": expires}
    found |= {"object": key, "kind": kind, "bytes": size}
    if kind == "text":
        text = objects.read("MEDIA", key).decode("utf-8", "replace")
        found |= {"lines": text.count("\n"), "words": len(text.split())}
    return found
