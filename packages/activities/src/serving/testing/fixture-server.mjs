/**
 * A model server for tests. `model.json` in the model's folder says how it behaves:
 * `add` (answer is x + add), `label` (constant answer), `rules` (what to do for a row's `key`: `status`, `crash`,
 * `hang`, `null`, `short`, `flaky`, `text`, `html`, `empty`, `nan`, `huge`: 50 MB), `delay` (ms before an answer), `log`
 * (a file that gets a line with time and keys of every request), `pingAfter` (answers `/ping` so often and then no more), `ping` (`never`, `exit`, milliseconds to wait), `extra` (added to answers), `noise` (a field that is another each time),
 * `asked` (file that the keys of answered rows are appended to), `rowsTo` (file that answered rows are appended to),
 * `ignoreTerm`, `child` (start a process that outlives its parent), `status` (for every request).
 */
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';

const folder = process.env.SLUICE_MODEL;
const model = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
const started = Date.now();
const seen = new Map();
let pings = 0;

console.log(`serving ${model.name ?? 'a model'}`);
if (model.ignoreTerm) process.on('SIGTERM', () => {});
if (model.child) {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  writeFileSync(model.child, String(child.pid));
}
if (model.ping === 'exit') {
  console.error('cannot load the weights');
  process.exit(3);
}

const server = http.createServer((request, response) => {
  if (request.url === '/ping') {
    pings += 1;
    const slow = Date.now() - started < (model.ping ?? 0) || pings > (model.pingAfter ?? Number.POSITIVE_INFINITY);
    const ready = model.ping !== 'never' && !slow;
    response.writeHead(ready ? 200 : 503).end();
    return;
  }
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () =>
    setTimeout(() => answer(request, response, Buffer.concat(parts).toString('utf8')), model.delay ?? 0),
  );
});
server.listen(Number(process.env.SLUICE_PORT), process.env.SLUICE_HOST);

function answer(request, response, body) {
  if (model.status) return response.writeHead(model.status).end('no');
  if (!request.url.startsWith('/invocations')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ route: request.url, method: request.method }));
  }
  const rows = JSON.parse(body).dataframe_records;
  const rules = rows.map((row) => model.rules?.[row.key]);
  if (model.log) appendFileSync(model.log, `${Date.now()} ${rows.map((row) => row.key)}\n`);
  if (rules.includes('crash')) process.exit(9);
  if (rules.includes('hang')) return;
  if (rules.includes('status')) return response.writeHead(500).end('row refused');
  if (rules.includes('bad-request')) return response.writeHead(400).end('row refused');
  if (rules.includes('html')) return response.writeHead(200).end('<html><body>Service busy</body></html>');
  if (rules.includes('empty')) return response.writeHead(200).end();
  if (rules.includes('nan')) return response.writeHead(200).end('{"predictions":[NaN]}');
  if (rules.includes('huge')) return response.writeHead(200).end(`{"predictions":["${'x'.repeat(50_000_000)}"]}`);
  if (rules.includes('flaky')) {
    const key = JSON.stringify(rows);
    seen.set(key, (seen.get(key) ?? 0) + 1);
    if (seen.get(key) % 2 === 1) return response.writeHead(503).end('try again');
  }
  const predictions = rows.map((row, i) => (rules[i] === 'null' ? null : rules[i] === 'text' ? 'n/a' : answerFor(row)));
  if (rules.includes('short')) predictions.pop();
  if (model.asked) appendFileSync(model.asked, rows.map((row) => `${row.key}\n`).join(''));
  if (model.rowsTo) appendFileSync(model.rowsTo, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const nonce = model.noise ? { nonce: Math.random() } : {};
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ predictions, ...model.extra, ...nonce }));
}

function answerFor(row) {
  return model.label ?? (typeof row.x === 'number' ? row.x : 0) + (model.add ?? 0);
}
