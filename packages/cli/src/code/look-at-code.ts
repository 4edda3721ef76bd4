import { fork } from 'node:child_process';
import { programPath } from '../dev/node-child.ts';

/** What is wrong with the code as it is saved. */
export interface CodeProblem {
  readonly code: string;
  readonly message: string;
  readonly where: string | null;
  readonly fix: string | null;
}

/** What came of looking at the project's code. */
export type CodeLook = {
  /** Digest of every file that was looked at, by absolute path. */
  readonly sources: Readonly<Record<string, string>>;
} & (
  | {
      readonly ok: true;
      /** The bundle. */
      readonly path: string;
      /** Pipeline files that are not in it, each with why. */
      readonly unfit: readonly CodeProblem[];
      /** Digest of each setting of the config, by its name. */
      readonly settings: Readonly<Record<string, string>>;
    }
  | { readonly ok: false; readonly problem: CodeProblem }
);

/** Code that never comes to its end when it is loaded is given up, ms. */
const PATIENCE_MS = 120_000;

/**
 * Loads the config and the pipelines as they are now, in a process of its own since modules are loaded once, and
 * bundles them.
 */
export function lookAtCode(configPath: string, signal: AbortSignal): Promise<CodeLook> {
  return new Promise((done, failed) => {
    const child = fork(programPath('code/look-process'), [configPath], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      signal,
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    child.once('message', (look) => done(look as CodeLook));
    child.once('error', failed);
    child.once('exit', (code, end) =>
      failed(new Error(`Looking at the code ended with ${end ?? `exit code ${code}`}.`)),
    );
  });
}
