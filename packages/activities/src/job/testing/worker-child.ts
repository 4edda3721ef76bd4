/** A worker process that runs one attempt of a shell command, for tests that kill it. */
import { resolve } from 'node:path';
import { bench, shell, startAttempt } from './attempt.ts';

const [root = '', text = ''] = process.argv.slice(2);
const on = await bench({ stateDir: resolve(root) }, resolve(root));
await startAttempt(on, 1, { kind: 'step', spec: { run: shell(text) } }).outcome;
