import { fileURLToPath } from 'node:url';
import { type Called, call } from '../harness/called.ts';

/** The command itself, for Node. */
export const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** What one call of the command left behind. */
export interface SluiceCalled extends Called {
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
export async function sluice(
  root: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<SluiceCalled> {
  const called = await call(process.execPath, [program, ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  return { ...called, events: args.includes('--json') ? eventsOf(called.out) : [] };
}

function eventsOf(out: string): Told[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);
}
