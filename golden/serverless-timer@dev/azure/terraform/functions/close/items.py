"""Items of a table, in whichever cloud the settings lead to: `key` names the attributes of the table's key. `expires`, where an
item has it, is when it goes: seconds since 1970."""

import datetime
import decimal
import email.utils
import json
import time
import urllib.parse

from links import ask, bearer, postgres, project, setting, unknown


def put(table, key, item):
    """Writes an item, in place of the one that has its key."""
    protocol, name = setting(table, "PROTOCOL"), setting(table, "TABLE")
    if protocol == "dynamodb":
        _dynamodb(table).put_item(Item=json.loads(json.dumps(item), parse_float=decimal.Decimal))
    elif protocol == "cosmos":
        life = {"ttl": max(1, int(item["expires"] - time.time()))} if "expires" in item else {}
        headers = {"x-ms-documentdb-is-upsert": "True", "x-ms-documentdb-partitionkey": json.dumps([item[key[0]]])}
        _cosmos(table, headers, item | life | {"id": str(item[key[-1]])})
    elif protocol == "firestore":
        identifier = urllib.parse.quote("|".join(str(item[attribute]) for attribute in key), safe="")
        fields = {attribute: _typed(attribute, value) for attribute, value in item.items()}
        ask("PATCH", f"{_documents(table)}/{name}/{identifier}", bearer(), {"fields": fields})
    elif protocol == "postgres":
        with postgres(table) as database:
            columns = _columns(database, name)
            row = {column: item.get(column) for column in columns if column != "attributes"}
            row["attributes"] = json.dumps({one: value for one, value in item.items() if one not in columns})
            names, values = (", ".join(form.format(column) for column in row) for form in ('"{0}"', "%({0})s"))
            # `excluded` would be read, which who only writes may not.
            new = ", ".join(f'"{column}" = %({column})s' for column in row if column not in key)
            same = ", ".join(f'"{attribute}"' for attribute in key)
            insert = f'INSERT INTO "{name}" ({names}) VALUES ({values})'
            database.execute(f"{insert} ON CONFLICT ({same}) DO UPDATE SET {new}", row)
    else:
        raise unknown(protocol)


def find(table, index, attribute, value):
    """The items that have a text as the attribute, by the index of the blueprint for it."""
    protocol, name = setting(table, "PROTOCOL"), setting(table, "TABLE")
    if protocol == "dynamodb":
        names = {"IndexName": index, "KeyConditionExpression": "#a = :v", "ExpressionAttributeNames": {"#a": attribute}}
        asked, more = names | {"ExpressionAttributeValues": {":v": value}}, {}
        while more is not None:
            page = _dynamodb(table).query(**asked, **more)
            yield from page["Items"]
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else None
    elif protocol == "cosmos":
        query = {"query": f'SELECT * FROM c WHERE c["{attribute}"] = @v', "parameters": [{"name": "@v", "value": value}]}
        headers = {"x-ms-documentdb-isquery": "True", "x-ms-documentdb-query-enablecrosspartition": "True"}
        headers |= {"Content-Type": "application/query+json"}
        more = {}
        while more is not None:
            page = _cosmos(table, headers | more, query)
            yield from json.loads(page.body)["Documents"]
            said = page.headers.get("x-ms-continuation")
            more = {"x-ms-continuation": said} if said else None
    elif protocol == "firestore":
        wanted = {"field": {"fieldPath": attribute}, "op": "EQUAL", "value": _typed(attribute, value)}
        query = {"structuredQuery": {"from": [{"collectionId": name}], "where": {"fieldFilter": wanted}}}
        for one in json.loads(ask("POST", _documents(table) + ":runQuery", bearer(), query).body):
            if "document" in one:
                yield {field: _plain(typed) for field, typed in one["document"]["fields"].items()}
    elif protocol == "postgres":
        with postgres(table) as database:
            columns = [column for column in _columns(database, name) if column != "attributes"]
            names = ", ".join(f'"{column}"' for column in ["attributes", *columns])
            where = f'"{attribute}" = %s' if attribute in columns else f"attributes->>'{attribute}' = %s"
            for attributes, *row in database.execute(f'SELECT {names} FROM "{name}" WHERE {where}', [value]):
                yield attributes | dict(zip(columns, row))
    else:
        raise unknown(protocol)


def _dynamodb(table):
    import boto3

    return boto3.resource("dynamodb", endpoint_url=setting(table, "ENDPOINT")).Table(setting(table, "TABLE"))


def _cosmos(table, headers, body):
    endpoint, name = setting(table, "ENDPOINT"), setting(table, "TABLE")
    token = bearer("https://" + urllib.parse.urlsplit(endpoint).hostname)["Authorization"].removeprefix("Bearer ")
    headers = {
        "Authorization": urllib.parse.quote("type=aad&ver=1.0&sig=" + token, safe=""),
        "x-ms-date": email.utils.formatdate(usegmt=True),
        "x-ms-version": "2018-12-31",
    } | headers
    return ask("POST", f"{endpoint}/dbs/{name}/colls/{name}/docs", headers, body)


def _documents(table):
    return f"https://{setting(table, 'ENDPOINT')}/v1/projects/{project()}/databases/{setting(table, 'TABLE')}/documents"


def _typed(attribute, value):
    """A value as Firestore words it; it lets an item go by a time, not by a number."""
    if attribute == "expires":
        return {"timestampValue": datetime.datetime.fromtimestamp(value, datetime.timezone.utc).isoformat()}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"integerValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _plain(typed):
    ((kind, value),) = typed.items()
    return int(value) if kind == "integerValue" else value


def _columns(database, name):
    """What has a column of its own: keys, and what indexes and `expires` need. All else is in `attributes`."""
    found = database.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [name])
    return [column for (column,) in found]
