import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

/** `sluice query` in a project of its own; `next` is the next object it prints but for those that say that it works. */
async function querying(config: string) {
  const root = await mkdtemp(join(tmpdir(), 'sluice-query-'));
  await writeFile(join(root, 'sluice.config.ts'), config);
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
  await writeFile(join(root, 'pipelines.ts'), '');
  const child = spawn(process.execPath, [program, 'query', '--json', '--address', '127.0.0.1:1'], { cwd: root });
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  });
  return {
    root,
    exit: async () => (await exit)[0] as number | null,
    ask: (question: object) => child.stdin.write(`${JSON.stringify(question)}\n`),
    end: () => child.stdin.end(),
    async next() {
      for (;;) {
        const said = JSON.parse(String((await lines.next()).value)) as Record<string, unknown>;
        if (!('working' in said)) return said;
      }
    },
  };
}

it('prints nothing but answers, whatever the config prints, and ends with its questions', {
  timeout: 240_000,
}, async () => {
  const query = await querying(
    `console.log('a remark of the config'); export default { project: 'notes', pipelines: ['pipelines.ts'] };`,
  );
  expect(await query.next()).toEqual({ protocol: 1, version: '0.1.0', beat: 5, project: 'notes', root: query.root });
  query.ask({ id: 7, ask: 'runs', with: { limit: 3 } });
  expect(await query.next()).toMatchObject({ id: 7, error: { code: 'Unreachable', where: '127.0.0.1:1' } });
  query.ask({ id: 8, ask: 'log', with: { run: 'a/b', step: 'c' } });
  expect(await query.next()).toMatchObject({ id: 8, error: { code: 'NotFound' } });
  query.ask({ id: 9, ask: 'runs', with: { limit: 'many' } });
  expect(await query.next()).toMatchObject({ id: 9, error: { code: 'Usage' } });
  query.end();
  expect(await query.exit()).toBe(0);
});

it('a config that cannot be read is said instead of the first line', { timeout: 240_000 }, async () => {
  const query = await querying('export default { project: 7 };');
  expect(await query.next()).toMatchObject({ type: 'error', code: 'InvalidConfig' });
  expect(await query.exit()).not.toBe(0);
});
