export const decisionKinds = ['approve', 'override', 'reject'] as const;
export type DecisionKind = (typeof decisionKinds)[number];

/** What a human sends, by signal (`approve`, `override`, `reject`) or by the update `decide`. */
export interface DecisionRequest {
  readonly decision: DecisionKind;
  /** Who decides. Ignored where `approvers.oidc` is set: there the token says who. */
  readonly by?: string;
  /** Required for an override. */
  readonly reason?: string;
  /** Digest (or a unique prefix of at least 8 hexadecimal digits) of the candidate meant. */
  readonly candidate?: string;
  /** Endpoint meant, where one candidate waits for several. */
  readonly endpoint?: string;
  /** OpenID Connect token, where the config asks for one. Never recorded. */
  readonly token?: string;
}

/** How a decision arrived. */
export type DecisionVia = 'signal' | 'update' | 'policy';

/** What a human did, as recorded. */
export interface Decision {
  readonly decision: DecisionKind;
  readonly by: string;
  readonly reason: string | null;
  /** ISO 8601, the workflow's clock. */
  readonly at: string;
  readonly via: DecisionVia;
  /** Digest of the candidate decided on. */
  readonly candidate: string;
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
}
