"""Blobs and queues of the account that functions share, reached with the app's identity."""

import email.utils
import json
import os
import time
import urllib.error
import urllib.request
import xml.sax.saxutils

# Seconds that a message may be hidden, at most.
HIDDEN = 7 * 24 * 3600


class Conflict(Exception):
    """Somebody else was faster."""


class Store:
    """The account. `blobs` and `queues` are its addresses."""

    def __init__(self, blobs, queues):
        self.blobs = blobs.rstrip("/")
        self.queues = queues.rstrip("/")
        self.known = None

    def token(self):
        """What proves who the app is, for some minutes at least."""
        if self.known is None or self.known[1] < time.time() + 300:
            client = os.environ["AZURE_CLIENT_ID"]
            query = f"resource=https://storage.azure.com/&api-version=2019-08-01&client_id={client}"
            url = f"{os.environ['IDENTITY_ENDPOINT']}?{query}"
            asked = urllib.request.Request(url, headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]})
            with urllib.request.urlopen(asked, timeout=30) as answer:
                said = json.load(answer)
            self.known = (said["access_token"], int(said["expires_on"]))
        return self.known[0]

    def ask(self, method, url, body=None, headers=None):
        """Body and headers of the answer."""
        said = {
            "Authorization": f"Bearer {self.token()}",
            "x-ms-version": "2023-11-03",
            "x-ms-date": email.utils.formatdate(usegmt=True),
            **(headers or {}),
        }
        asked = urllib.request.Request(url, data=body, method=method, headers=said)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.read(), answer.headers

    def read(self, container, name):
        """The JSON in a blob and its version; nothing and nothing where there is none."""
        try:
            body, headers = self.ask("GET", f"{self.blobs}/{container}/{name}")
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None, None
            raise
        return json.loads(body), headers["ETag"]

    def write(self, container, name, value, version=None):
        """Replaces this version of a blob, or makes a new one; `Conflict` if another one is there."""
        expected = {"If-Match": version} if version else {"If-None-Match": "*"}
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/json", **expected}
        try:
            self.ask("PUT", f"{self.blobs}/{container}/{name}", json.dumps(value).encode(), headers)
        except urllib.error.HTTPError as error:
            if error.code in (409, 412):
                raise Conflict(name) from error
            raise

    def send(self, queue, text, seconds=0):
        """Puts a message into a queue, where it is found after so many seconds."""
        body = f"<QueueMessage><MessageText>{xml.sax.saxutils.escape(text)}</MessageText></QueueMessage>"
        seconds = min(int(seconds), HIDDEN)
        url = f"{self.queues}/{queue}/messages?visibilitytimeout={seconds}&messagettl=-1"
        self.ask("POST", url, body.encode(), {"Content-Type": "application/xml"})
