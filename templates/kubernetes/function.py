"""Calls a function: run.py events|requests FILE FUNCTION TIMEOUT AT_ONCE [ROUTE...]

FUNCTION of FILE below /function is called with an event and a context. With `events` the event is a CloudEvent as a dictionary, and only
what brings events to this pod reaches the port. With `requests` it is an HTTP request as API gateways of AWS word it (payload 2.0), and what
the function returns is the answer. An exception is an answer 500, which whoever brought the event takes for a reason to try again.
"""

import base64
import collections
import concurrent.futures
import functools
import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

MODE, FILE, FUNCTION, TIMEOUT, AT_ONCE, *ROUTES = sys.argv[1:]
TIMEOUT, AT_ONCE = int(TIMEOUT), int(AT_ONCE)
PORT, STATUS_PORT = 8080, 9090
# The largest body, as everywhere for functions; and what is read and thrown away of a larger one, so that its sender hears the answer.
MOST, DROPPED = 6 << 20, 32 << 20
# Where the counts of calls are while the process begins anew.
COUNTS = "FUNCTION_CALLS"

sys.path.insert(0, "/function")
function = functools.reduce(getattr, FUNCTION.split("."), importlib.import_module(FILE.replace("/", ".")))
pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
results = collections.Counter(json.loads(os.environ.pop(COUNTS, '{"ok": 0, "failed": 0, "late": 0}')))
guard = threading.Lock()
# Calls that run on though nobody waits for them any more.
late = set()
# That the process is to begin anew, and that it is to end.
anew, ends = threading.Event(), threading.Event()


class Context:
    """What a call knows beside its event."""

    def __init__(self):
        self.function_name = os.environ.get("HOSTNAME", "").rsplit("-", 2)[0]
        self.aws_request_id = str(uuid.uuid4())
        self.deadline = time.monotonic() + TIMEOUT

    def get_remaining_time_in_millis(self):
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def count(result):
    with guard:
        results[result] += 1


def call(event):
    """(status, headers, body) of one call."""
    future = pool.submit(function, event, Context())
    concurrent.futures.wait([future], TIMEOUT)
    if not future.done():
        count("late")
        print(f"{FUNCTION} took longer than {TIMEOUT} s", file=sys.stderr, flush=True)
        if not future.cancel():
            late.add(future)
            future.add_done_callback(late.discard)
        # No thread can be stopped: with none left the process begins anew, as the same one. If it ended, the kubelet would wait longer
        # and longer before it starts it again. From before the answer on nobody gets in: no event is let in to be cut off.
        if len(late) >= AT_ONCE:
            anew.set()
            close()
        return 504, [], b""
    try:
        returned = future.result()
        answer = reply(returned) if MODE == "requests" else (204, [], b"")
    except Exception:
        count("failed")
        traceback.print_exc()
        return 500, [], b""
    count("failed" if answer[0] >= 500 else "ok")
    return answer


def reply(returned):
    if not (isinstance(returned, dict) and "statusCode" in returned):
        returned = {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(returned)}
    body = returned.get("body") or ""
    if not isinstance(body, str):
        body = json.dumps(body)
    body = base64.b64decode(body) if returned.get("isBase64Encoded") else body.encode()
    headers = list(dict(returned.get("headers") or {}).items())
    headers += [("set-cookie", cookie) for cookie in returned.get("cookies") or []]
    return int(returned["statusCode"]), headers, body


def route(method, path):
    """The first route that a request is of, those that say more of the path first, and its parameters."""
    asked = path.strip("/").split("/")
    for key in sorted(ROUTES, key=lambda key: (key.endswith("*"), key.count("{"), key.startswith("ANY "))):
        wanted, _, pattern = key.partition(" ")
        parts = pattern.strip("/").split("/")
        rest = parts[-1] == "*"
        if wanted not in ("ANY", method) or len(asked) < len(parts) or (len(asked) > len(parts) and not rest):
            continue
        pairs = list(zip(parts, asked))[: len(parts) - rest]
        if all(part == own or part.startswith("{") for part, own in pairs):
            found = {part[1:-1]: unquote(own) for part, own in pairs if part.startswith("{")}
            if rest:
                found["proxy"] = unquote("/".join(asked[len(parts) - 1 :]))
            return key, found
    return "$default", {}


class Calls(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 75

    def serve(self):
        body = self.body()
        if body is None:
            if MODE == "events":
                count("failed")
            return self.answer(413, [], b"")
        try:
            event = json.loads(body) if MODE == "events" else self.request_event(body)
        except ValueError:
            return self.answer(400, [], b"")
        self.answer(*call(event))

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = serve

    def body(self):
        """What was sent; nothing if it is too much."""
        read, size = [], 0
        for part in self.parts():
            size += len(part)
            if size > DROPPED:
                break
            if size <= MOST:
                read.append(part)
        return b"".join(read) if size <= MOST else None

    def parts(self):
        """What was sent, in the pieces in which it comes."""
        if "chunked" not in self.headers.get("transfer-encoding", "").lower():
            left = int(self.headers.get("content-length") or 0)
            while left and (part := self.rfile.read(min(left, 1 << 20))):
                left -= len(part)
                yield part
            return
        while left := int(self.rfile.readline().split(b";")[0], 16):
            while left and (part := self.rfile.read(min(left, 1 << 20))):
                left -= len(part)
                yield part
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def request_event(self, body):
        url = urlsplit(self.path)
        key, parameters = route(self.command, url.path)
        headers = {}
        for name, value in self.headers.items():
            name = name.lower()
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        cookies = [cookie.strip() for cookie in headers.get("cookie", "").split(";") if cookie.strip()]
        query = {}
        for name, value in parse_qsl(url.query, keep_blank_values=True):
            query[name] = f"{query[name]},{value}" if name in query else value
        try:
            text, encoded = body.decode(), False
        except UnicodeDecodeError:
            text, encoded = base64.b64encode(body).decode(), True
        asked = {
            "method": self.command,
            "path": url.path,
            "protocol": self.request_version,
            "sourceIp": headers.get("x-forwarded-for", self.client_address[0]).split(",")[0].strip(),
            "userAgent": headers.get("user-agent", ""),
        }
        return {
            "version": "2.0",
            "routeKey": key,
            "rawPath": url.path,
            "rawQueryString": url.query,
            "cookies": cookies,
            "headers": headers,
            "queryStringParameters": query,
            "pathParameters": parameters,
            "requestContext": {"http": asked, "routeKey": key, "requestId": headers.get("x-request-id") or str(uuid.uuid4())},
            "body": text,
            "isBase64Encoded": encoded,
        }

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, str(value))
        # Behind these nothing more is read.
        if status in (413, 504):
            self.send_header("connection", "close")
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def log_message(self, *_):
        """Functions print for themselves."""


class Status(BaseHTTPRequestHandler):
    """Health, and what Prometheus asks."""

    def do_GET(self):
        lines = ["# TYPE function_calls_total counter"]
        lines += [f'function_calls_total{{result="{result}"}} {number}' for result, number in results.items()]
        text = ("\n".join(lines) + "\n").encode()
        self.send_response(200)
        self.send_header("content-type", "text/plain; version=0.0.4")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def close():
    """Lets nobody in any more."""
    for each in (status, server):
        each.shutdown()
        each.server_close()


def end():
    ends.set()
    server.shutdown()


server = Server(("127.0.0.1" if MODE == "events" else "", PORT), Calls)
status = Server(("", STATUS_PORT), Status)
# The first process of a container hears no signal that it does not ask for.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end).start())
threading.Thread(target=status.serve_forever, daemon=True).start()
server.serve_forever()
# A moment for the answers that are on their way.
if anew.is_set() and not ends.wait(1):
    os.environ[COUNTS] = json.dumps(results)
    os.execv(sys.executable, [sys.executable, "-u", *sys.argv])
pool.shutdown(wait=not anew.is_set())
os._exit(0)
