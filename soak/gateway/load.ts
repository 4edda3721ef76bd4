import { Agent, request } from 'node:http';

export interface LoadOptions {
  /** Where requests go, without a query. */
  readonly url: string;
  /** Longest slow answer, ms. */
  readonly slowest: number;
  readonly random: () => number;
}

/** Failures that are told; all are counted. */
const TOLD = 10;
/** Latencies kept, as a uniform sample. */
const SAMPLE = 10_000;
/** Requests under way at a time: fewer than the gateway lets one version have. */
const MOST_OPEN = 200;
/** Milliseconds after which a request without an answer has failed. */
const PATIENCE = 30_000;
const LARGE = 200_000;

/** Callers of every kind: most on connections that stay open, some on new ones, some slow, some large, half with a key. */
export class Load {
  sent = 0;
  done = 0;
  failed = 0;
  /** Not sent, because too much was under way: the rate was not reached. */
  heldBack = 0;
  readonly failures: string[] = [];
  readonly latencies: number[] = [];
  readonly #options: LoadOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });
  /** Serial numbers of requests without an answer yet, oldest first. */
  readonly #open = new Set<number>();

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** As many as come back, for `ms`. @returns requests a second */
  async throughput(ms: number): Promise<number> {
    const start = performance.now();
    const before = this.done;
    const caller = async () => {
      while (performance.now() - start < ms) await this.#plain();
    };
    await Promise.all(Array.from({ length: 32 }, caller));
    return ((this.done - before) * 1000) / (performance.now() - start);
  }

  /** `rps` requests a second whatever comes back, until `signal`, and then until all are answered. */
  async steady(rps: number, signal: AbortSignal): Promise<void> {
    let due = 0;
    let last = performance.now();
    while (!signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const now = performance.now();
      // What a pause of this process made late is not made up for in one burst.
      due = Math.min(due + ((now - last) * rps) / 1000, rps / 10 + 1);
      last = now;
      for (; due >= 1; due -= 1) {
        if (this.#open.size < MOST_OPEN) void this.#any();
        else this.heldBack += 1;
      }
    }
    while (this.#open.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    this.#agent.destroy();
  }

  /** Resolves when everything that has been sent so far is answered. */
  async answered(): Promise<void> {
    const last = this.sent;
    for (;;) {
      const [oldest] = this.#open;
      if (oldest === undefined || oldest > last) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  #plain(): Promise<void> {
    return this.#send({ query: '', bytes: 300, fresh: false, key: null });
  }

  #any(): Promise<void> {
    const { random, slowest } = this.#options;
    const slow = random() < 0.01;
    return this.#send({
      query: slow ? `?ms=${Math.ceil(random() * slowest)}` : '',
      bytes: random() < 0.002 ? LARGE : 300,
      fresh: random() < 0.05,
      key: random() < 0.5 ? `caller-${Math.floor(random() * 1000)}` : null,
    });
  }

  #send(one: { query: string; bytes: number; fresh: boolean; key: string | null }): Promise<void> {
    const body = JSON.stringify({ inputs: 'x'.repeat(one.bytes) });
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (one.key !== null) headers['x-sluice-key'] = one.key;
    const agent = one.fresh ? false : this.#agent;
    const start = performance.now();
    this.sent += 1;
    const serial = this.sent;
    this.#open.add(serial);
    return new Promise((resolve) => {
      const end = (problem: string | null) => {
        this.#open.delete(serial);
        if (problem === null) this.#good(one.query === '' ? performance.now() - start : null);
        else this.#bad(`${new Date().toISOString()} ${one.query} ${problem}`);
        resolve();
      };
      const outgoing = request(this.#options.url + one.query, { method: 'POST', headers, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => end(wrong(response.statusCode, text, body.length)));
        response.on('error', (error) => end(`answer: ${error.message}`));
      });
      outgoing.setTimeout(PATIENCE, () => outgoing.destroy(new Error(`no answer in ${PATIENCE} ms`)));
      outgoing.on('error', (error) => end(error.message));
      outgoing.end(body);
    });
  }

  #good(latency: number | null): void {
    this.done += 1;
    if (latency === null) return;
    if (this.latencies.length < SAMPLE) this.latencies.push(latency);
    else {
      const place = Math.floor(this.#options.random() * this.done);
      if (place < SAMPLE) this.latencies[place] = latency;
    }
  }

  #bad(problem: string): void {
    this.failed += 1;
    if (this.failures.length < TOLD) this.failures.push(problem);
  }
}

function wrong(status: number | undefined, text: string, sent: number): string | null {
  if (status !== 200) return `status ${status}: ${text.slice(0, 200)}`;
  return text.endsWith(`"bytes":${sent}}`) ? null : `the answer is not whole: ${text.slice(0, 200)}`;
}
