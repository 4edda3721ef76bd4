import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { applyRetention, type Retention, segmentName } from './capture-segments.ts';
import type { CaptureReport } from './ipc.ts';

export interface CaptureWriterOptions {
  /** Holds one folder per endpoint. */
  dir: string;
  segmentBytes: number;
  segmentMs: number;
  retention: Retention;
}

/** Lines waiting for the disk, per endpoint; more are dropped. */
const MAX_QUEUED_BYTES = 32 * 1024 * 1024;
const FLUSH_AFTER_MS = 50;
const FLUSH_AT_BYTES = 256 * 1024;
/** After a failed write nothing is tried for this long, so that a full disk costs no time. */
const RETRY_AFTER_MS = 1000;

/**
 * Appends captured requests to segment files. `record` neither blocks nor throws: what cannot be written is counted
 * as dropped. A segment only ever holds whole lines, save after a kill in the middle of a write.
 */
export class CaptureWriter {
  readonly #options: CaptureWriterOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: CaptureWriterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), 1000);
    this.#timer.unref();
  }

  record(endpoint: string, entry: object): void {
    this.#lane(endpoint).add(`${JSON.stringify(entry)}\n`);
  }

  skip(endpoint: string): void {
    this.#lane(endpoint).skipped += 1;
  }

  /** Everything recorded before the call is on disk, or counted as dropped, after it. */
  async flush(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.flush()));
  }

  /** Counts since the last call, for endpoints where there is something to tell. */
  takeReports(): CaptureReport[] {
    const reports: CaptureReport[] = [];
    for (const [endpoint, lane] of this.#lanes) {
      const { written, dropped, skipped } = lane;
      if (written + dropped + skipped === 0) continue;
      reports.push({ endpoint, written, dropped, skipped });
      lane.written = lane.dropped = lane.skipped = 0;
    }
    return reports;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.closeSegment()));
  }

  #lane(endpoint: string): Lane {
    let lane = this.#lanes.get(endpoint);
    if (!lane) {
      lane = new Lane(join(this.#options.dir, endpoint), this.#options);
      this.#lanes.set(endpoint, lane);
    }
    return lane;
  }

  #tick(): void {
    for (const lane of this.#lanes.values()) lane.closeWhenOld();
  }
}

interface Segment {
  file: FileHandle;
  bytes: number;
  openedAt: number;
}

/** One endpoint's queue and open segment. */
class Lane {
  written = 0;
  dropped = 0;
  skipped = 0;
  readonly #dir: string;
  readonly #options: CaptureWriterOptions;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #segment: Segment | null = null;
  #serial = 0;
  #retryAt = 0;

  constructor(dir: string, options: CaptureWriterOptions) {
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
    await applyRetention(this.#dir, this.#options.retention, Date.now());
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
    await mkdir(this.#dir, { recursive: true });
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
