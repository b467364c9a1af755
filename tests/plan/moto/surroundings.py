"""What is around the local server: services outside, and what it does not do by itself."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from moto.core import DEFAULT_ACCOUNT_ID
from moto.kinesis.models import kinesis_backends


class Outside(BaseHTTPRequestHandler):
    """Services of others, `https://*.example.com`: they take everything."""

    told = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.told.append(f"{self.path} {self.headers['authorization']}: {body}")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


_server = HTTPServer(("127.0.0.1", 0), Outside)
threading.Thread(target=_server.serve_forever, daemon=True).start()


def led_outside(value):
    """A setting that leads to a service outside leads to the one here."""
    return f"http://127.0.0.1:{_server.server_port}{value.split('.example.com', 1)[1]}" if ".example.com/" in value else value


def keep_mappings(region):
    """Keeps the mappings of each stream by their functions: by the stream, as they are, the next one takes the place of the last."""
    for stream in kinesis_backends[DEFAULT_ACCOUNT_ID][region].streams.values():
        mappings = stream.lambda_event_source_mappings.values()
        stream.lambda_event_source_mappings = {one.function_arn: one for one in mappings}


def secrets(cloud):
    """Fills the secrets of owners."""
    client = cloud.client("secretsmanager")
    for item in cloud.of("aws_secretsmanager_secret"):
        made = client.create_secret(Name=item["name"], SecretString="the secret " + item["name"])
        cloud.learn(item["arn"], made["ARN"])


def send(cloud, records):
    """Puts documents on streams."""
    for name, documents in records.items():
        stream = next(item["name"] for item in cloud.of("aws_kinesis_stream") if name in item["name"])
        for document in documents:
            cloud.client("kinesis").put_record(StreamName=stream, Data=json.dumps(document).encode(), PartitionKey="any")


def note(cloud):
    """Notes the items of tables, and what services outside were told."""
    for item in cloud.of("aws_dynamodb_table"):
        for found in cloud.client("dynamodb").scan(TableName=item["name"])["Items"]:
            values = {key: next(iter(value.values())) for key, value in sorted(found.items())}
            cloud.note("item", f"{item['name']} {json.dumps(values)}")
    for told in Outside.told:
        cloud.note("told", told)
