import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

it('the demo deploys two versions through a killed trainer, has replay block the third, and fails no live request', {
  timeout: 600_000,
}, async () => {
  const { stdout } = await run(process.execPath, ['tools/demo.ts', '--yes'], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 32 * 1024 * 1024,
  });
  expect(stdout).toMatch(/^first version +deployed /m);
  expect(stdout).toMatch(/^second version +deployed +\d+ s +[12] preempted +approve by /m);
  expect(stdout).toMatch(/^planted regression +rejected +\d+ s +0 preempted +reject by /m);
  expect(stdout).toMatch(/preemptions 1\/50, (resumed at step \d+|started over)/);
  expect(stdout).toMatch(/^Traffic: +\d{3,} requests all the while, 0 failed/m);
});
