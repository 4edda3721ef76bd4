import { AnswerPrefix } from './answer-prefix.ts';
import { isError, type Outcome } from './bucket.ts';
import type { Answered } from './capture-entry.ts';
import type { CaptureQueue } from './capture-queue.ts';
import type { InFlight } from './in-flight.ts';
import { type Limits, Patience } from './patience.ts';
import type { TrafficRecorder } from './traffic-recorder.ts';
import { openUpstream } from './upstream.ts';

/** One side of a comparison. */
export interface Compared {
  outcome: Outcome;
  answer: AnswerPrefix;
}

/** What the shadow said. */
interface ShadowAnswer extends Compared {
  /** Name, value, name, value …; none where there was no answer. */
  headers: readonly string[];
}

export interface Copy {
  endpoint: string;
  version: string;
  port: number | null;
  method: string;
  path: string;
  headers: (port: number) => string[];
  body: Buffer;
  limits: Limits;
  /** What the caller got; null when the caller went away. */
  primary: Promise<Compared | null>;
  /** What of the request is written with the answer; null: the answer goes nowhere. */
  keep: Pick<Answered, 'requestId' | 'requestHeaders' | 'digest'> | null;
}

/** Sends copies of requests to a shadow version. Nothing here can reach the caller or the caller's metrics. */
export class ShadowTraffic {
  readonly #recorder: TrafficRecorder;
  readonly #inFlight: InFlight;
  readonly #captures: CaptureQueue;
  readonly #limit: number;
  #open = 0;

  constructor(recorder: TrafficRecorder, inFlight: InFlight, captures: CaptureQueue, limit: number) {
    this.#recorder = recorder;
    this.#inFlight = inFlight;
    this.#captures = captures;
    this.#limit = limit;
  }

  async send(copy: Copy): Promise<void> {
    const { endpoint, version } = copy;
    if (this.#open >= this.#limit) {
      this.#recorder.compare(endpoint, version, (comparison) => {
        comparison.dropped += 1;
      });
      return;
    }
    this.#open += 1;
    this.#inFlight.enter(endpoint, version);
    const shadow = await answerOf(copy);
    this.#open -= 1;
    this.#inFlight.leave(endpoint, version);
    this.#recorder.record(endpoint, version, true, shadow.outcome, null);
    this.#keep(copy, shadow);
    const primary = await copy.primary;
    if (primary) this.#compare(copy, primary, shadow);
  }

  #keep({ keep, endpoint, version, method, path, body }: Copy, { outcome, answer, headers }: ShadowAnswer): void {
    if (keep === null || outcome.kind !== 'answered') return;
    const answered = {
      ...keep,
      arrivedAt: Date.now(),
      endpoint,
      version,
      method,
      path,
      body: [body],
      status: outcome.status,
      responseHeaders: headers,
      response: answer.chunks(),
      responseBytes: answer.bytes,
      latencyMs: outcome.latencyMs,
      shadow: true,
    } as const;
    this.#captures.record(answered, false);
  }

  #compare({ endpoint, version }: Copy, primary: Compared, shadow: Compared): void {
    this.#recorder.compare(endpoint, version, (comparison) => {
      const [primaryFailed, shadowFailed] = [isError(primary.outcome), isError(shadow.outcome)];
      const sameClass = statusClass(primary.outcome) === statusClass(shadow.outcome);
      comparison.compared += 1;
      if (!primaryFailed && shadowFailed) comparison.worse += 1;
      if (primaryFailed && !shadowFailed) comparison.better += 1;
      if (!sameClass) return;
      comparison.sameStatusClass += 1;
      const sameLength = primary.answer.bytes === shadow.answer.bytes;
      if (sameLength && primary.answer.prefix().equals(shadow.answer.prefix())) comparison.sameBody += 1;
    });
  }
}

const statusClass = (outcome: Outcome): string =>
  outcome.kind === 'answered' ? `${Math.floor(outcome.status / 100)}xx` : outcome.kind;

function answerOf({ port, method, path, headers, body, limits }: Copy): Promise<ShadowAnswer> {
  const answer = new AnswerPrefix(true);
  let raw: readonly string[] = [];
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  return new Promise((resolve) => {
    const settle = (outcome: Outcome) => {
      patience.end();
      resolve({ outcome, answer, headers: raw });
    };
    const patience = new Patience(limits, () => {
      letGo();
      settle({ kind: 'deadline', latencyMs: elapsed() });
    });
    let letGo: () => void = () => undefined;
    letGo = openUpstream(
      { port: () => port, method, path, headers },
      {
        connected: (upstream) => upstream.end(body),
        response(message) {
          patience.answering();
          raw = message.rawHeaders;
          message.on('data', (chunk: Buffer) => {
            patience.moved();
            answer.push(chunk);
          });
          message.on('end', () => settle({ kind: 'answered', status: message.statusCode ?? 0, latencyMs: elapsed() }));
        },
        failed: () => settle({ kind: 'transport' }),
      },
    );
  });
}
