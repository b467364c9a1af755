// Calls the function with what Azure's trigger brings.
"use strict";

// Seconds that a call may take: it fails then like any other. Azure itself would stop the whole process.
const SECONDS = 60;

// An import that fails is a call that fails.
async function work(event, context) {
  const module = await import("../items.js");
  const handle = "handle".split(".").reduce((value, name) => value[name], { ...module.default, ...module });
  return handle(event, context);
}

async function call(event, context, seconds = SECONDS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the call took longer than ${SECONDS} seconds`)), seconds * 1000);
  });
  try {
    return await Promise.race([work(event, context), late]);
  } finally {
    clearTimeout(timer);
  }
}

// An answer may be a response of Azure's, or an object of `statusCode`, `headers` and `body`.
module.exports = async function (context, event) {
  const answer = await call(event, context);
  context.res = answer && answer.statusCode ? { ...answer, status: answer.statusCode } : answer;
};
