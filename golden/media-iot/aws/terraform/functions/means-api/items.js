// Items by their id: answers what it was asked, in the form that each cloud wants.
"use strict";

/** The method, path and body of a request, in whichever form it comes. */
function asked(event, request) {
  if (event.requestContext) {
    return { method: event.requestContext.http.method, path: event.rawPath, body: event.body };
  }
  const from = request ?? event;
  return { method: from.method, path: from.path ?? new URL(from.url, "http://localhost").pathname, body: from.body };
}

function answer(method, path, body) {
  const id = path.split("/").filter(Boolean)[1];
  if (method === "GET" && id) {
    return { status: 200, body: { id, table: process.env.PRODUCTS_TABLE ?? process.env.PICTURES_TABLE } };
  }
  if (method === "PUT" && id) {
    return { status: 202, body: { id, bytes: JSON.stringify(body ?? "").length } };
  }
  return { status: 404, body: { error: "there is nothing here" } };
}

exports.handle = async (event, other) => {
  const { method, path, body } = asked(event, event.req);
  const { status, body: said } = answer(method, path, body);
  if (event.requestContext) {
    return { statusCode: status, headers: { "content-type": "application/json" }, body: JSON.stringify(said) };
  }
  if (other && typeof other.status === "function") {
    return other.status(status).json(said);
  }
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(said) };
};
