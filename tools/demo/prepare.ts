import { spawn } from 'node:child_process';
import { access, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePythonEnv } from '../../packages/cli/src/python-env.ts';

/** Installs the example's Python and writes its flights, each once. */
export async function prepareExample(example: string, log: (line: string) => void): Promise<void> {
  const { python } = await ensurePythonEnv({
    name: 'flight-delays',
    requirements: join(example, 'requirements.txt'),
    log,
  });
  const there = await access(join(example, 'data/flights.csv')).then(
    () => true,
    () => false,
  );
  if (there) return;
  log('writing data/flights.csv (once)');
  await new Promise<void>((done, failed) => {
    const child = spawn(python, ['data/fetch.py'], { cwd: example, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', failed);
    child.on('exit', (code) =>
      code === 0 ? done() : failed(new Error(`data/fetch.py ended with exit code ${code}.`)),
    );
  });
}

/** A demo begins on an empty endpoint: what an earlier one left is removed, its workflow bundle aside. */
export async function forgetEarlierDemo(example: string): Promise<void> {
  const state = join(example, '.sluice');
  for (const entry of await readdir(state).catch(() => [])) {
    if (entry !== 'workflows') await rm(join(state, entry), { recursive: true, force: true });
  }
}
