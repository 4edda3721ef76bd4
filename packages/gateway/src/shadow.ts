import { AnswerPrefix } from './answer-prefix.ts';
import { isError, type Outcome } from './bucket.ts';
import type { InFlight } from './in-flight.ts';
import type { TrafficRecorder } from './traffic-recorder.ts';
import { openUpstream } from './upstream.ts';

/** One side of a comparison. */
export interface Compared {
  outcome: Outcome;
  answer: AnswerPrefix;
}

export interface Copy {
  endpoint: string;
  version: string;
  port: number | null;
  method: string;
  path: string;
  headers: string[];
  body: Buffer;
  deadlineMs: number;
  /** What the caller got; null when the caller went away. */
  primary: Promise<Compared | null>;
}

/** Sends copies of requests to a shadow version. Nothing here can reach the caller or the caller's metrics. */
export class ShadowTraffic {
  readonly #recorder: TrafficRecorder;
  readonly #inFlight: InFlight;
  readonly #limit: number;
  #open = 0;

  constructor(recorder: TrafficRecorder, inFlight: InFlight, limit: number) {
    this.#recorder = recorder;
    this.#inFlight = inFlight;
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
    const primary = await copy.primary;
    if (primary) this.#compare(copy, primary, shadow);
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

function answerOf({ port, method, path, headers, body, deadlineMs }: Copy): Promise<Compared> {
  const answer = new AnswerPrefix(true);
  if (port === null) return Promise.resolve({ outcome: { kind: 'transport' }, answer });
  const started = performance.now();
  return new Promise((resolve) => {
    const settle = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve({ outcome, answer });
    };
    const upstream = openUpstream(
      { port, method, path, headers },
      {
        response(message) {
          message.on('data', (chunk: Buffer) => answer.push(chunk));
          message.on('end', () => {
            const latencyMs = performance.now() - started;
            settle({ kind: 'answered', status: message.statusCode ?? 0, latencyMs });
          });
        },
        failed: () => settle({ kind: 'transport' }),
      },
    );
    const timer = setTimeout(() => {
      settle({ kind: 'deadline', latencyMs: performance.now() - started });
      upstream.destroy();
    }, deadlineMs);
    upstream.end(body);
  });
}
