import type { Decision, GateResult, Json, OpenGate, RefusedDecision, Verdict } from '@sluice/sdk';
import type { Cost, RunRow } from '@sluice/ui/api';
import type { ReplayPart } from './data-replay.ts';
import type { Fact, Row } from './data-row.ts';

export type { Fact, Row } from './data-row.ts';

/** All that the report of a run tells: what it is rendered of, and nothing else. Absent numbers are null, never 0. */
export interface RunReport {
  /** Epoch ms when it was read. */
  readonly at: number;
  readonly project: string;
  /** Of Sluice. */
  readonly version: string;
  readonly run: RunRow;
  readonly params: Json;
  /** The MLflow run that stands for it; null where MLflow is off. */
  readonly mlflowRunId: string | null;
  readonly deploys: readonly DeployPart[];
  readonly evaluations: readonly EvaluationPart[];
  readonly replays: readonly ReplayPart[];
  readonly data: readonly DataPart[];
  readonly rollouts: readonly RolloutPart[];
  readonly lineage: LineagePart;
  /** Null where no job has run. */
  readonly cost: Cost | null;
  /** Pages of other systems, by name. */
  readonly links: Readonly<Record<string, string>>;
  /** What could not be read, each a sentence. */
  readonly missing: readonly string[];
}

/** What is asked of a candidate, and what people said. */
export interface DeployPart {
  readonly step: string;
  readonly endpoint: string;
  /** Digest. */
  readonly candidate: string;
  /** MLflow's version of the registered model. */
  readonly version: string | null;
  /** Digest of what served when it was decided; null: nothing did, or nobody knows. */
  readonly baseline: string | null;
  readonly verdict: Verdict | null;
  /** `awaiting-approval`, `blocked`, `rolling-out`, `deployed`, `rejected` … */
  readonly state: string;
  readonly gates: readonly GateResult[];
  /** The question that is open now. */
  readonly open: OpenGate | null;
  readonly decisions: readonly Decision[];
  readonly refused: readonly RefusedDecision[];
  /** Why it ended as it did. */
  readonly reason: string | null;
}

/** One evaluation: its rows, and the cases that lost most. */
export interface EvaluationPart {
  readonly step: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly candidate: string | null;
  readonly baseline: string | null;
  /** Pairs of what is told of the suite and of the method. */
  readonly facts: readonly Fact[];
  readonly evidence: readonly Row[];
  readonly worst: readonly WorstCase[];
}

/** One case with both answers. */
export interface WorstCase {
  /** Its id, or its row in the file. */
  readonly id: string;
  /** Its task and category. */
  readonly category: string | null;
  readonly input: string | null;
  readonly expected: string | null;
  readonly old: Answer | null;
  readonly new: Answer;
}

export interface Answer {
  readonly text: string;
  /** By metric. */
  readonly scores: readonly (readonly [metric: string, score: number | null])[];
  /** It is not an answer but what went wrong. */
  readonly failed: boolean;
}

/** A dataset with its checks. */
export interface DataPart {
  readonly step: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly rows: number | null;
  readonly digest: string | null;
  readonly checks: readonly Row[];
  /** Values that break a rule, where they may be shown. */
  readonly offending: readonly Offending[];
  readonly columns: readonly ColumnPart[];
  /** Where the columns' reference comes from. */
  readonly reference: string | null;
}

/** A rule with some of what breaks it. */
export interface Offending {
  readonly rule: string;
  readonly count: number | null;
  /** Each with the number of its row, from 0, where that is known. */
  readonly values: readonly { readonly value: string; readonly row: number | null }[];
}

export interface ColumnPart {
  readonly name: string;
  readonly type: string;
  readonly count: number | null;
  readonly nulls: number | null;
  readonly distinct: number | null;
  readonly mean: number | null;
  readonly sd: number | null;
  readonly min: number | string | null;
  readonly max: number | string | null;
  readonly histogram: Histogram | null;
  readonly top: readonly { readonly value: string; readonly count: number }[] | null;
  readonly reference: ColumnReference | null;
}

/** As `@sluice/activities` writes it: two more counts than inner bins, for what lies outside of the edges. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export interface ColumnReference {
  readonly rows: number;
  readonly nulls: number | null;
  readonly mean: number | null;
  readonly histogram: Histogram | null;
  readonly top: readonly { readonly value: string; readonly count: number }[] | null;
}

/** How traffic went to a candidate. */
export interface RolloutPart {
  readonly endpoint: string;
  readonly candidate: string;
  readonly state: string;
  readonly reason: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly firstBadAt: number | null;
  readonly offTrafficAt: number | null;
  readonly evidence: readonly Row[];
  /** What its answers to copies were judged by before it answered anybody, where that did not end it; null: they were not. */
  readonly shadow: { readonly verdict: Verdict; readonly rows: number; readonly evidence: readonly Row[] } | null;
  /** Percent of the traffic that the candidate was given, from a moment (epoch ms) on. */
  readonly shares: readonly { readonly at: number; readonly percent: number }[];
  readonly looks: readonly LookPart[];
}

/** One phase of a rollout with what it was judged by. */
export interface LookPart {
  readonly phase: string;
  /** Epoch ms when it ended. */
  readonly at: number;
  readonly seconds: number;
  readonly verdict: Verdict;
  readonly reason: string | null;
  readonly candidate: Counted | null;
  readonly stable: Counted | null;
}

export interface Counted {
  readonly requests: number;
  readonly errors: number;
}

export interface LineagePart {
  readonly commit: string | null;
  readonly dirty: boolean;
  readonly datasets: readonly { readonly name: string; readonly digest: string; readonly rows: number | null }[];
  readonly models: readonly ModelPart[];
}

export interface ModelPart {
  readonly step: string;
  readonly digest: string;
  readonly code: string | null;
  readonly hyper: string | null;
  readonly data: readonly Fact[];
  readonly parents: readonly string[];
  readonly moreParents: number;
  readonly metrics: readonly Fact[];
}
