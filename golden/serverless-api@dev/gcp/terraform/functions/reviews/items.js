// Items of a table by their key: GET reads one, PUT writes one. `KEY` names the attributes of the key as they follow in the path,
// those that are numbers with `:number` behind.
"use strict";

const tables = require("./tables");

/** The method, path and body of a request, in whichever form it comes. */
function asked(event) {
  if (event.requestContext) {
    const body = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body;
    return { method: event.requestContext.http.method, path: event.rawPath, body };
  }
  return { method: event.method, path: event.path ?? new URL(event.url).pathname, body: event.body };
}

/** The attributes of the key in the path; nothing where they are not there. */
function keyOf(path) {
  const names = process.env.KEY.split(" ").map((text) => text.split(":"));
  const parts = path.split("/").filter(Boolean).slice(1).map(decodeURIComponent);
  const values = names.map(([name, type], at) => [name, type === "number" ? Number(parts[at]) : parts[at]]);
  const fits = parts.length === names.length && values.every(([, value]) => !Number.isNaN(value));
  return fits ? Object.fromEntries(values) : undefined;
}

/** An item as JSON says it; nothing where it is none. */
function itemOf(body) {
  try {
    const item = typeof body === "string" ? JSON.parse(body) : body;
    return item && typeof item === "object" && !Array.isArray(item) ? item : undefined;
  } catch {
    return undefined;
  }
}

async function answer({ method, path, body }) {
  const key = keyOf(path);
  if (!key || !["GET", "PUT"].includes(method)) {
    return [404, { error: "there is nothing here" }];
  }
  if (method === "GET") {
    const item = await tables.item(key);
    return item ? [200, item] : [404, { error: "there is no such item" }];
  }
  const item = itemOf(body);
  if (!item) {
    return [400, { error: "an item is a JSON object" }];
  }
  await tables.item(key, { ...item, ...key });
  return [200, { ...item, ...key }];
}

exports.handle = async (event, other) => {
  const [status, said] = await answer(asked(event));
  if (typeof other?.status === "function") {
    return other.status(status).json(said);
  }
  return { statusCode: status, headers: { "content-type": "application/json" }, body: JSON.stringify(said) };
};
