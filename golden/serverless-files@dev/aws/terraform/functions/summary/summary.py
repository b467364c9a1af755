"""Says of every text that is uploaded how long it is."""

import json

import events
import objects


def handle(event, context=None):
    store = objects.Objects()
    for key in events.keys(event):
        text = store.read(key).decode("utf-8", "replace")
        summary = {"key": key, "lines": text.count("\n"), "words": len(text.split()), "characters": len(text)}
        store.write("summaries/" + key.removeprefix("uploads/") + ".json", json.dumps(summary).encode())
        print(json.dumps(summary))
    return events.done(event)
