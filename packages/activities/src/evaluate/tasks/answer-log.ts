import { type FileHandle, open } from 'node:fs/promises';
import type { Reply } from './reply.ts';

/**
 * The answers of one model as JSON lines, one a case, written as they come: what a worker that is killed half way leaves
 * to the next. Of a case that stands there twice the first line counts; a line that was torn is none.
 */
export interface AnswerLog {
  /** Cases that are answered. */
  readonly size: number;
  has(id: string): boolean;
  /** Null for a case that is not there. */
  get(id: string): Promise<Reply | null>;
  /** Appends; a case that is there already stays as it is. */
  add(id: string, reply: Reply): Promise<void>;
  close(): Promise<void>;
}

interface Place {
  readonly file: FileHandle;
  readonly at: number;
  readonly length: number;
}

const CHUNK = 1 << 20;
const NEWLINE = 10;

/** Where a log's lines lie. */
export interface LogFiles {
  /** Files that attempts before this one left, oldest first; of each so many bytes count. */
  readonly found: readonly { readonly path: string; readonly bytes: number }[];
  /** File that this attempt writes, and nobody else; read too where it is there. */
  readonly own: string;
}

/** Opens a log. Only places of answers are held, never the answers. */
export async function openAnswerLog({ found, own }: LogFiles): Promise<AnswerLog> {
  const files: FileHandle[] = [];
  const closeAll = async () => {
    for (const file of files) await file.close();
  };
  const places = new Map<string, Place>();
  try {
    for (const { path, bytes } of [...found, { path: own, bytes: Infinity }]) {
      const file = await open(path, 'r').catch(missing);
      if (file === null) continue;
      files.push(file);
      await readPlaces(file, bytes, places);
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  const write = writerOf(own, files);
  let turn: Promise<void> = Promise.resolve();
  return {
    get size() {
      return places.size;
    },
    has: (id) => places.has(id),
    async get(id) {
      const place = places.get(id);
      if (place === undefined) return null;
      const { id: _, ...reply } = JSON.parse(await textAt(place)) as { id: string } & Reply;
      return reply as Reply;
    },
    add(id, reply) {
      // One after the other, so that places are known. After one that fails, all do: the disk is full, or gone.
      turn = turn.then(async () => {
        if (!places.has(id)) places.set(id, await write({ id, ...reply }));
      });
      return turn;
    },
    async close() {
      await turn.catch(() => {});
      await closeAll();
    },
  };
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

/** Appends lines to a file that is made with the first of them. */
function writerOf(path: string, files: FileHandle[]): (line: object) => Promise<Place> {
  let file: FileHandle | null = null;
  let end = 0;
  return async (line) => {
    if (file === null) {
      file = await open(path, 'a+', 0o600);
      files.push(file);
      end = (await file.stat()).size;
    }
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    await file.appendFile(bytes);
    const place = { file, at: end, length: bytes.length - 1 };
    end += bytes.length;
    return place;
  };
}

async function textAt({ file, at, length }: Place): Promise<string> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.toString('utf8', 0, done);
}

/** Finds every whole line among the bytes that count; what is behind the last newline was torn. */
async function readPlaces(file: FileHandle, most: number, places: Map<string, Place>): Promise<void> {
  let at = 0; // where the line begins that is being read
  let parts: Buffer[] = [];
  for (let read = 0; ; ) {
    const chunk = Buffer.alloc(Math.min(CHUNK, most - read));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, read);
    if (bytesRead === 0) return;
    read += bytesRead;
    for (let from = 0; from < bytesRead; ) {
      const stop = chunk.subarray(0, bytesRead).indexOf(NEWLINE, from);
      parts.push(chunk.subarray(from, stop < 0 ? bytesRead : stop));
      if (stop < 0) break;
      const line = Buffer.concat(parts);
      note(line.toString('utf8'), { file, at, length: line.length }, places);
      at += line.length + 1;
      parts = [];
      from = stop + 1;
    }
  }
}

function note(line: string, where: Place, places: Map<string, Place>): void {
  try {
    const { id, answer, error } = JSON.parse(line) as { id?: unknown; answer?: unknown; error?: unknown };
    const whole = typeof id === 'string' && (answer !== undefined || typeof error === 'string');
    if (whole && !places.has(id)) places.set(id, where);
  } catch {
    // A line torn by a kill: its case is asked again.
  }
}
