// The one table that the function is linked to, in whichever cloud the settings lead to.
"use strict";

const fs = require("node:fs");

const METADATA = "http://metadata.google.internal/computeMetadata/v1/";

/** What the settings say of the table. */
function table() {
  const names = Object.keys(process.env).filter((name) => name.endsWith("_TABLE"));
  if (names.length !== 1) {
    throw new Error(`one table is needed, not ${names.length}: ${names}`);
  }
  const of = (what) => process.env[names[0].replace(/TABLE$/, what)];
  return { name: of("TABLE"), protocol: of("PROTOCOL"), endpoint: of("ENDPOINT"), of };
}

/** The JSON of an answer; nothing for what is not there. Any other that is no success is an error. */
async function ask(url, headers, method = "GET", body = undefined) {
  const options = { method, headers: { ...headers, "content-type": "application/json" }, body: body && JSON.stringify(body) };
  const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(20_000) });
  if (answer.status === 404 && method === "GET") {
    return undefined;
  }
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`${new URL(url).host} answers ${answer.status}: ${text}`);
  }
  return answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
}

async function dynamodb({ name, endpoint }, key, item) {
  const { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
  const { DynamoDBDocumentClient, GetCommand, PutCommand } = require("@aws-sdk/lib-dynamodb");
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint }));
  const command = item ? new PutCommand({ TableName: name, Item: item }) : new GetCommand({ TableName: name, Key: key });
  return (await client.send(command)).Item;
}

async function cosmos({ name, endpoint }, key, item) {
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER, AZURE_CLIENT_ID } = process.env;
  const resource = `https://${new URL(endpoint).hostname}`;
  const wanted = new URLSearchParams({ "api-version": "2019-08-01", resource, client_id: AZURE_CLIENT_ID });
  const token = await ask(`${IDENTITY_ENDPOINT}?${wanted}`, { "x-identity-header": IDENTITY_HEADER });
  const values = Object.values(key);
  const id = String(values.at(-1));
  const items = `${endpoint}/dbs/${name}/colls/${name}/docs`;
  const headers = {
    authorization: encodeURIComponent(`type=aad&ver=1.0&sig=${token.access_token}`),
    "x-ms-date": new Date().toUTCString(),
    "x-ms-version": "2018-12-31",
    "x-ms-documentdb-partitionkey": JSON.stringify([values[0]]),
  };
  return item
    ? ask(items, { ...headers, "x-ms-documentdb-is-upsert": "True" }, "POST", { ...item, id })
    : ask(`${items}/${encodeURIComponent(id)}`, headers);
}

async function firestore({ name, endpoint }, key, item) {
  const google = { "metadata-flavor": "Google" };
  const project = await ask(`${METADATA}project/project-id`, google);
  const token = await ask(`${METADATA}instance/service-accounts/default/token`, google);
  const id = encodeURIComponent(Object.values(key).join("|"));
  const url = `https://${endpoint}/v1/projects/${project}/databases/${name}/documents/${name}/${id}`;
  const headers = { authorization: `Bearer ${token.access_token}` };
  const found = await (item ? ask(url, headers, "PATCH", typed(item).mapValue) : ask(url, headers));
  return found && plain({ mapValue: found });
}

/** A value as Firestore words it. */
function typed(value) {
  if (value === null || typeof value === "boolean") {
    return value === null ? { nullValue: null } : { booleanValue: value };
  }
  if (Array.isArray(value)) {
    return { arrayValue: { values: value.map(typed) } };
  }
  if (typeof value === "object") {
    return { mapValue: { fields: Object.fromEntries(Object.entries(value).map(([name, one]) => [name, typed(one)])) } };
  }
  if (typeof value === "number") {
    return Number.isInteger(value) ? { integerValue: String(value) } : { doubleValue: value };
  }
  return { stringValue: value };
}

function plain(value) {
  const [[kind, said]] = Object.entries(value);
  if (kind === "mapValue") {
    return Object.fromEntries(Object.entries(said.fields ?? {}).map(([name, one]) => [name, plain(one)]));
  }
  return kind === "arrayValue" ? (said.values ?? []).map(plain) : kind === "integerValue" ? Number(said) : said;
}

async function postgres({ name, endpoint, of }, key, item) {
  const pg = require("pg");
  // Numbers without and with a fraction, which it would give as text.
  [20, 1700].forEach((type) => pg.types.setTypeParser(type, Number));
  const { hostname, port, pathname } = new URL(endpoint);
  const login = { host: hostname, port: Number(port), database: pathname.slice(1), user: of("USER"), password: of("PASSWORD") };
  const client = new pg.Client({ ...login, ssl: { ca: fs.readFileSync(of("CA"), "utf8") } });
  await client.connect();
  try {
    const quoted = (names) => names.map((text) => `"${text}"`).join(", ");
    if (!item) {
      const where = Object.keys(key).map((text, at) => `"${text}" = $${at + 1}`).join(" AND ");
      const { rows } = await client.query(`SELECT * FROM "${name}" WHERE ${where}`, Object.values(key));
      const { attributes, ...columns } = rows[0] ?? {};
      return rows[0] && { ...attributes, ...columns };
    }
    // Keys, and what indexes and the time to go need, have columns of their own.
    const asked = "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND column_name <> 'attributes'";
    const own = (await client.query(asked, [name])).rows.map((row) => row.column_name);
    const rest = Object.fromEntries(Object.entries(item).filter(([text]) => !own.includes(text)));
    const names = [...own, "attributes"];
    // `excluded` would be read, which who only writes may not.
    const changed = names.map((text, at) => `"${text}" = $${at + 1}`).filter((_, at) => !(names[at] in key));
    await client.query(
      `INSERT INTO "${name}" (${quoted(names)}) VALUES (${names.map((_, at) => `$${at + 1}`).join(", ")})
       ON CONFLICT (${quoted(Object.keys(key))}) DO UPDATE SET ${changed.join(", ")}`,
      [...own.map((text) => item[text] ?? null), JSON.stringify(rest)],
    );
    return item;
  } finally {
    await client.end();
  }
}

const CLIENTS = { dynamodb, cosmos, firestore, postgres };

/** Reads the item of a key, whose attributes are in their order; with an item, writes that one in its place. */
exports.item = async (key, item) => {
  const at = table();
  const client = CLIENTS[at.protocol];
  if (!client) {
    throw new Error(`${at.protocol}: this code does not speak it, use an image with a client`);
  }
  return client(at, key, item);
};
