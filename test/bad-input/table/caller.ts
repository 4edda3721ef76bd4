import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sluice } from '../sluice.ts';
import type { Call } from './caller-process.ts';
import type { Said } from './row.ts';

const program = fileURLToPath(new URL('./caller-process.ts', import.meta.url));

/** Loading the command takes a second of a core; calling it, a few milliseconds. */
const PROCESSES = 2;

/** Calls the command in a few processes that stay, or in one of its own. */
export class Caller {
  readonly #idle: ChildProcess[] = [];
  readonly #all: ChildProcess[] = [];
  readonly #waiting: ((child: ChildProcess) => void)[] = [];

  /** In a process that has called it before; `env` is added to ours. */
  async call(call: Call): Promise<Said> {
    const child = await this.#free();
    try {
      return await new Promise<Said>((done, failed) => {
        const gone = (code: number | null) => failed(new Error(`The process ended by itself, with ${code}.`));
        child.once('exit', gone);
        child.once('message', (said) => {
          child.off('exit', gone);
          done(said as Said);
        });
        child.send(call);
      });
    } finally {
      const next = this.#waiting.shift();
      if (next !== undefined) next(child);
      else this.#idle.push(child);
    }
  }

  /** As a person does: a process of its own. */
  alone({ cwd, args, env }: Call): Promise<Said> {
    return sluice(cwd, args, env);
  }

  close(): void {
    for (const child of this.#all) child.kill('SIGKILL');
  }

  async #free(): Promise<ChildProcess> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#all.length < PROCESSES) return this.#start();
    return new Promise((done) => this.#waiting.push(done));
  }

  #start(): ChildProcess {
    const child = fork(program, [], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#all.push(child);
    return child;
  }
}
