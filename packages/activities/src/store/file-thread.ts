/** A thread that copies and hashes files for `file-threads.ts`; errors cross as plain data, with their code. */
import { parentPort } from 'node:worker_threads';
import { errorCode } from '@sluice/sdk';
import { copyAndDigest, digestOnly } from './file-bytes.ts';
import type { FileAnswer, FileTask } from './file-threads.ts';

async function answer({ id, work }: FileTask): Promise<FileAnswer> {
  try {
    const digested =
      work.kind === 'copy'
        ? await copyAndDigest(work.from, work.to, work.mode, work.durable)
        : digestOnly(work.path, work.blockBytes);
    return { id, digested };
  } catch (error) {
    const { message, path, syscall } = error as NodeJS.ErrnoException;
    return { id, error: { message, code: errorCode(error), path, syscall } };
  }
}

parentPort?.on('message', (task: FileTask) => {
  void answer(task).then((reply) => parentPort?.postMessage(reply));
});
