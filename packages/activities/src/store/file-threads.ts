import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Digested } from './file-bytes.ts';

/** Work on a file that is too long for the thread that answers everything else. */
export type FileWork =
  | {
      readonly kind: 'copy';
      readonly from: string;
      readonly to: string;
      readonly mode: number;
      readonly durable: boolean;
    }
  | { readonly kind: 'digest'; readonly path: string; readonly blockBytes: number | null };

export interface FileTask {
  readonly id: number;
  readonly work: FileWork;
}

export type FileAnswer =
  | { readonly id: number; readonly digested: Digested }
  | {
      readonly id: number;
      readonly error: {
        readonly message: string;
        readonly code: string;
        readonly path: string | undefined;
        readonly syscall: string | undefined;
      };
    };

/** `file-thread.ts` beside the source, `.js` beside the build. */
const entry = new URL(`./file-thread${extname(import.meta.url)}`, import.meta.url);
/** More only get into each other's way on the disk; and each may wait for it in one of Node's four threads for files. */
const mostThreads = Math.min(3, Math.max(1, availableParallelism()));

interface Waiting {
  readonly work: FileWork;
  readonly resolve: (digested: Digested) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  readonly thread: Worker;
  current: Waiting | null;
}

const lanes: Lane[] = [];
const queue: Waiting[] = [];
let lastId = 0;

/** Does the work in one of a few threads that this process shares; they live on, and keep no process alive. */
export function onFileThread(work: FileWork): Promise<Digested> {
  return new Promise((resolve, reject) => {
    queue.push({ work, resolve, reject });
    serve();
  });
}

function serve(): void {
  while (queue.length > 0) {
    const free = lanes.find(({ current }) => current === null) ?? (lanes.length < mostThreads ? openLane() : null);
    if (free === null) return;
    const next = queue.shift() as Waiting;
    free.current = next;
    free.thread.ref(); // whoever awaits the answer may have nothing else that keeps the process alive
    lastId += 1;
    free.thread.postMessage({ id: lastId, work: next.work } satisfies FileTask);
  }
}

function openLane(): Lane {
  const lane: Lane = { thread: new Worker(entry, { name: 'files', execArgv: [] }), current: null };
  lanes.push(lane);
  lane.thread.on('message', (answer: FileAnswer) => {
    const done = finish(lane);
    if ('digested' in answer) done?.resolve(answer.digested);
    else done?.reject(Object.assign(new Error(answer.error.message), answer.error));
    serve();
  });
  const end = (error: unknown): void => {
    const at = lanes.indexOf(lane);
    if (at >= 0) lanes.splice(at, 1);
    finish(lane)?.reject(error);
    serve();
  };
  lane.thread.on('error', end);
  lane.thread.on('exit', (code) => end(new Error(`The thread that reads and hashes files ended with ${code}.`)));
  return lane;
}

function finish(lane: Lane): Waiting | null {
  const done = lane.current;
  lane.current = null;
  lane.thread.unref();
  return done;
}
