"""What the function is linked to, and requests to clouds as its own identity."""

import json
import os
import urllib.parse
import urllib.request

METADATA = "http://metadata.google.internal/computeMetadata/v1/"


def linked(kind):
    """The names of what it is linked to, of those that have a setting `NAME_KIND`: `TABLE`, `QUEUE`, `TOPIC`, `BUCKET`."""
    return sorted(name.removesuffix("_" + kind) for name in os.environ if name.endswith("_" + kind))


def setting(name, what):
    return os.environ[f"{name}_{what}"]


def unknown(protocol):
    """What to raise where nobody knows how to speak to what a link leads to."""
    return NotImplementedError(f"{protocol}: this code does not speak it, use an image with a client")


def ask(method, url, headers, body=None, seconds=30):
    """An answer with its `body`; one that is no success, or takes longer, is an error."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"} | headers, method=method)
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        answer.body = answer.read()
        return answer


def bearer(audience=None):
    """A header with a token of the function's identity: on Azure for an audience, on Google Cloud for all that it may use."""
    if "IDENTITY_ENDPOINT" in os.environ:
        asked = {"api-version": "2019-08-01", "resource": audience, "client_id": os.environ["AZURE_CLIENT_ID"]}
        url = os.environ["IDENTITY_ENDPOINT"] + "?" + urllib.parse.urlencode(asked)
        said = ask("GET", url, {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]})
    else:
        url = METADATA + "instance/service-accounts/default/token"
        said = ask("GET", url, {"Metadata-Flavor": "Google"})
    return {"Authorization": "Bearer " + json.loads(said.body)["access_token"]}


def project():
    """The project on Google Cloud."""
    return ask("GET", METADATA + "project/project-id", {"Metadata-Flavor": "Google"}).body.decode()


def postgres(name):
    """A connection to PostgreSQL, which keeps tables and warehouses in a cluster; `with` ends its transaction."""
    import psycopg

    login = {"user": setting(name, "USER"), "password": setting(name, "PASSWORD"), "sslrootcert": setting(name, "CA")}
    return psycopg.connect(setting(name, "ENDPOINT"), **login)
