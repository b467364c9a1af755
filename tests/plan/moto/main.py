"""Functions of a test: what is uploaded is counted, told and kept."""

import json
import os
import urllib.parse

import boto3


def summary(event, context=None):
    store, bucket = boto3.client("s3"), os.environ["MEDIA_BUCKET"]
    for record in event["Records"]:
        key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        name = key.removeprefix("uploads/")
        text = store.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        said = f"{len(text.splitlines())} lines"
        store.put_object(Bucket=bucket, Key="summaries/" + name, Body=said.encode())
        item = {"id": {"S": name}, "said": {"S": said}}
        boto3.client("dynamodb").put_item(TableName=os.environ["FOUND_TABLE"], Item=item)
        message = json.dumps({"name": name, "said": said})
        boto3.client("sqs").send_message(QueueUrl=os.environ["DONE_QUEUE"], MessageBody=message)
        boto3.client("sns").publish(TopicArn=os.environ["NEWS_TOPIC"], Message=message)


def keep(event, context=None):
    for record in event["Records"]:
        told = json.loads(record["body"])
        key = "kept/" + told["name"]
        boto3.client("s3").put_object(Bucket=os.environ["MEDIA_BUCKET"], Key=key, Body=told["said"].encode())
    return {"batchItemFailures": []}


def look(event, context=None):
    print(json.dumps(event))


def failing(event, context=None):
    raise ValueError("no")


def caught(event, context=None):
    return {"caught": bool(event["error"].strip()), "had": event["input"]}


def double(event, context=None):
    return {"n": event["n"] * 2}
