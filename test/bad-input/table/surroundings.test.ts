import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../packages/cli/src/doctor/findings.ts';
import { sluice } from '../sluice.ts';
import { folderOf } from './folder.ts';

const program = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));

it('sluice doctor names file, line and import of a pipeline that needs Node, and what to do', async () => {
  const root = await folderOf({
    what: '',
    ...{ args: [], exit: 1, code: '', says: [] },
    files: {
      'pipelines/h.ts': "import { x } from './i.ts';\nexport const h = x;\n",
      'pipelines/i.ts': 'export const x = 1;\n',
    },
  });
  try {
    const text = await readFile(join(root, 'pipelines/rents.ts'), 'utf8');
    await writeFile(join(root, 'pipelines/i.ts'), "\nimport os from 'node:os';\nexport const x = os.cpus();\n");
    await writeFile(
      join(root, 'pipelines/rents.ts'),
      `import { h } from './h.ts';\n${text}\nconsole.error(h.length);\n`,
    );
    const { events, exit } = await sluice(root, ['doctor', '--json']);
    expect(exit).toBe(1);
    expect(events.filter((one) => (one as unknown as Finding).what === 'pipelines')).toEqual([
      expect.objectContaining({
        level: 'problem',
        detail: expect.stringContaining('pipelines/i.ts:2 imports node:os: a pipeline cannot'),
        fix: expect.stringContaining('Take the import out of pipelines/i.ts'),
      }),
    ]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

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
