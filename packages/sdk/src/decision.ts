/** What a person may do about a candidate. */
export const decisionKinds = ['approve', 'override', 'reject'] as const;
/** One of these. */
export type DecisionKind = (typeof decisionKinds)[number];

/**
 * What a decision is about. A decision that names another of these than the question has does not count; of all
 * questions that a run has asked so far, it must fit exactly one, and that one must be open.
 */
export interface DecisionSubject {
  /** Workflow id of the run. */
  readonly run: string;
  /** Path of the deploy step. */
  readonly step: string;
  readonly endpoint: string;
  /** Digest of the candidate. */
  readonly candidate: string;
  /** From 1; a step that has to ask again asks in the next round, and answers to an earlier one count for nothing. */
  readonly round: number;
}

/** What a human sends, by signal (`approve`, `override`, `reject`) or by the update `decide`. */
export interface DecisionRequest {
  readonly decision: DecisionKind;
  /** Who decides. Ignored where `approvers.oidc` is set: there the token says who. */
  readonly by?: string;
  /** Required for an override. */
  readonly reason?: string;
  /** Run meant, by its workflow id. */
  readonly run?: string;
  /** Deploy step meant, by its path. */
  readonly step?: string;
  /** Endpoint meant. */
  readonly endpoint?: string;
  /** Digest (or a unique prefix of at least 8 hexadecimal digits) of the candidate meant. */
  readonly candidate?: string;
  /** Round meant, `"2"`; needed once a step has asked more than once. */
  readonly round?: string;
  /**
   * OpenID Connect token, where the config asks for one, sealed by the project's key for this decision only: histories
   * keep what is sent. `sluice approve` seals it; one in clear does not count.
   */
  readonly token?: string;
}

/** How a decision arrived. */
export type DecisionVia = 'signal' | 'update' | 'policy';

/** What a human did, as recorded. */
export interface Decision extends DecisionSubject {
  readonly decision: DecisionKind;
  readonly by: string;
  readonly reason: string | null;
  /** ISO 8601, the workflow's clock. */
  readonly at: string;
  readonly via: DecisionVia;
  /** Digest of the evidence that was on the table. */
  readonly evidence: string;
}

/** A decision that did not count, and why. */
export interface RefusedDecision {
  readonly decision: string;
  readonly by: string | null;
  readonly at: string;
  readonly via: DecisionVia;
  readonly why: string;
  /** Decisions of the run that had counted before it. @default not known, in runs of before */
  readonly after?: number;
}

/** All decisions of a run, those that did not count too, in the order in which they arrived. */
export function decisionsInOrder(
  counted: readonly Decision[],
  refused: readonly RefusedDecision[],
): (Decision | RefusedDecision)[] {
  const placed = [
    ...counted.map((one, index) => ({ one, at: Date.parse(one.at), nth: index + 0.5 })),
    ...refused.map((one) => ({ one, at: Date.parse(one.at), nth: one.after ?? counted.length })),
  ];
  // Within one task of the workflow all have one time, and the order in which they were judged tells.
  return placed.sort((a, b) => a.at - b.at || a.nth - b.nth).map(({ one }) => one);
}

/** How a token begins that only the project's workers can read. */
export const SEALED = 'sealed.v1.';

/** Is it no token in clear? Whether it can be opened is said by who opens it. */
export function isSealed(token: string): boolean {
  return token.startsWith(SEALED);
}

/**
 * The one form in which names of people are compared: approvers, those who decide and those who start runs. Unicode's
 * NFKC, without case and without spaces around or doubled inside.
 */
export function personName(name: string): string {
  return name.normalize('NFKC').trim().replace(/\s+/gu, ' ').toLowerCase();
}
