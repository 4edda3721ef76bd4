import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Hands on the lines of a file that grows, from its end at the first call; a file that is not there yet is waited for. */
export function followLog(path: string, onLine: (line: string) => void): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let at: number | null = null;
  let rest = '';
  const read = async () => {
    const file = await open(path).catch(() => null);
    if (file === null) {
      at = 0;
      return;
    }
    try {
      const { size } = await file.stat();
      at ??= size;
      if (size < at) at = 0;
      while (at < size) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(65_536, size - at)), 0, null, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      }
    } finally {
      await file.close();
    }
  };
  const loop = async () => {
    while (!stopping.signal.aborted) {
      await read();
      await delay(200, undefined, { signal: stopping.signal }).catch(() => {});
    }
    await read();
    if (rest !== '') onLine(rest);
  };
  const running = loop();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
