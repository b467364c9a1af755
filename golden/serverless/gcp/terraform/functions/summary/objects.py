"""Objects of the bucket `media`, in whichever cloud the settings lead to."""

import json
import os
import urllib.parse
import urllib.request


def _get(url, headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        return json.load(answer)


def _token():
    """A token of the function's own identity, on Azure and Google Cloud."""
    if "IDENTITY_ENDPOINT" in os.environ:
        query = {"api-version": "2019-08-01", "resource": "https://storage.azure.com/"}
        if "AZURE_CLIENT_ID" in os.environ:
            query["client_id"] = os.environ["AZURE_CLIENT_ID"]
        url = os.environ["IDENTITY_ENDPOINT"] + "?" + urllib.parse.urlencode(query)
        return _get(url, {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]})["access_token"]
    url = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
    return _get(url, {"Metadata-Flavor": "Google"})["access_token"]


class Objects:
    """Reads and writes objects by their key."""

    def __init__(self):
        self.bucket = os.environ["MEDIA_BUCKET"]
        self.endpoint = os.environ["MEDIA_ENDPOINT"].rstrip("/")

    def read(self, key):
        if self._is_s3():
            return self._s3().get_object(Bucket=self.bucket, Key=key)["Body"].read()
        with urllib.request.urlopen(self._request("GET", key), timeout=30) as answer:
            return answer.read()

    def write(self, key, content):
        if self._is_s3():
            self._s3().put_object(Bucket=self.bucket, Key=key, Body=content)
            return
        with urllib.request.urlopen(self._request("PUT", key, content), timeout=30):
            pass

    def _is_s3(self):
        return ".blob." not in self.endpoint and "googleapis" not in self.endpoint

    def _s3(self):
        import boto3

        return boto3.client("s3", endpoint_url=self.endpoint, region_name=os.environ["MEDIA_REGION"])

    def _request(self, method, key, content=None):
        path = "/".join([self.bucket, urllib.parse.quote(key)])
        headers = {"Authorization": "Bearer " + _token(), "Content-Type": "application/octet-stream"}
        if ".blob." in self.endpoint:
            headers |= {"x-ms-version": "2024-11-04", "x-ms-blob-type": "BlockBlob"}
        return urllib.request.Request(f"{self.endpoint}/{path}", data=content, headers=headers, method=method)
