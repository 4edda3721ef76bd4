import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type DevStack, startDevStack } from '../../packages/cli/src/dev/dev.ts';
import type { DevEvent } from '../../packages/cli/src/dev/dev-events.ts';
import { connectClient, plainTarget } from '../../packages/cli/src/run/temporal-target.ts';
import { copyProject, type RunHandle, runHandle } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';

const main = join(import.meta.dirname, '../../packages/cli/src/main.ts');

/** What a command printed, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project whose files are edited while `sluice dev` runs. */
export class Edited {
  readonly root: string;
  readonly events: DevEvent[] = [];
  #stack: DevStack | null = null;

  private constructor(root: string) {
    this.root = root;
  }

  /** A copy of the project for one test, without a stack. */
  static async copy(): Promise<Edited> {
    const edited = new Edited(await copyProject('reload'));
    onTestFinished(async () => {
      await edited.stop();
      await rm(edited.root, { recursive: true, force: true });
    }, 60_000);
    return edited;
  }

  get stack(): DevStack {
    if (this.#stack === null) throw new Error('no stack runs');
    return this.#stack;
  }

  async start(): Promise<void> {
    this.#stack = await startDevStack({ root: this.root, headless: true, onEvent: (event) => this.events.push(event) });
  }

  async stop(): Promise<void> {
    await this.#stack?.stop();
    this.#stack = null;
  }

  /** Saves the word that pipelines see. */
  word(word: string): Promise<void> {
    return this.save('words.ts', `export const word = '${word}';\n`);
  }

  save(file: string, text: string): Promise<void> {
    return writeFile(join(this.root, file), text);
  }

  /** Lets every step go that waits for this file. */
  go(file: string): Promise<void> {
    return this.save(file, '');
  }

  /** Starts a run as a person does. */
  async run(until: string): Promise<RunHandle> {
    const key = randomBytes(3).toString('hex');
    const { code, stderr } = await this.sluice(
      'run',
      'waits',
      '--param',
      `until=${join(this.root, until)}`,
      '--key',
      key,
    );
    if (code !== 0) throw new Error(stderr);
    return this.handle(`waits/${key}`);
  }

  async handle(workflowId: string): Promise<RunHandle> {
    const { address, namespace } = this.stack.temporal;
    const { client, close } = await connectClient(plainTarget(address, namespace, 'sluice dev', null));
    onTestFinished(close);
    return runHandle(client, this.root, workflowId);
  }

  sluice(...args: string[]): Promise<Ended> {
    return new Promise((done) => {
      execFile(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', main, ...args],
        { cwd: this.root, env: { ...process.env, NO_COLOR: '1' } },
        (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  }

  /** Waits until the stack has said something, and gives it. */
  said<Type extends DevEvent['type']>(
    type: Type,
    matches: (event: Extract<DevEvent, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<DevEvent, { type: Type }>> {
    const fits = (event: DevEvent): event is Extract<DevEvent, { type: Type }> =>
      event.type === type && matches(event as Extract<DevEvent, { type: Type }>);
    return waitFor(`the event ${type}`, async () => this.events.find(fits));
  }
}

/** Waits until the first step of a run has been handed out: its code has been read. */
export function begun(run: RunHandle): Promise<unknown> {
  return waitFor(`${run.workflowId} to begin`, async () => (await run.status()).steps.length > 0);
}
