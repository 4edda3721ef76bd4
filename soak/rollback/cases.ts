import type { Behaviour } from '../stand/behaviour.ts';

/** A way in which a candidate goes bad in the middle of its canary, and what dies in the same moment. */
export interface Case {
  readonly name: string;
  readonly behaviour: Omit<Behaviour, 'name'>;
  readonly dies?: 'worker' | 'temporal' | 'host';
  /**
   * When a bad answer counts: when it came, or, where it never comes, when its request was sent.
   *
   * @default 'endedAt'
   */
  readonly at?: 'sentAt' | 'endedAt';
}

/** Milliseconds that an answer takes at least; the median is 81, the 95th percentile 150: more than a busy machine adds. */
const answerMs = 60;

export const cases: readonly Case[] = [
  { name: 'errs on 2 %', behaviour: { answerMs, errors: 0.02 } },
  { name: '30 % slower at p95', behaviour: { answerMs, tail: 1.3 } },
  { name: 'hangs', behaviour: { answerMs, hangs: 1 }, at: 'sentAt' },
  { name: 'dies', behaviour: { answerMs, diesAt: 1 } },
  { name: 'dies with the worker', behaviour: { answerMs, diesAt: 1 }, dies: 'worker' },
  { name: 'dies with Temporal', behaviour: { answerMs, diesAt: 1 }, dies: 'temporal' },
  { name: 'dies with the gateway', behaviour: { answerMs, diesAt: 1 }, dies: 'host' },
  { name: 'errs on all with the worker', behaviour: { answerMs, errors: 1 }, dies: 'worker' },
  { name: 'errs on all with Temporal', behaviour: { answerMs, errors: 1 }, dies: 'temporal' },
];

/** What serves before. */
export const stable: Omit<Behaviour, 'name'> = { answerMs };
