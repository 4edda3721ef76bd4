/** Program that calls the command again and again in one process: loading it takes longer than most mistakes. */
import module from 'node:module';
import { join } from 'node:path';
import { cacheDir } from '../../../packages/cli/src/cache-dir.ts';
import type { Said } from './row.ts';

module.enableCompileCache(join(cacheDir(), 'node'));
const { runCli } = await import('../../../packages/cli/src/commands/cli.ts');

export interface Call {
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

process.on('disconnect', () => process.exit());
process.on('message', (call) => {
  void called(call as Call).then((said) => process.send?.(said));
});

async function called({ cwd, args, env }: Call): Promise<Said> {
  const said = { out: '', err: '' };
  const { write: toOut } = process.stdout;
  const { write: toErr } = process.stderr;
  const before = { ...process.env };
  process.stdout.write = kept((text) => {
    said.out += text;
  });
  process.stderr.write = kept((text) => {
    said.err += text;
  });
  const home = process.cwd();
  process.chdir(cwd);
  Object.assign(process.env, env);
  try {
    const exit = await runCli(args);
    return { exit, ...said };
  } finally {
    process.chdir(home);
    process.stdout.write = toOut;
    process.stderr.write = toErr;
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

type Write = typeof process.stdout.write;

function kept(keep: (text: string) => void): Write {
  return ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    keep(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    const done = rest.find((one) => typeof one === 'function') as (() => void) | undefined;
    done?.();
    return true;
  }) as Write;
}
