import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentName } from './capture-segments.ts';

export interface LaneOptions {
  segmentBytes: number;
  segmentMs: number;
  /** Called when a segment was closed. */
  onClosed: () => Promise<void>;
}

/** Lines waiting for the disk; more are dropped. */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const FLUSH_AFTER_MS = 30;
const FLUSH_AT_BYTES = 256 * 1024;
/** After a failed write nothing is tried for this long, so that a full disk costs no time. */
const RETRY_AFTER_MS = 1000;

interface Segment {
  file: FileHandle;
  bytes: number;
  openedAt: number;
}

/** One endpoint's queue and open segment. */
export class CaptureLane {
  written = 0;
  dropped = 0;
  leftOut = 0;
  readonly #dir: string;
  readonly #options: LaneOptions;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #segment: Segment | null = null;
  #serial = 0;
  #retryAt = 0;

  constructor(dir: string, options: LaneOptions) {
    this.#dir = dir;
    this.#options = options;
  }

  add(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#queuedBytes + bytes.length > MAX_QUEUED_BYTES || Date.now() < this.#retryAt) {
      this.dropped += 1;
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes >= FLUSH_AT_BYTES) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS);
  }

  /** Never rejects: writes follow each other, and a failed one drops its lines. */
  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#writeQueue());
    return this.#writing;
  }

  closeWhenOld(): void {
    const segment = this.#segment;
    if (!segment || Date.now() - segment.openedAt < this.#options.segmentMs) return;
    this.#writing = this.#writing.then(() => (this.#segment === segment ? this.closeSegment() : undefined));
  }

  async closeSegment(): Promise<void> {
    const segment = this.#segment;
    this.#segment = null;
    await segment?.file.close().catch(() => undefined);
    await this.#options.onClosed();
  }

  async #writeQueue(): Promise<void> {
    let lines = this.#queue;
    this.#queue = [];
    while (lines.length > 0) {
      try {
        const segment = await this.#openSegment(lines[0]?.length ?? 0);
        const batch = fitting(lines, this.#options.segmentBytes - segment.bytes);
        await this.#append(segment, batch);
        this.written += batch.length;
        lines = lines.slice(batch.length);
      } catch {
        // Whatever the reason (full, read-only, replaced by a file), serving goes on without these lines.
        this.dropped += lines.length;
        this.#retryAt = Date.now() + RETRY_AFTER_MS;
        lines = [];
        await this.closeSegment();
      }
    }
    this.#queuedBytes = this.#queue.reduce((sum, line) => sum + line.length, 0);
  }

  async #append(segment: Segment, batch: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat(batch);
    try {
      await segment.file.appendFile(bytes);
    } catch (error) {
      // A short write left half a line: cut it off again.
      await segment.file.truncate(segment.bytes).catch(() => undefined);
      throw error;
    }
    segment.bytes += bytes.length;
  }

  async #openSegment(nextBytes: number): Promise<Segment> {
    const old = this.#segment;
    const full = old !== null && old.bytes > 0 && old.bytes + nextBytes > this.#options.segmentBytes;
    const aged = old !== null && Date.now() - old.openedAt >= this.#options.segmentMs;
    // A file that somebody deleted goes on taking writes that nobody will read.
    const deleted = old !== null && (await old.file.stat()).nlink === 0;
    if (old && !full && !aged && !deleted) return old;
    if (old) await this.closeSegment();
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    for (;;) {
      const openedAt = Date.now();
      this.#serial += 1;
      try {
        const file = await open(join(this.#dir, segmentName(openedAt, this.#serial)), 'ax', 0o600);
        this.#segment = { file, bytes: 0, openedAt };
        return this.#segment;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }
}

/** As many lines as go into `room`, and at least one. */
function fitting(lines: readonly Buffer[], room: number): Buffer[] {
  let bytes = 0;
  const cut = lines.findIndex((line, i) => {
    bytes += line.length;
    return i > 0 && bytes > room;
  });
  return cut === -1 ? [...lines] : lines.slice(0, cut);
}
