import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A model server that behaves as its model's `behaviour.json` says; see `behaviour.ts`. */
const told = JSON.parse(readFileSync(join(process.env.SLUICE_MODEL, 'behaviour.json'), 'utf8'));
const {
  name,
  startMs = 0,
  answerMs = 5,
  errors = 0,
  hangs = 0,
  slower = 1,
  tail = 1,
  misshapen,
  diesAt,
  stopMs = 0,
} = told;
const readyAt = startMs < 0 ? Number.POSITIVE_INFINITY : Date.now() + startMs;
let asked = 0;
process.on('SIGTERM', () => setTimeout(() => process.exit(0), stopMs));

/** True for a share of the requests, evenly spread. */
const due = (share, n) => Math.floor(share * n) > Math.floor(share * (n - 1));

async function predict(body) {
  if (told.on === 'live' && !body.includes('"live"')) return good(1, 1);
  asked += 1;
  if (asked >= diesAt) process.exit(1);
  if (due(hangs, asked)) return new Promise(() => {});
  if (due(errors, asked)) return { status: 500, body: { error: 'told to fail' } };
  const answer = await good(slower, tail);
  return misshapen ? { status: 200, body: { oops: [1], version: name } } : answer;
}

async function good(factor, longFactor) {
  const extra = -Math.log(1 - Math.random());
  // One of ten is longer than 2.3 times the mean.
  await delay(answerMs * (1 + extra / 2) * factor * (extra > 2.3 ? longFactor : 1));
  return { status: 200, body: { predictions: [1], version: name } };
}

createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', async () => {
    const ping = { status: Date.now() >= readyAt ? 200 : 503, body: {} };
    const answer = request.url === '/ping' ? ping : await predict(body);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
}).listen(Number(process.env.SLUICE_PORT), process.env.SLUICE_HOST);
