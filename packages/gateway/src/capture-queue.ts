import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CaptureSettings } from '@sluice/sdk';
import { CaptureBatch } from './capture-batch.ts';
import type { Answered } from './capture-entry.ts';
import type { FromCapture, ToCapture } from './capture-messages.ts';
import type { CaptureWriterOptions } from './capture-writer.ts';
import type { CaptureReport } from './ipc.ts';

/** `capture-thread.ts` beside the source, `.js` beside the build. */
const THREAD = new URL(`./capture-thread${extname(import.meta.url)}`, import.meta.url);

export interface CaptureQueueOptions extends CaptureWriterOptions {
  /** Holds one folder per endpoint, of answers of shadows. */
  shadowDir: string;
}

/** Bytes on their way to the thread that it has not encoded yet; more is dropped and counted. */
const MOST_QUEUED = 64 * 1024 * 1024;
const SEND_AFTER_MS = 10;
const RESTART_AFTER_MS = 1000;

/**
 * The proxy's end of capturing: collects answered requests and hands them to a thread that encodes, redacts and writes
 * them. Nothing here blocks or throws; what is too much is counted as dropped.
 */
export class CaptureQueue {
  readonly #options: CaptureQueueOptions;
  readonly #reports = new Map<string, CaptureReport>();
  readonly #calls = new Map<number, () => void>();
  #thread: Worker | null = null;
  #startAt = 0;
  #settings: { name: string; capture: CaptureSettings }[] = [];
  #batch = new CaptureBatch();
  #sent: CaptureBatch[] = [];
  #queued = 0;
  #timer: NodeJS.Timeout | null = null;
  #call = 0;

  constructor(options: CaptureQueueOptions) {
    this.#options = options;
    this.#start();
  }

  /** What each endpoint keeps, from here on. */
  configure(endpoints: readonly { name: string; capture: CaptureSettings }[]): void {
    this.#send(); // what was answered so far goes by what was asked for then
    this.#settings = endpoints.map(({ name, capture }) => ({ name, capture }));
    this.#tell({ type: 'settings', endpoints: this.#settings });
  }

  /** @param owned nobody else uses the memory of `answered.body` any more: it is handed over instead of copied */
  record(answered: Answered, owned: boolean): void {
    const bytes = CaptureBatch.bytesOf(answered);
    if (this.#queued + bytes > MOST_QUEUED || answered.body.some(isGone) || !this.#start()) {
      this.#report(answered).dropped += 1;
      return;
    }
    this.#batch.add(answered, owned);
    this.#queued += bytes;
    if (this.#batch.full) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), SEND_AFTER_MS);
  }

  skip(endpoint: string): void {
    this.#report({ endpoint }).skipped += 1;
  }

  /** Everything recorded before the call is on disk, or counted as dropped, after it. */
  flush(): Promise<void> {
    return this.#ask('flush');
  }

  /** Counts since the last call, for endpoints where there is something to tell. */
  takeReports(): CaptureReport[] {
    const reports = [...this.#reports.values()];
    this.#reports.clear();
    return reports;
  }

  async close(): Promise<void> {
    await this.#ask('close');
    const thread = this.#thread;
    this.#thread = null;
    await thread?.terminate();
  }

  #send(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#batch;
    if (batch.requests.length === 0) return;
    this.#batch = new CaptureBatch();
    const { packed, transfer } = batch.take();
    this.#tell({ type: 'answered', batch: packed }, transfer);
    this.#sent.push(batch);
  }

  async #ask(type: 'flush' | 'close'): Promise<void> {
    this.#send();
    if (!this.#thread) return;
    this.#call += 1;
    const call = this.#call;
    const done = new Promise<void>((resolve) => this.#calls.set(call, resolve));
    this.#tell({ type, call });
    await done;
  }

  /** False while there is no thread: one that died is not started again at once. */
  #start(): boolean {
    if (this.#thread) return true;
    if (Date.now() < this.#startAt) return false;
    const thread = new Worker(THREAD, { workerData: this.#options, name: 'captures' });
    this.#thread = thread;
    thread.unref();
    thread.on('message', (message: FromCapture) => this.#receive(message));
    thread.on('error', (error) => console.error('the thread that writes captures failed', error));
    thread.on('exit', () => this.#ended(thread));
    this.#tell({ type: 'settings', endpoints: this.#settings });
    return true;
  }

  #receive(message: FromCapture): void {
    for (const { written, dropped, skipped, leftOut, ...whose } of message.reports) {
      const report = this.#report(whose);
      report.written += written;
      report.dropped += dropped;
      report.skipped += skipped;
      report.leftOut += leftOut;
    }
    if (message.type === 'taken') this.#queued -= this.#sent.shift()?.bytes ?? 0;
    if (message.type !== 'done') return;
    this.#calls.get(message.call)?.();
    this.#calls.delete(message.call);
  }

  #ended(thread: Worker): void {
    if (this.#thread !== thread) return;
    this.#thread = null;
    this.#startAt = Date.now() + RESTART_AFTER_MS;
    for (const batch of [...this.#sent, this.#batch]) this.#lose(batch);
    this.#sent = [];
    this.#batch = new CaptureBatch();
    this.#queued = 0;
    for (const done of this.#calls.values()) done();
    this.#calls.clear();
  }

  #lose({ requests }: CaptureBatch): void {
    for (const whose of requests) this.#report(whose).dropped += 1;
  }

  #tell(message: ToCapture, transfer: ArrayBuffer[] = []): void {
    this.#thread?.postMessage(message, transfer);
  }

  #report({ endpoint, shadow }: Pick<CaptureReport, 'endpoint' | 'shadow'>): CaptureReport {
    const key = `${shadow ? 's' : 'v'}/${endpoint}`;
    let report = this.#reports.get(key);
    if (!report) {
      report = { endpoint, ...(shadow && { shadow }), written: 0, dropped: 0, skipped: 0, leftOut: 0 };
      this.#reports.set(key, report);
    }
    return report;
  }
}

/** Handed over before: no capture is worth an error in the proxy. */
function isGone({ buffer }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && buffer.detached;
}
