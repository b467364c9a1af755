"""Makes what Terraform applied offline anew at a local moto server, through boto3, and starts the functions there.

    accept.py STATE.json MODULE_FOLDER < CHECKS.json

STATE.json is `terraform show -json`; MODULE_FOLDER holds the archives that it names. CHECKS is a list of
`{"put": KEY, "into": BUCKET, "content": TEXT, "expect": [KEY]}`: an object is put, and others have to be there then; and of
`{"run": WORKFLOW, "input": JSON, "status": STATUS, "output": JSON}` (or `"cause": TEXT`): a workflow is started, and has to end so. The
server leaves their expressions to others: here that is `jsonata` (pip install jsonata-python).

The server checks what the real service checks of names, documents and references: trust and permission policies, key schemas,
event source mappings, notifications, schedules, routes. It runs no containers, so the code of a Python function is started here
as the runtime would: in its own folder, with its own environment, with the event as the server made it. A check may have
`"records": {STREAM: [DOCUMENT]}` as well. In the end the items of tables are said, and what services outside were told.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import zipfile

import boto3
import surroundings
from jsonata import Jsonata
from moto import settings
from moto.awslambda.models import LambdaFunction
from moto.core.config import default_user_config
from moto.server import ThreadedMotoServer
from moto.stepfunctions.parser.asl.jsonata import jsonata as expressions

RUNNER = """
import importlib, json, sys
file, entry = sys.argv[1].rsplit(".", 1)
said = getattr(importlib.import_module(file.replace("/", ".")), entry)(json.load(sys.stdin), None)
print(json.dumps(said))
"""


class Cloud:
    """Resources by their Terraform address, and what became of their identifiers."""

    def __init__(self, state, folder, endpoint, region):
        self.folder = pathlib.Path(folder)
        self.endpoint = endpoint
        self.region = region
        self.resources = [item for item in _resources(state["values"]["root_module"]) if item["mode"] == "managed"]
        self.known = {}
        self.made = []

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def of(self, kind):
        """The resources of a type with what was learned so far in place of what Terraform made up."""
        for item in self.resources:
            if item["type"] == kind:
                yield self.learned(item["values"])

    def learned(self, value):
        if isinstance(value, dict):
            return {key: self.learned(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.learned(item) for item in value]
        if isinstance(value, str):
            for old, new in sorted(self.known.items(), key=lambda pair: -len(pair[0])):
                value = value.replace(old, new)
        return value

    def learn(self, old, new):
        if old and new and old != new:
            self.known[old] = new

    def note(self, kind, name):
        self.made.append(f"{kind} {name}")


def _resources(module):
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def given(values, **names):
    """Arguments of a call: its name to the attribute's, without what is not there."""
    found = {call: values.get(attribute) for call, attribute in names.items()}
    return {call: value for call, value in found.items() if value not in (None, "", [], {})}


def _json(text):
    """What a text says, if it is JSON: Terraform makes up what nobody said."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def queues(cloud):
    client = cloud.client("sqs")
    # Dead letters have no policy of their own for where theirs go, and are there first.
    for item in sorted(cloud.of("aws_sqs_queue"), key=lambda item: _json(item.get("redrive_policy")) is not None):
        redrive = cloud.learned(_json(item.get("redrive_policy")))
        wanted = {
            "VisibilityTimeout": item.get("visibility_timeout_seconds"),
            "MessageRetentionPeriod": item.get("message_retention_seconds"),
            "RedrivePolicy": redrive and json.dumps(redrive),
            "KmsMasterKeyId": item.get("kms_master_key_id"),
        }
        attributes = {key: str(value) for key, value in wanted.items() if value}
        attributes |= {"FifoQueue": "true"} if item.get("fifo_queue") else {}
        url = client.create_queue(QueueName=item["name"], Attributes=attributes)["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        cloud.learn(item["arn"], arn)
        cloud.learn(item["url"], url)
        cloud.note("queue", item["name"])
    for item in cloud.of("aws_sqs_queue_policy"):
        client.set_queue_attributes(QueueUrl=item["queue_url"], Attributes={"Policy": item["policy"]})


def topics(cloud):
    client = cloud.client("sns")
    for item in cloud.of("aws_sns_topic"):
        attributes = {"FifoTopic": "true"} if item.get("fifo_topic") else {}
        arn = client.create_topic(Name=item["name"], Attributes=attributes)["TopicArn"]
        cloud.learn(item["arn"], arn)
        cloud.note("topic", item["name"])
    for item in cloud.of("aws_sns_topic_subscription"):
        if item["protocol"] == "sqs":
            attributes = given(item, FilterPolicy="filter_policy", RedrivePolicy="redrive_policy")
            attributes |= {"RawMessageDelivery": "true"} if item.get("raw_message_delivery") else {}
            client.subscribe(TopicArn=item["topic_arn"], Protocol="sqs", Endpoint=item["endpoint"], Attributes=attributes)


def stores(cloud):
    surroundings.secrets(cloud)
    objects = cloud.client("s3")
    for item in cloud.of("aws_s3_bucket"):
        where = {"LocationConstraint": cloud.region}
        objects.create_bucket(Bucket=item["bucket"], CreateBucketConfiguration=where)
        cloud.note("bucket", item["bucket"])
    records = cloud.client("kinesis")
    for item in cloud.of("aws_kinesis_stream"):
        mode = (item.get("stream_mode_details") or [{}])[0].get("stream_mode", "PROVISIONED")
        shards = given(item, ShardCount="shard_count") if mode == "PROVISIONED" else {}
        records.create_stream(StreamName=item["name"], StreamModeDetails={"StreamMode": mode}, **shards)
        about = records.describe_stream(StreamName=item["name"])["StreamDescription"]
        cloud.learn(item["arn"], about["StreamARN"])
        cloud.note("stream", item["name"])
    items = cloud.client("dynamodb")
    for item in cloud.of("aws_dynamodb_table"):
        key = [{"AttributeName": item["hash_key"], "KeyType": "HASH"}]
        key += [{"AttributeName": item["range_key"], "KeyType": "RANGE"}] if item.get("range_key") else []
        wanted = {
            "TableName": item["name"],
            "KeySchema": key,
            "AttributeDefinitions": [
                {"AttributeName": one["name"], "AttributeType": one["type"]} for one in item["attribute"]
            ],
            "BillingMode": item["billing_mode"],
            "DeletionProtectionEnabled": bool(item.get("deletion_protection_enabled")),
        }
        if item["billing_mode"] == "PROVISIONED":
            units = {"ReadCapacityUnits": item["read_capacity"], "WriteCapacityUnits": item["write_capacity"]}
            wanted["ProvisionedThroughput"] = units
        if item.get("global_secondary_index"):
            wanted["GlobalSecondaryIndexes"] = [_index(one, item) for one in item["global_secondary_index"]]
        if item.get("stream_enabled"):
            wanted["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": item["stream_view_type"]}
        about = items.create_table(**wanted)["TableDescription"]
        cloud.learn(item["arn"], about["TableArn"])
        cloud.learn(item.get("stream_arn"), about.get("LatestStreamArn"))
        for ttl in item.get("ttl") or []:
            if ttl.get("enabled"):
                said = {"Enabled": True, "AttributeName": ttl["attribute_name"]}
                items.update_time_to_live(TableName=item["name"], TimeToLiveSpecification=said)
        cloud.note("table", item["name"])


def _index(one, table):
    schema = one.get("key_schema") or [
        {"attribute_name": one[name], "key_type": kind}
        for name, kind in [("hash_key", "HASH"), ("range_key", "RANGE")]
        if one.get(name)
    ]
    index = {
        "IndexName": one["name"],
        "KeySchema": [{"AttributeName": key["attribute_name"], "KeyType": key["key_type"]} for key in schema],
        "Projection": {"ProjectionType": one["projection_type"]} | given(one, NonKeyAttributes="non_key_attributes"),
    }
    if table["billing_mode"] == "PROVISIONED":
        units = {"ReadCapacityUnits": one["read_capacity"], "WriteCapacityUnits": one["write_capacity"]}
        index["ProvisionedThroughput"] = units
    return index


def roles(cloud):
    client = cloud.client("iam")
    for item in cloud.of("aws_iam_role"):
        made = client.create_role(RoleName=item["name"], AssumeRolePolicyDocument=item["assume_role_policy"])
        cloud.learn(item["arn"], made["Role"]["Arn"])
        cloud.note("role", item["name"])
    for item in cloud.of("aws_iam_role_policy"):
        client.put_role_policy(RoleName=item["role"], PolicyName=item["name"], PolicyDocument=item["policy"])
        cloud.note("policy", item["name"])


def functions(cloud):
    client = cloud.client("lambda")
    for item in cloud.of("aws_lambda_function"):
        if item["package_type"] == "Zip":
            code = {"ZipFile": (cloud.folder / item["filename"]).read_bytes()}
            how = given(item, Runtime="runtime", Handler="handler")
        else:
            code, how = {"ImageUri": item["image_uri"]}, {}
        variables = (item.get("environment") or [{}])[0].get("variables") or {}
        made = client.create_function(
            FunctionName=item["function_name"],
            Role=item["role"],
            PackageType=item["package_type"],
            Code=code,
            Environment={"Variables": variables},
            Publish=bool(item.get("publish")),
            **how,
            **given(item, Timeout="timeout", MemorySize="memory_size", Architectures="architectures"),
        )
        cloud.learn(item["arn"], made["FunctionArn"])
        cloud.note("function", item["function_name"])
    for item in cloud.of("aws_lambda_alias"):
        client.create_alias(FunctionName=item["function_name"], Name=item["name"], FunctionVersion="1")
    for item in cloud.of("aws_lambda_permission"):
        client.add_permission(
            StatementId=item["statement_id"],
            **given(
                item,
                FunctionName="function_name",
                Action="action",
                Principal="principal",
                SourceArn="source_arn",
                SourceAccount="source_account",
                Qualifier="qualifier",
                FunctionUrlAuthType="function_url_auth_type",
            ),
        )
    for item in cloud.of("aws_lambda_function_url"):
        client.create_function_url_config(
            AuthType=item["authorization_type"], **given(item, FunctionName="function_name", Qualifier="qualifier")
        )
        cloud.note("address of", item["function_name"])
    for item in cloud.of("aws_lambda_function_event_invoke_config"):
        where = [one["destination"] for config in item["destination_config"] for one in config["on_failure"]]
        client.put_function_event_invoke_config(
            DestinationConfig={"OnFailure": {"Destination": where[0]}},
            **given(
                item,
                FunctionName="function_name",
                Qualifier="qualifier",
                MaximumRetryAttempts="maximum_retry_attempts",
                MaximumEventAgeInSeconds="maximum_event_age_in_seconds",
            ),
        )


def starts(cloud):
    """What starts the functions."""
    client = cloud.client("lambda")
    for item in cloud.of("aws_lambda_event_source_mapping"):
        failed = [one["destination_arn"] for config in item.get("destination_config") or [] for one in config["on_failure"]]
        scaled = [one["maximum_concurrency"] for one in item.get("scaling_config") or []]
        client.create_event_source_mapping(
            **({"DestinationConfig": {"OnFailure": {"Destination": failed[0]}}} if failed else {}),
            **({"ScalingConfig": {"MaximumConcurrency": scaled[0]}} if scaled else {}),
            **given(
                item,
                EventSourceArn="event_source_arn",
                FunctionName="function_name",
                BatchSize="batch_size",
                StartingPosition="starting_position",
                FunctionResponseTypes="function_response_types",
                BisectBatchOnFunctionError="bisect_batch_on_function_error",
            )
        )
        surroundings.keep_mappings(cloud.region)
        cloud.note("mapping of", item["event_source_arn"])
    objects = cloud.client("s3")
    for item in cloud.of("aws_s3_bucket_notification"):
        heard = []
        for one in item["lambda_function"]:
            rules = given(one, prefix="filter_prefix", suffix="filter_suffix").items()
            rules = [{"Name": name, "Value": value} for name, value in rules]
            heard.append(
                {"LambdaFunctionArn": one["lambda_function_arn"], "Events": one["events"]}
                | ({"Filter": {"Key": {"FilterRules": rules}}} if rules else {})
            )
        configuration = {"LambdaFunctionConfigurations": heard}
        objects.put_bucket_notification_configuration(Bucket=item["bucket"], NotificationConfiguration=configuration)
        cloud.note("notification of", item["bucket"])
    times = cloud.client("scheduler")
    for item in cloud.of("aws_scheduler_schedule_group"):
        times.create_schedule_group(Name=item["name"])
    for item in cloud.of("aws_scheduler_schedule"):
        target = item["target"][0]
        wanted = {"Arn": target["arn"], "RoleArn": target["role_arn"]} | given(target, Input="input")
        for dead in target.get("dead_letter_config") or []:
            wanted["DeadLetterConfig"] = {"Arn": dead["arn"]}
        times.create_schedule(
            Name=item["name"],
            ScheduleExpression=item["schedule_expression"],
            FlexibleTimeWindow={"Mode": item["flexible_time_window"][0]["mode"]},
            Target=wanted,
            **given(item, GroupName="group_name", ScheduleExpressionTimezone="schedule_expression_timezone"),
        )
        cloud.note("schedule", item["name"])


def workflows(cloud):
    client = cloud.client("stepfunctions")
    for item in cloud.of("aws_sfn_state_machine"):
        made = client.create_state_machine(
            **given(item, name="name", definition="definition", roleArn="role_arn", type="type")
        )
        cloud.learn(item["arn"], made["stateMachineArn"])
        cloud.note("workflow", item["name"])


def run(cloud, check):
    """Runs a workflow to its end, which has to be as the check says."""
    client = cloud.client("stepfunctions")
    machine = next(one for one in client.list_state_machines()["stateMachines"] if one["name"] == check["run"])
    name, given_input = f"run-{len(cloud.made)}", json.dumps(check["input"])
    begun = client.start_execution(stateMachineArn=machine["stateMachineArn"], name=name, input=given_input)
    until = time.monotonic() + 60
    while (told := client.describe_execution(executionArn=begun["executionArn"]))["status"] == "RUNNING":
        if time.monotonic() > until:
            sys.exit(f"{check['run']} does not end")
        time.sleep(0.2)
    ended = {"status": told["status"]}
    if "output" in check:
        ended["output"] = json.loads(told.get("output") or "null")
    if "cause" in check:
        ended["cause"] = told.get("cause")
    wanted = {key: check[key] for key in ended}
    if ended != wanted:
        sys.exit(f"{check['run']} of {check['input']} ends in {told}, not in {wanted}")
    cloud.note("run", f"{check['run']} {told['status']}")


def apis(cloud):
    client = cloud.client("apigatewayv2")
    for item in cloud.of("aws_apigatewayv2_api"):
        made = client.create_api(Name=item["name"], ProtocolType=item["protocol_type"])
        cloud.learn(item["id"], made["ApiId"])
        cloud.note("API", item["name"])
    for item in cloud.of("aws_apigatewayv2_authorizer"):
        jwt = item["jwt_configuration"][0]
        made = client.create_authorizer(
            ApiId=item["api_id"],
            Name=item["name"],
            AuthorizerType=item["authorizer_type"],
            IdentitySource=item["identity_sources"],
            JwtConfiguration={"Audience": jwt["audience"], "Issuer": jwt["issuer"]},
        )
        cloud.learn(item["id"], made["AuthorizerId"])
    for item in cloud.of("aws_apigatewayv2_integration"):
        made = client.create_integration(
            ApiId=item["api_id"],
            IntegrationType=item["integration_type"],
            **given(item, IntegrationUri="integration_uri", PayloadFormatVersion="payload_format_version"),
        )
        cloud.learn(item["id"], made["IntegrationId"])
    for item in cloud.of("aws_apigatewayv2_route"):
        client.create_route(
            ApiId=item["api_id"],
            RouteKey=item["route_key"],
            **given(item, Target="target", AuthorizationType="authorization_type", AuthorizerId="authorizer_id"),
        )
        cloud.note("route", item["route_key"])


def watched(cloud):
    client = cloud.client("cloudwatch")
    for item in cloud.of("aws_cloudwatch_metric_alarm"):
        if item.get("metric_name"):
            client.put_metric_alarm(
                **given(
                    item,
                    AlarmName="alarm_name",
                    MetricName="metric_name",
                    Namespace="namespace",
                    ComparisonOperator="comparison_operator",
                    EvaluationPeriods="evaluation_periods",
                    Period="period",
                    Statistic="statistic",
                    AlarmActions="alarm_actions",
                ),
                Threshold=item["threshold"],
                Dimensions=[{"Name": key, "Value": value} for key, value in (item.get("dimensions") or {}).items()],
            )
        else:
            client.put_metric_alarm(
                **given(
                    item,
                    AlarmName="alarm_name",
                    ComparisonOperator="comparison_operator",
                    EvaluationPeriods="evaluation_periods",
                    AlarmActions="alarm_actions",
                ),
                Threshold=item["threshold"],
                Metrics=[_query(one) for one in item["metric_query"]],
            )
        cloud.note("alarm", item["alarm_name"])


def _query(one):
    """A metric that an alarm computes with, or what it computes."""
    query = given(one, Id="id", Expression="expression", Label="label", ReturnData="return_data")
    for metric in one.get("metric") or []:
        of = [{"Name": key, "Value": value} for key, value in metric["dimensions"].items()]
        measured = {"Namespace": metric["namespace"], "MetricName": metric["metric_name"], "Dimensions": of}
        query["MetricStat"] = {"Metric": measured, "Period": metric["period"], "Stat": metric["stat"]}
    return query


def start(function, event, endpoint):
    """Runs the code of a function as the runtime of its language does: what it says, or what it said when it failed."""
    with tempfile.TemporaryDirectory() as folder:
        archive = pathlib.Path(folder, "code.zip")
        archive.write_bytes(function.code_bytes)
        zipfile.ZipFile(archive).extractall(folder)
        environment = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")}
        environment |= function.environment_vars
        environment |= {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_REGION": function.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "PYTHONPATH": folder,
        }
        for name, value in environment.items():
            if name.endswith("_ENDPOINT") and "amazonaws.com" in value:
                environment[name] = endpoint
            environment[name] = surroundings.led_outside(environment[name])
        done = subprocess.run(
            [sys.executable, "-c", RUNNER, function.handler],
            input=event,
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
    return done.stdout, done.returncode != 0, done.stderr


def main():
    state = json.loads(pathlib.Path(sys.argv[1]).read_text())
    checks = json.load(sys.stdin)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    region = next(item["values"]["region"] for item in state["values"]["root_module"]["resources"] if item["values"].get("region"))
    started = []

    def invoke(function, event=None):
        event = event if isinstance(event, str) else json.dumps(event or {})
        said, failed, why = start(function, event, endpoint)
        failed = failed or "itemIdentifier" in said
        started.append((function.function_name, failed, why))
        return said, failed, why

    LambdaFunction._invoke_lambda = invoke
    # State machines call functions at the server, wherever it listens.
    os.environ["MOTO_PORT"] = str(port)
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    expressions._eval_jsonata = lambda expression: Jsonata(expression).evaluate(None)
    cloud = Cloud(state, sys.argv[2], endpoint, region)
    for make in (queues, topics, stores, roles, functions, workflows, starts, apis, watched):
        make(cloud)
    objects = cloud.client("s3")
    for check in checks:
        if "run" in check:
            continue
        bucket = next(item["bucket"] for item in cloud.of("aws_s3_bucket") if check["into"] in item["bucket"])
        objects.put_object(Bucket=bucket, Key=check["put"], Body=check["content"].encode())
        surroundings.send(cloud, check.get("records", {}))
        failed = [f"{name}: {why}" for name, is_bad, why in started if is_bad]
        if failed:
            sys.exit("\n".join(failed))
        for key in check["expect"]:
            found = objects.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
            cloud.note("object", f"{key}: {found}")
    failed = [f"{name}: {why}" for name, is_bad, why in started if is_bad]
    if failed:
        sys.exit("\n".join(failed))
    surroundings.note(cloud)
    for name in sorted({name for name, *_ in started}):
        cloud.note("started", name)
    # Functions may fail here: that is what is caught.
    for check in checks:
        if "run" in check:
            run(cloud, check)
    print("\n".join(cloud.made))
    server.stop()


if __name__ == "__main__":
    settings.TEST_SERVER_MODE = False
    main()
