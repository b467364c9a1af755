"""Runs a rendered workflow as Argo's controller would: argo.py OBJECTS WORKFLOW DOCUMENT ANSWERS

OBJECTS is the rendered file, ANSWERS a JSON object from the URL of a function to what it answers: a list of [status, body], the last of which
goes on. Templates are filled twice, as the controller does, so that a document in plain text would be found out. Prints what the run ended
with, or why it failed, and the calls that were made.
"""

import base64
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading

import yaml

OBJECTS, NAME, DOCUMENT, ANSWERS = sys.argv[1:]
with open(OBJECTS) as file:
    objects = list(yaml.safe_load_all(file))
spec = next(o["spec"] for o in objects if o["kind"] == "WorkflowTemplate" and o["metadata"]["name"] == NAME)
config = next(o["data"] for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] == f"{NAME}-steps")
templates = {template["name"]: template for template in spec["templates"]}
answers, calls = json.loads(ANSWERS), []


class Failed(Exception):
    pass


class Handler(http.server.BaseHTTPRequestHandler):
    """The functions: the first word of a path is the host that was meant."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        url = self.path.strip("/")
        calls.append([url, json.loads(body)])
        mine = answers[url]
        status, said = mine.pop(0) if len(mine) > 1 else mine[0]
        said = said.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()


def fill(text, scope):
    def one(match):
        if match[1] not in scope:
            raise Failed(f"nothing is known of {match[0]}")
        return scope[match[1]]

    for _ in range(2):
        text = re.sub(r"\{\{(.*?)\}\}", one, text)
    return text


def expression(text, scope):
    parts = text.split(" ? ", 1)
    if len(parts) == 2:
        yes, no = parts[1].split(" : ", 1)
        sides = [side.split(" == ") for side in parts[0].split(" && ")]
        return expression(yes if all(value(a, scope) == b.strip("'") for a, b in sides) else no, scope)
    return value(text, scope)


def value(place, scope):
    return scope[re.sub(r"\['([a-z0-9-]+)'\]", r".\1", place)]


def when(text, scope):
    def one(part):
        sides = re.fullmatch(r"'?([A-Za-z0-9]*)'? (==|!=) '?([A-Za-z0-9]+)'?", part)
        return (sides[1] == sides[3]) == (sides[2] == "==")

    text = fill(text, scope)
    return any(all(one(part) for part in side.split(" && ")) for side in text.split(" || "))


def run(name, given):
    template = templates[name]
    wanted = [item["name"] for item in template.get("inputs", {}).get("parameters", [])]
    assert set(wanted) <= set(given), (name, wanted, given)
    scope = {f"inputs.parameters.{key}": text for key, text in given.items()}
    if "suspend" in template:
        return {}
    if "container" in template:
        return pod(template, scope)
    for group in template["steps"]:
        failed = None
        for step in group:
            place = f"steps.{step['name']}"
            if "when" in step and not when(step["when"], scope):
                scope[f"{place}.status"] = "Skipped"
                continue
            arguments = step.get("arguments", {}).get("parameters", [])
            arguments = {item["name"]: fill(item["value"], scope) for item in arguments}
            try:
                left = run(step["template"], arguments)
                scope[f"{place}.status"] = "Succeeded"
                scope.update({f"{place}.outputs.parameters.{key}": text for key, text in left.items()})
            except Failed as error:
                scope[f"{place}.status"] = "Failed"
                if not step.get("continueOn", {}).get("failed"):
                    failed = failed or error
        if failed:
            raise failed
    outputs = template["outputs"]["parameters"]
    return {item["name"]: expression(item["valueFrom"]["expression"], scope) for item in outputs}


def pod(template, scope):
    container = template["container"]
    with tempfile.TemporaryDirectory() as folder:
        for file, text in config.items():
            places = {'"/etc/workflow", "/tmp", "/dev/termination-log"': repr((folder, folder, f"{folder}/reason"))[1:-1]}
            for place, real in places.items():
                text = text.replace(place, real)
            # Nobody waits in a test, and every function is here.
            text = text.replace("time.sleep(pause)", "pass")
            text = text.replace('connection.request("POST", "/"', 'connection.request("POST", "/" + parts.hostname')
            text = text.replace(
                "HTTPConnection(parts.hostname, parts.port or 80", f'HTTPConnection("127.0.0.1", {server.server_port}'
            )
            with open(f"{folder}/{file}", "w") as target:
                target.write(text)
        env = {item["name"]: fill(item["value"], scope) for item in container["env"]}
        words = [word.replace("/etc/workflow", folder) for word in container["command"]]
        words[0] = sys.executable
        done = subprocess.run(words, env={**os.environ, **env}, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            with open(f"{folder}/reason") as file:
                raise Failed(file.read())
        left = {}
        for item in template.get("outputs", {}).get("parameters", []):
            with open(item["valueFrom"]["path"].replace("/tmp", folder)) as file:
                left[item["name"]] = file.read()
        return left


try:
    ended = run(spec["entrypoint"], {"document": base64.b64encode(DOCUMENT.encode()).decode()})
    result = {"document": json.loads(base64.b64decode(ended["document"]))}
except Failed as error:
    result = {"failed": str(error)}
print(json.dumps({**result, "calls": calls}))
