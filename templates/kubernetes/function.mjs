// Calls a function: run.mjs events|requests FILE FUNCTION TIMEOUT AT_ONCE [ROUTE...]
//
// FUNCTION of FILE below /function is called with an event and a context. With `events` the event is a CloudEvent, and only what brings
// events to this pod reaches the port. With `requests` it is an HTTP request as API gateways of AWS word it (payload 2.0), and what the
// function returns is the answer. An exception is an answer 500, which whoever brought the event takes for a reason to try again.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';

const [mode, file, name, timeout, atOnce, ...routes] = process.argv.slice(2);
const seconds = Number(timeout);
const PORT = 8080;
const STATUS_PORT = 9090;
// The largest body, as everywhere for functions; and what is read and thrown away of a larger one, so that its sender hears the answer.
const MOST = 6 << 20;
const DROPPED = 32 << 20;

const path = ['.mjs', '.js', '.cjs'].map((end) => `/function/${file}${end}`).find(existsSync);
const loaded = await import(path ?? `/function/${file}.mjs`);
const within = (module) => name.split('.').reduce((found, part) => found?.[part], module);
const called = within(loaded) ?? within(loaded.default);
if (typeof called !== 'function') {
  throw new Error(`${file} has no function ${name}`);
}

const results = { ok: 0, failed: 0, late: 0 };
let running = 0;
const waiting = [];

async function call(event) {
  if (running >= Number(atOnce)) {
    await new Promise((next) => waiting.push(next));
  }
  running += 1;
  const deadline = Date.now() + seconds * 1000;
  const context = {
    functionName: (process.env.HOSTNAME ?? '').split('-').slice(0, -2).join('-'),
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${name} took longer than ${seconds} s`)), seconds * 1000);
  });
  try {
    const returned = await Promise.race([Promise.resolve().then(() => called(event, context)), late]);
    const answer = mode === 'requests' ? reply(returned) : [204, {}, ''];
    results[answer[0] >= 500 ? 'failed' : 'ok'] += 1;
    return answer;
  } catch (error) {
    console.error(error);
    const isLate = Date.now() >= deadline;
    results[isLate ? 'late' : 'failed'] += 1;
    return [isLate ? 504 : 500, {}, ''];
  } finally {
    clearTimeout(timer);
    running -= 1;
    waiting.shift()?.();
  }
}

function reply(returned) {
  if (returned?.statusCode === undefined) {
    return [200, { 'content-type': 'application/json' }, JSON.stringify(returned ?? null)];
  }
  const body = typeof returned.body === 'string' ? returned.body : JSON.stringify(returned.body ?? '');
  const cookies = returned.cookies?.length ? { 'set-cookie': returned.cookies } : {};
  const headers = { ...returned.headers, ...cookies };
  return [Number(returned.statusCode), headers, returned.isBase64Encoded ? Buffer.from(body, 'base64') : body];
}

// What is written with percent signs, as it is where it is written badly.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// The first route that a request is of, those that say more of the path first, and its parameters.
function route(method, path) {
  const asked = path.replace(/^\/+|\/+$/g, '').split('/');
  const vague = (key) => (key.endsWith('*') ? 100 : 0) + key.split('{').length * 2 + (key.startsWith('ANY ') ? 1 : 0);
  for (const key of [...routes].sort((one, other) => vague(one) - vague(other))) {
    const [wanted, pattern] = key.split(' ');
    const parts = pattern.replace(/^\/+|\/+$/g, '').split('/');
    const rest = parts.at(-1) === '*';
    const fits = rest ? asked.length >= parts.length : asked.length === parts.length;
    const fixed = rest ? parts.slice(0, -1) : parts;
    if (!['ANY', method].includes(wanted) || !fits || !fixed.every((part, at) => part === asked[at] || part.startsWith('{'))) {
      continue;
    }
    const named = fixed.map((part, at) => [part, asked[at]]).filter(([part]) => part.startsWith('{'));
    const found = Object.fromEntries(named.map(([part, own]) => [part.slice(1, -1), decoded(own)]));
    if (rest) {
      found.proxy = decoded(asked.slice(parts.length - 1).join('/'));
    }
    return [key, found];
  }
  return ['$default', {}];
}

function requestEvent(request, body) {
  const url = new URL(request.url, 'http://function');
  const [key, parameters] = route(request.method, url.pathname);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const query = {};
  for (const [name, value] of url.searchParams) {
    query[name] = name in query ? `${query[name]},${value}` : value;
  }
  const text = body.toString('utf8');
  const encoded = !Buffer.from(text, 'utf8').equals(body);
  const http = {
    method: request.method,
    path: url.pathname,
    protocol: `HTTP/${request.httpVersion}`,
    sourceIp: (headers['x-forwarded-for'] ?? request.socket.remoteAddress ?? '').split(',')[0].trim(),
    userAgent: headers['user-agent'] ?? '',
  };
  return {
    version: '2.0',
    routeKey: key,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    cookies: (headers.cookie ?? '').split(';').map((cookie) => cookie.trim()).filter(Boolean),
    headers,
    queryStringParameters: query,
    pathParameters: parameters,
    requestContext: { http, routeKey: key, requestId: headers['x-request-id'] ?? randomUUID() },
    body: encoded ? body.toString('base64') : text,
    isBase64Encoded: encoded,
  };
}

async function read(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > DROPPED) {
      return undefined;
    }
    if (size <= MOST) {
      parts.push(part);
    }
  }
  return size <= MOST ? Buffer.concat(parts) : undefined;
}

async function serve(request) {
  const body = await read(request);
  if (body === undefined) {
    results.failed += mode === 'events' ? 1 : 0;
    return [413, { connection: 'close' }, ''];
  }
  try {
    const event = mode === 'events' ? JSON.parse(body) : requestEvent(request, body);
    return await call(event);
  } catch (error) {
    console.error(error);
    return [400, {}, ''];
  }
}

const server = createServer((request, response) => {
  serve(request)
    .then(([status, headers, body]) => response.writeHead(status, headers).end(body))
    .catch((error) => {
      console.error(error);
      response.destroy();
    });
});
const status = createServer((_, response) => {
  const lines = Object.entries(results).map(([result, number]) => `function_calls_total{result="${result}"} ${number}\n`);
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
  response.end(`# TYPE function_calls_total counter\n${lines.join('')}`);
});
// Longer than proxies keep a connection that nobody uses.
server.keepAliveTimeout = 75000;
// The first process of a container hears no signal that it does not ask for.
process.on('SIGTERM', () => server.close(() => process.exit(0)));
// Who is told of its health may call it.
server.listen(PORT, mode === 'events' ? '127.0.0.1' : undefined, () => status.listen(STATUS_PORT));
