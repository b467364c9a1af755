// Calls the function with what Azure's trigger brings.
"use strict";

const loaded = import("../items.js").then((module) =>
  "handle".split(".").reduce((value, name) => value[name], { ...module.default, ...module }),
);

// An answer may be a response of Azure's, or an object of `statusCode`, `headers` and `body`.
module.exports = async function (context, event) {
  const answer = await (await loaded)(event, context);
  context.res = answer && answer.statusCode ? { ...answer, status: answer.statusCode } : answer;
};
