"""Calls functions by the runner of functions in Python: runner.py RUNNER. Prints what was answered, as JSON.

The runner listens on other ports and loads its function from a folder of its own, and is otherwise as rendered.
"""

import http.client
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

HANDLER = """
import time

def handle(event, context):
    if event.get("late"):
        time.sleep(60)
    if event.get("bad"):
        raise ValueError("bad")
"""


def free():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def ask(port, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, "/", body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def until(port):
    while not listens(port):
        time.sleep(0.05)


def main():
    port, status = free(), free()
    folder = pathlib.Path(tempfile.mkdtemp())
    text = pathlib.Path(sys.argv[1]).read_text()
    text = text.replace('"/function"', repr(str(folder))).replace("= 8080, 9090", f"= {port}, {status}")
    (folder / "run.py").write_text(text)
    (folder / "main.py").write_text(HANDLER)
    said = {}
    command = [sys.executable, "-u", str(folder / "run.py"), "events", "main", "handle", "1", "1"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as runner:
        try:
            until(status)
            call = lambda event: ask(port, "POST", json.dumps(event))[0]
            said["ok"] = call({})
            said["bad"] = call({"bad": True})
            said["large"] = [call({"much": "x" * size}) for size in (6 << 20, 7 << 20, 20 << 20)]
            said["late"] = call({"late": True})
            # It lets nobody in until it has begun anew.
            said["closed"] = not listens(port) and not listens(status)
            until(status)
            said["again"] = call({})
            said["counts"] = sorted(line for line in ask(status)[1].splitlines() if "{" in line)
        finally:
            runner.terminate()
    said["ended"] = runner.returncode
    print(json.dumps(said))


main()
