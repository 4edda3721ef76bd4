import type { Artifact, Digest, ModelRef, Origin, Report } from '../artifact.ts';
import { ErrorCode, SluiceError } from '../errors.ts';
import type { ResultOf, SpecBase } from '../spec.ts';

/** What runtimes, plans and commands have to know of a kind of step; what a step function does stands beside it. */
export interface StepKind<Spec extends SpecBase> {
  /** What a plan goes on with: of the right type, with nothing in it, and every verdict `pass`. */
  readonly planned: (spec: Spec, origin: Origin) => ResultOf<Spec>;
  /** The endpoint it is about, which the config must have; null for none. */
  readonly endpoint?: (spec: Spec, pipeline: string) => string | null;
  /**
   * What a plan says of it, the first line beside its name.
   *
   * @param now epoch ms
   */
  readonly plan?: (spec: Spec, now: number) => readonly string[];
  /** What stands beside a finished step where runs are looked at. */
  readonly note?: (result: ResultOf<Spec>) => string | null;
  /**
   * What of it can be done without a stack that knows what serves and what was asked: by `sluice step` alone.
   *
   * @throws SluiceError `NotFound` where nothing can
   */
  readonly alone?: (spec: Spec, path: string) => Spec;
}

/** Digest of what a plan makes up. */
export const zeroes: Digest = `sha256:${'0'.repeat(64)}`;

/** An artifact that a plan makes up. */
export function planned<Kind extends Artifact['kind']>(kind: Kind): Artifact & { readonly kind: Kind } {
  const hex = '0'.repeat(64);
  const uri = kind === 'dataset' || kind === 'report' ? `sluice:blob/${hex}` : `sluice:tree/${hex}`;
  return { kind, uri, digest: zeroes, bytes: 0 };
}

export function checkCount({ length }: readonly unknown[]): string {
  return length === 1 ? '1 check' : `${length} checks`;
}

/** The part of a gate's result that a plan makes up. */
export function passed({ name }: SpecBase) {
  return { name, verdict: 'pass', evidence: [] } as const;
}

/** What a plan makes up for a gate that measures a model. */
export function plannedReport(spec: SpecBase & { readonly model: ModelRef }, { step }: Pick<Origin, 'step'>): Report {
  return { ...passed(spec), step, report: planned('report'), candidate: spec.model.digest, baseline: null };
}

/** Nothing was captured where no gateway runs. */
export function noCaptures(path: string, verb: string): SluiceError {
  return new SluiceError(ErrorCode.NotFound, `${path}: there are no captured requests to ${verb}.`, {
    where: path,
    fix: 'Start sluice dev in another terminal: its gateway keeps them.',
  });
}
