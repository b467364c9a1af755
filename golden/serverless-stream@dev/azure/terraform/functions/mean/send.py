"""Messages to a queue or a topic, in whichever cloud the settings lead to."""

import base64
import contextlib
import json
import os
import ssl
import urllib.parse

from links import ask, bearer, setting, unknown


def send(name, said, **about):
    """Sends a document; `about` are texts that filters of subscriptions look at."""
    to = os.environ.get(f"{name}_QUEUE") or os.environ[f"{name}_TOPIC"]
    text, protocol, endpoint = json.dumps(said), setting(name, "PROTOCOL"), setting(name, "ENDPOINT")
    if protocol in ("sqs", "sns"):
        import boto3

        client = boto3.client(protocol, endpoint_url=endpoint)
        attributes = {key: {"DataType": "String", "StringValue": value} for key, value in about.items()}
        if protocol == "sqs":
            client.send_message(QueueUrl=to, MessageBody=text, MessageAttributes=attributes)
        else:
            client.publish(TopicArn=to, Message=text, MessageAttributes=attributes)
    elif protocol == "servicebus":
        headers = bearer("https://servicebus.azure.net") | {"Content-Type": "application/vnd.microsoft.servicebus.json"}
        ask("POST", f"https://{endpoint}/{to}/messages", headers, [{"Body": text, "UserProperties": about}])
    elif protocol == "pubsub":
        message = {"data": base64.b64encode(text.encode()).decode(), "attributes": about}
        ask("POST", f"https://{endpoint}/v1/{to}:publish", bearer(), {"messages": [message]})
    elif protocol == "amqp":
        _amqp(name, to, text, about)
    else:
        raise unknown(protocol)


def _amqp(name, to, text, about):
    import pika

    at = urllib.parse.urlsplit(setting(name, "ENDPOINT"))
    login = pika.PlainCredentials(setting(name, "USER"), setting(name, "PASSWORD"))
    tls = pika.SSLOptions(ssl.create_default_context(cafile=setting(name, "CA")), at.hostname)
    how = pika.BasicProperties(content_type="application/json", headers=about, delivery_mode=pika.DeliveryMode.Persistent)
    where = pika.ConnectionParameters(at.hostname, at.port, "/", login, ssl_options=tls)
    with contextlib.closing(pika.BlockingConnection(where)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(to, "", text.encode(), how)
