import type { UnkeptAnswer } from '@sluice/sdk';
import { parseCaptured } from './captured.ts';

/** What a shadow answered to a copy of a request. */
export interface ShadowedAnswer {
  /** When the answer was whole, epoch ms. */
  readonly at: number;
  /** Id of the version that answered. */
  readonly version: string;
  /** The request's body; null when it was left out, because it had to be redacted and could not be read. */
  readonly body: Buffer | null;
  /** The answer's body; null when it was left out for that, or was not kept. */
  readonly answer: string | null;
  /** Why it was not kept. */
  readonly unkept: UnkeptAnswer | null;
}

const reasons: readonly unknown[] = ['status', 'size', 'form'] satisfies UnkeptAnswer[];

/** One line of JSON as a shadow's answer; null when it is none. */
export function parseShadowed(line: string): ShadowedAnswer | null {
  const request = parseCaptured(line);
  if (request === null) return null;
  const { version, responseBody, unkept } = JSON.parse(line) as Record<string, unknown>;
  if (typeof version !== 'string') return null;
  const kept = unkept === undefined && typeof responseBody === 'string';
  return {
    at: request.at,
    version,
    body: request.body,
    answer: kept ? responseBody : null,
    unkept: reasons.includes(unkept) ? (unkept as UnkeptAnswer) : null,
  };
}
