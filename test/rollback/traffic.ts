import { Agent, request } from 'node:http';

/** One request of a steady caller, and how it went. Times in epoch ms. */
export interface Call {
  readonly sentAt: number;
  endedAt: number;
  /** On a connection of its own, or on one that is kept open. */
  readonly fresh: boolean;
  readonly live: boolean;
  /** Null while under way, and for a connection that broke. */
  status: number | null;
  version: string | null;
  error: string | null;
}

export interface Traffic {
  /** Every request that was sent, oldest first. */
  readonly calls: readonly Call[];
  /** Marks the records of requests from now on: models served as `fails-after` fail those. */
  live: boolean;
  /** Where requests go; a stack that was started anew has another address. */
  url: string;
  /** Sends no more and waits for what is under way. */
  stop(): Promise<void>;
}

export interface TrafficOptions {
  /** Keeps the record of every request. @default true */
  readonly keep?: boolean;
  readonly onEnd?: (call: Call) => void;
}

/** Calls an endpoint at a steady rate, whatever the answers: every other request on a connection of its own. */
export function startTraffic(url: string, perSecond: number, options: TrafficOptions = {}): Traffic {
  const { keep = true, onEnd } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const calls: Call[] = [];
  const open = new Set<Promise<void>>();
  let sent = 0;
  const send = () => {
    const call: Call = {
      sentAt: Date.now(),
      endedAt: 0,
      fresh: sent % 2 === 0,
      live: traffic.live,
      status: null,
      version: null,
      error: null,
    };
    sent += 1;
    if (keep) calls.push(call);
    const done = answered(traffic.url, call, sent, agent).finally(() => {
      open.delete(done);
      onEnd?.(call);
    });
    open.add(done);
  };
  const timer = setInterval(send, 1000 / perSecond);
  const traffic: Traffic = {
    calls,
    live: false,
    url,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
    },
  };
  return traffic;
}

/** Answers other than 200, and connections that broke; requests under way are neither. */
export function failuresOf(traffic: Pick<Traffic, 'calls'>): Call[] {
  return traffic.calls.filter((call) => call.endedAt > 0 && call.status !== 200);
}

/** Failures as `3 × 500, 1 × ECONNRESET`. */
export function told(failures: readonly Call[]): string {
  const kinds = new Map<string, number>();
  for (const { status, error } of failures) {
    const kind = error ?? String(status);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ') || 'none';
}

function answered(url: string, call: Call, i: number, agent: Agent): Promise<void> {
  const body = JSON.stringify({ dataframe_records: [call.live ? { i: i % 100, live: true } : { i: i % 100 }] });
  return new Promise((done) => {
    const end = (error: string | null) => {
      if (call.endedAt > 0) return;
      call.endedAt = Date.now();
      call.error = error;
      done();
    };
    const sent = request(
      url,
      {
        method: 'POST',
        agent: call.fresh ? false : agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        call.version = String(response.headers['x-sluice-version'] ?? '') || null;
        response.resume();
        response.on('end', () => {
          call.status = response.statusCode ?? null;
          end(null);
        });
        response.on('error', (error) => end(codeOf(error)));
      },
    );
    sent.on('error', (error) => end(codeOf(error)));
    sent.end(body);
  });
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
