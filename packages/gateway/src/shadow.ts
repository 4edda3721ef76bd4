import { AnswerPrefix } from './answer-prefix.ts';
import { isError, type Outcome } from './bucket.ts';
import type { InFlight } from './in-flight.ts';
import { type Limits, Patience } from './patience.ts';
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
  headers: (port: number) => string[];
  body: Buffer;
  limits: Limits;
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

function answerOf({ port, method, path, headers, body, limits }: Copy): Promise<Compared> {
  const answer = new AnswerPrefix(true);
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  return new Promise((resolve) => {
    const settle = (outcome: Outcome) => {
      patience.end();
      resolve({ outcome, answer });
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
