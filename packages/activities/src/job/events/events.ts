import { type FSWatcher, fstatSync, statSync, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { malformed, parseEvent, type TrainerEvent } from './event.ts';
import { lineSplitter } from './lines.ts';
import { isObject, longLine, notAnEvent } from './long-line.ts';

/** Longest line of an events file that counts as it is, bytes. */
export const LINE_LIMIT = 1024 * 1024;
const POLL_MS = 100;
const CHUNK = 64 * 1024;

export interface EventTail {
  /** Reads what the trainer left; call it once the trainer is gone. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Follows an events file while a trainer appends to it. After the first line that is no event `onError` is called
 * once, and nothing more is read.
 */
export async function tailEvents(
  path: string,
  onEvent: (event: TrainerEvent) => void,
  onError: (error: unknown) => void,
): Promise<EventTail> {
  const file = await open(path, 'a+');
  const reader = eventReader(file, onEvent);
  let failed = false;
  let again = false;
  let running: Promise<void> | null = null;

  const pump = (): Promise<void> => {
    again = true;
    running ??= readWhileAsked().finally(() => {
      running = null;
    });
    return running;
  };
  const readWhileAsked = async (): Promise<void> => {
    while (again && !failed) {
      again = false;
      await reader.read().catch(fail);
    }
  };
  const fail = (error: unknown): void => {
    failed = true;
    onError(error);
  };

  const timer = setInterval(() => void pump(), POLL_MS);
  const watcher = watchOrNot(path, () => void pump());
  return {
    drain: async () => {
      await pump();
      if (failed) return;
      try {
        reader.end(path);
      } catch (error) {
        fail(error);
      }
    },
    close: async () => {
      clearInterval(timer);
      watcher?.close();
      failed = true;
      await running;
      await file.close();
    },
  };
}

function eventReader(file: FileHandle, onEvent: (event: TrainerEvent) => void) {
  const lines = lineSplitter(LINE_LIMIT);
  const chunk = Buffer.allocUnsafe(CHUNK);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let offset = 0;
  let number = 0;

  const take = (line: Buffer): void => {
    number += 1;
    let text: string;
    try {
      text = decoder.decode(line);
    } catch {
      throw malformed(number, line.toString('latin1'), 'is not UTF-8');
    }
    if (text.trim() === '') return;
    const event = parseEvent(text, number);
    if (event !== null) onEvent(event);
  };

  return {
    async read(): Promise<void> {
      const { size } = fstatSync(file.fd);
      if (size === offset) return;
      if (size < offset) {
        throw malformed(number, '', 'was lost, because the file has shrunk; open it for appending');
      }
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, CHUNK, offset);
        if (bytesRead === 0) return;
        offset += bytesRead;
        for (const line of lines.push(chunk.subarray(0, bytesRead))) {
          if (line.whole) take(line.bytes);
          else onEvent(longLine(line, ++number));
        }
        // What will never be an event is not waited for.
        const open = lines.rest();
        if (!open.whole && !isObject(open)) throw notAnEvent(open, number + 1);
      }
    },
    /** A last line without its newline counts if it is an event; else its writer was killed while writing it. */
    end(path: string): void {
      const named = statSync(path, { throwIfNoEntry: false });
      if (named?.ino !== fstatSync(file.fd).ino) {
        throw malformed(number, '', 'was the last to be seen: the file was replaced; append to it in place');
      }
      const rest = lines.rest();
      const event = rest.whole && rest.length > 0 ? eventOrNull(rest.bytes.toString('utf8'), number + 1) : null;
      if (event !== null) onEvent(event);
    },
  };
}

function eventOrNull(text: string, line: number): TrainerEvent | null {
  try {
    return parseEvent(text, line);
  } catch {
    return null;
  }
}

function watchOrNot(path: string, onChange: () => void): FSWatcher | null {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null; // no inotify left, or none on this file system: polling does
  }
}
