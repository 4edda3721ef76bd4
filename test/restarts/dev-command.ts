import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { processesIn } from '../harness/processes.ts';
import { waitFor } from '../harness/wait-for.ts';

const readySchema = z.object({
  type: z.literal('ready'),
  temporal: z.object({ address: z.string(), namespace: z.string(), uiUrl: z.string().nullable() }),
  mlflow: z.object({ url: z.string() }),
  gateway: z.object({ url: z.string(), adminUrl: z.string(), tokenFile: z.string() }),
});

/** `sluice dev` in a process of its own, as a user starts it. */
export interface DevCommand {
  readonly pid: number;
  readonly temporal: z.infer<typeof readySchema>['temporal'];
  readonly mlflow: z.infer<typeof readySchema>['mlflow'];
  readonly gateway: z.infer<typeof readySchema>['gateway'];
  /** Kills this process alone, and waits until nothing of the stack is left. */
  killCommand(): Promise<void>;
  /** Kills every process of the stack at once, as a power cut does. */
  killAll(): Promise<void>;
  /** Ctrl-C. @returns its exit code */
  interrupt(): Promise<number | null>;
}

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** Starts `sluice dev` in a project's folder and waits until it is ready. */
export async function sluiceDev(root: string): Promise<DevCommand> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'dev', '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const gone = () => waitFor('the end of every process', async () => processesIn(root).length === 0);
  const ready = await untilReady(child);
  const pid = child.pid ?? 0;
  return {
    pid,
    temporal: ready.temporal,
    mlflow: ready.mlflow,
    gateway: ready.gateway,
    async killCommand() {
      child.kill('SIGKILL');
      await gone();
    },
    async killAll() {
      for (const line of processesIn(root)) kill(Number.parseInt(line, 10));
      await gone();
    },
    async interrupt() {
      child.kill('SIGINT');
      const code = await exited;
      await gone();
      return code;
    },
  };
}

async function untilReady(child: ChildProcess): Promise<z.infer<typeof readySchema>> {
  const said: string[] = [];
  if (child.stdout === null || child.stderr === null) throw new TypeError('its output is not piped');
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  const lines = createInterface({ input: child.stdout });
  return new Promise((done, failed) => {
    child.once('exit', (code) => failed(new Error(`sluice dev ended with ${code}: ${said.join('\n')}`)));
    lines.on('line', (line) => {
      said.push(line);
      const parsed = readySchema.safeParse(JSON.parse(line));
      if (parsed.success) done(parsed.data);
    });
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went with another.
  }
}
