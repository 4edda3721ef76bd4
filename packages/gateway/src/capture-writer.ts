import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptureSettings } from '@sluice/sdk';
import { CaptureLane } from './capture-lane.ts';
import { applyRetention, type Retention } from './capture-segments.ts';
import type { CaptureReport } from './ipc.ts';

/** Plain data: it is handed to a thread. */
export interface CaptureWriterOptions {
  /** Holds one folder per endpoint. */
  dir: string;
  segmentBytes: number;
  segmentMs: number;
  /** Of endpoints that do not say otherwise. */
  retention: Retention;
  /** Old segments are looked for at the start, whenever one is closed, and so often, ms. @default 10000 */
  retentionEveryMs?: number;
}

/**
 * Appends captured requests to segment files. `record` neither blocks nor throws: what cannot be written is counted
 * as dropped. A segment only ever holds whole lines, save after a kill in the middle of a write.
 */
export class CaptureWriter {
  readonly #options: CaptureWriterOptions;
  readonly #lanes = new Map<string, CaptureLane>();
  readonly #timers: NodeJS.Timeout[];
  #settings = new Map<string, CaptureSettings>();

  constructor(options: CaptureWriterOptions) {
    this.#options = options;
    this.#timers = [
      setInterval(() => this.#tick(), 1000),
      setInterval(() => void this.#retainAll(), options.retentionEveryMs ?? 10_000),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** What each endpoint keeps; what is too old or too much by it goes at once. */
  configure(endpoints: readonly { name: string; capture: CaptureSettings }[]): void {
    this.#settings = new Map(endpoints.map(({ name, capture }) => [name, capture]));
    void this.#retainAll();
  }

  record(endpoint: string, entry: object): void {
    const lane = this.#lane(endpoint);
    if ('bodyLeftOut' in entry || 'unkept' in entry) lane.leftOut += 1;
    lane.add(`${JSON.stringify(entry)}\n`);
  }

  drop(endpoint: string): void {
    this.#lane(endpoint).dropped += 1;
  }

  /** Everything recorded before the call is on disk, or counted as dropped, after it. */
  async flush(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.flush()));
  }

  /** Counts since the last call, for endpoints where there is something to tell. */
  takeReports(): CaptureReport[] {
    const reports: CaptureReport[] = [];
    for (const [endpoint, lane] of this.#lanes) {
      const { written, dropped, leftOut } = lane;
      if (written + dropped + leftOut === 0) continue;
      reports.push({ endpoint, written, dropped, skipped: 0, leftOut });
      lane.written = lane.dropped = lane.leftOut = 0;
    }
    return reports;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.flush();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.closeSegment()));
  }

  #lane(endpoint: string): CaptureLane {
    let lane = this.#lanes.get(endpoint);
    if (!lane) {
      const { segmentBytes, segmentMs } = this.#options;
      const onClosed = () => this.#retain(endpoint);
      lane = new CaptureLane(join(this.#options.dir, endpoint), { segmentBytes, segmentMs, onClosed });
      this.#lanes.set(endpoint, lane);
    }
    return lane;
  }

  #tick(): void {
    for (const lane of this.#lanes.values()) lane.closeWhenOld();
  }

  /** Also of endpoints that have no traffic, or are gone. */
  async #retainAll(): Promise<void> {
    const endpoints = await readdir(this.#options.dir).catch(() => []);
    for (const endpoint of endpoints) await this.#retain(endpoint);
  }

  #retain(endpoint: string): Promise<void> {
    const { retention, dir } = this.#options;
    const { maxBytes = retention.bytes, keepMs = retention.ms } = this.#settings.get(endpoint) ?? {};
    return applyRetention(join(dir, endpoint), { bytes: maxBytes, ms: keepMs }, Date.now());
  }
}
