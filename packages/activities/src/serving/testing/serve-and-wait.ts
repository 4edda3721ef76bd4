/** Started by a test: serves a model, prints the processes' ids, and waits to be killed. */
import { setTimeout as wait } from 'node:timers/promises';
import { startModelServer } from '../model-server.ts';
import { fixture } from './fixture-context.ts';

const fix = await fixture();
const server = await startModelServer({ context: fix.context, endpoint: 'demo', model: await fix.model({}) });
process.stdout.write(`${JSON.stringify({ server: server.pid, root: fix.context.root })}\n`);
await wait(60_000);
