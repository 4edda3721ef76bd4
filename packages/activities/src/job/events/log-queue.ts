import { appendFile } from 'node:fs/promises';

/** Bytes that may wait for the disk. What comes on top is counted and left out: nothing may wait for a log. */
const MOST_WAITING = 1024 * 1024;
/** Longest line, in characters. */
const LONGEST = 64 * 1024;

/** Lines that are added to a log, in batches, beside everything else. */
export interface LogQueue {
  /** Takes a line; never throws and never waits. */
  add(level: string, text: string): void;
  /** Once all that was taken is written, or could not be. */
  done(): Promise<void>;
}

/** @param append writes to the end of the log */
export function logQueue(path: string, append: (path: string, text: string) => Promise<void> = appendFile): LogQueue {
  let waiting: string[] = [];
  let bytes = 0;
  let leftOut = 0;
  let writing: Promise<void> | null = null;

  const write = async (): Promise<void> => {
    while (waiting.length > 0 || leftOut > 0) {
      const missing =
        leftOut === 0 ? '' : `[warning] ${leftOut} lines are missing here: they came faster than the disk takes them\n`;
      const text = waiting.join('') + missing;
      waiting = [];
      bytes = 0;
      leftOut = 0;
      await append(path, text).catch(() => {}); // a full disk must not end what writes a log
    }
  };

  const start = (): void => {
    writing ??= write().finally(() => {
      writing = null;
      // What came between the last look and this end.
      if (waiting.length > 0 || leftOut > 0) start();
    });
  };

  return {
    add(level, text) {
      const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
      const line = `[${level}] ${cut}\n`;
      if (bytes + line.length > MOST_WAITING) leftOut += 1;
      else {
        waiting.push(line);
        bytes += line.length;
      }
      start();
    },
    async done() {
      while (writing !== null) await writing;
    },
  };
}
