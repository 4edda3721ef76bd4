import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** What one call of the command left behind. */
export interface Called {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
  /** Objects that `--json` printed, one a line. */
  readonly events: readonly Told[];
}

export interface Told {
  readonly type: string;
  readonly code?: string;
  readonly message?: string;
  readonly where?: string | null;
  readonly fix?: string | null;
  readonly data?: unknown;
  readonly run?: string;
  readonly failure?: { readonly code: string; readonly message: string; readonly tail?: readonly string[] } | null;
}

/** Calls `sluice` in a project as a person would, in a process of its own. */
export function sluice(root: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Called> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (exit) => done({ exit, out, err, events: args.includes('--json') ? eventsOf(out) : [] }));
  });
}

function eventsOf(out: string): Told[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);
}
