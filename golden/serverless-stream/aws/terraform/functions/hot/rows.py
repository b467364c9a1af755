"""Statements for a warehouse, in whichever cloud the settings lead to."""

import json
import time

from links import ask, bearer, postgres, setting, unknown

# Inserts nothing where the day is there already, so that it may be tried again.
SQL = """INSERT INTO days (day, device, mean, readings)
SELECT {day}, device, AVG(celsius), COUNT(*) FROM readings
WHERE {q}at{q} >= {begins} AND {q}at{q} < {ends} AND (SELECT COUNT(*) FROM days WHERE day = {day}) = 0 GROUP BY device"""
KUSTO = """.append days <| readings | where ['at'] >= datetime({begins}) and ['at'] < datetime({ends})
| where toscalar(days | where day == datetime({begins}) | count) == 0
| summarize mean = avg(celsius), readings = count() by device
| project day = datetime({begins}), device, mean, readings"""


def roll_up(warehouse, begins, ends):
    """Puts the mean of what each device measured between two times (UTC) into the table `days`."""
    protocol, database = setting(warehouse, "PROTOCOL"), setting(warehouse, "DATABASE")
    begins, ends = (f"{at:%Y-%m-%d %H:%M:%S}" for at in (begins, ends))
    times = {"begins": f"TIMESTAMP '{begins}'", "ends": f"TIMESTAMP '{ends}'", "day": f"TIMESTAMP '{begins}'"}
    if protocol == "redshift-data":
        _redshift(warehouse, database, SQL.format(q='"', **times))
    elif protocol == "bigquery":
        _bigquery(warehouse, database, SQL.format(q="`", **times))
    elif protocol == "kusto":
        endpoint = setting(warehouse, "ENDPOINT")
        body = {"db": database, "csl": KUSTO.format(begins=begins, ends=ends)}
        ask("POST", endpoint + "/v1/rest/mgmt", bearer(endpoint), body, seconds=240)
    elif protocol == "postgres":
        with postgres(warehouse) as connection:
            connection.execute(SQL.format(q='"', **times))
    else:
        raise unknown(protocol)


def _redshift(warehouse, database, sql):
    import boto3

    client = boto3.client("redshift-data", endpoint_url=setting(warehouse, "ENDPOINT"))
    begun = client.execute_statement(WorkgroupName=setting(warehouse, "SERVER"), Database=database, Sql=sql)
    while (said := client.describe_statement(Id=begun["Id"]))["Status"] not in ("FINISHED", "FAILED", "ABORTED"):
        time.sleep(1)
    if said["Status"] != "FINISHED":
        raise RuntimeError(said.get("Error", said["Status"]))


def _bigquery(warehouse, database, sql):
    project = setting(warehouse, "SERVER")
    url = f"https://{setting(warehouse, 'ENDPOINT')}/bigquery/v2/projects/{project}/queries"
    tables = {"projectId": project, "datasetId": database}
    said = json.loads(ask("POST", url, bearer(), {"query": sql, "useLegacySql": False, "defaultDataset": tables}).body)
    while not said["jobComplete"]:
        job = said["jobReference"]
        said = json.loads(ask("GET", f"{url}/{job['jobId']}?location={job['location']}", bearer()).body)
