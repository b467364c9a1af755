"""Passes messages of a queue or a topic on to a service outside, with the key that the function may read: `TELL_URL` says where.
Without it they are printed, for whoever watches the logs.

AWS hands over `Records`, Azure messages of its own, Google Cloud a request with one message of Pub/Sub, a cluster a CloudEvent
as a dictionary. What cannot be worked on is an error, so that it comes again and is a dead letter in the end."""

import base64
import json
import os
import traceback
import urllib.request


def handle(event, context=None):
    if hasattr(event, "get_json"):
        tell(json.loads(base64.b64decode(event.get_json()["message"]["data"])))
        return ""
    if isinstance(event, dict) and "Records" in event:
        failed = [record["messageId"] for record in event["Records"] if not is_told(record["body"])]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
    if isinstance(event, dict):
        tell(event["data"])
        return None
    for message in event if isinstance(event, list) else [event]:
        tell(json.loads(message.get_body()))
    return None


def is_told(text):
    """Works on one message of many; why it failed is in the log."""
    try:
        tell(json.loads(text))
        return True
    except Exception:
        traceback.print_exc()
        return False


def tell(message):
    if "TELL_URL" in os.environ:
        headers = {"Authorization": "Bearer " + key(), "Content-Type": "application/json"}
        request = urllib.request.Request(os.environ["TELL_URL"], json.dumps(message).encode(), headers)
        with urllib.request.urlopen(request, timeout=10):
            pass
    print(json.dumps({"severity": "INFO", "told": message}))


def key():
    """The one secret that the function may read: told where the cloud fetches it, asked for on AWS."""
    # Azure tells every app an `MSI_SECRET` of its own.
    names = (name.removesuffix("_SECRET") for name in os.environ if name.endswith("_SECRET"))
    (name,) = (name for name in names if name != "MSI")
    identifier = os.environ[name + "_SECRET"]
    if name in os.environ:
        return os.environ[name]
    if not identifier.startswith("arn:"):
        raise RuntimeError(f"{identifier} is not filled yet")
    import boto3

    return boto3.client("secretsmanager").get_secret_value(SecretId=identifier)["SecretString"]
