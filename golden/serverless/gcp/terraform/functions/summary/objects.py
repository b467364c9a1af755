"""Objects of a bucket, in whichever cloud the settings lead to."""

import urllib.parse

from links import ask, bearer, setting


def read(bucket, key):
    if _is_s3(bucket):
        return _s3(bucket).get_object(Bucket=setting(bucket, "BUCKET"), Key=key)["Body"].read()
    return ask("GET", _url(bucket, key), _headers(bucket)).body


def write(bucket, key, content):
    if _is_s3(bucket):
        _s3(bucket).put_object(Bucket=setting(bucket, "BUCKET"), Key=key, Body=content)
    else:
        ask("PUT", _url(bucket, key), _headers(bucket), content)


def _is_s3(bucket):
    return not any(part in setting(bucket, "ENDPOINT") for part in (".blob.", "googleapis"))


def _s3(bucket):
    import boto3

    return boto3.client("s3", endpoint_url=setting(bucket, "ENDPOINT"), region_name=setting(bucket, "REGION"))


def _url(bucket, key):
    return "/".join([setting(bucket, "ENDPOINT"), setting(bucket, "BUCKET"), urllib.parse.quote(key)])


def _headers(bucket):
    headers = bearer("https://storage.azure.com/") | {"Content-Type": "application/octet-stream"}
    if ".blob." in setting(bucket, "ENDPOINT"):
        headers |= {"x-ms-version": "2024-11-04", "x-ms-blob-type": "BlockBlob"}
    return headers
