import { fileURLToPath } from 'node:url';
import { StackFailedError } from '../errors.ts';
import { type Child, type ChildOptions, startChild, tailOf } from './child.ts';

/** What a Node program of ours says once it works. */
export interface Ready {
  readonly type: 'ready';
  readonly [key: string]: unknown;
}

/** Path of a program of this package: TypeScript in a checkout, JavaScript when installed. */
export function programPath(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../${name}.${extension}`, import.meta.url));
}

/**
 * Starts one of our own programs and waits until it says that it works.
 *
 * @throws SluiceError `StackFailed` with the end of its log.
 */
export async function startNode(
  part: string,
  program: string,
  args: readonly string[],
  options: Pick<ChildOptions, 'cwd' | 'log' | 'env'>,
): Promise<{ readonly child: Child; readonly ready: Ready }> {
  const child = await startChild({
    ...options,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', programPath(program), ...args],
    ipc: true,
  });
  try {
    return { child, ready: await child.message(isReady) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const lines = tailOf(child.log, 6).join('\n');
    throw new StackFailedError(
      part,
      `${message}\n${lines}`,
      child.log,
      'Mend what its log says and start again.',
      error,
    );
  }
}

function isReady(message: unknown): message is Ready {
  return typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'ready';
}
