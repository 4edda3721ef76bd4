import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sluice } from '../sluice.ts';

const program = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));

describe('the command', () => {
  it('works where its cache cannot be', async () => {
    for (const cache of ['/proc/nowhere', '/dev/null']) {
      const called = await sluice('/', ['--version'], { SLUICE_CACHE_DIR: cache });
      expect(called).toMatchObject({ exit: 0, err: '' });
    }
  });

  it('ends without a word when its reader has gone', async () => {
    const child = spawn(process.execPath, [program, 'init', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    const exit = await new Promise((done) => child.once('close', done));
    expect(err).toBe('');
    expect([0, 130]).toContain(exit);
  });
});
