import type { Decision, RunStatus, SluiceActivities } from '@sluice/sdk';
import type { StepWork } from '../../records/step-work.ts';
import type { DeployPart } from '../data.ts';

type Registered = Partial<Parameters<SluiceActivities['registerCandidate']>[0]>;
type Recorded = Partial<Parameters<SluiceActivities['recordDecision']>[0]>;

/**
 * What was asked of each candidate of a run, and what people said of it.
 *
 * @param status null where no worker answers: then the history alone tells
 */
export function deployParts(works: readonly StepWork[], status: RunStatus | null): DeployPart[] {
  const steps = new Set(works.filter(({ activity }) => activity === 'registerCandidate').map(({ step }) => step));
  return [...steps].map((step) =>
    deployPart(
      step,
      works.filter((work) => work.step === step),
      status,
    ),
  );
}

function deployPart(step: string, works: readonly StepWork[], status: RunStatus | null): DeployPart {
  const registered = works.findLast(({ activity }) => activity === 'registerCandidate');
  const asked = (registered?.input ?? {}) as Registered;
  const version = registered?.result as Awaited<ReturnType<SluiceActivities['registerCandidate']>> | undefined;
  const recorded = works.filter(({ activity }) => activity === 'recordDecision').map(({ input }) => input as Recorded);
  const last = recorded.at(-1);
  const open = status?.gates.find((gate) => gate.step === step) ?? null;
  const told = status?.steps.find((one) => one.step === step);
  const decisions = status?.decisions.filter((one) => one.step === step) ?? decisionsIn(recorded);
  const state = open?.state ?? told?.outcome ?? last?.state ?? told?.state ?? 'running';
  const gates = open?.gates ?? last?.evidence ?? asked.gates ?? [];
  return {
    step,
    endpoint: asked.endpoint ?? open?.endpoint ?? '',
    candidate: version?.digest ?? asked.model?.digest ?? '',
    version: version?.registered?.version ?? null,
    baseline: last?.baseline ?? baselineIn(asked.gates ?? []),
    verdict: open?.verdict ?? last?.verdict ?? told?.verdict ?? null,
    state,
    gates,
    open,
    decisions,
    // What did not count need not say which question was meant.
    refused: status?.refused ?? [],
    // A note may say no more than the state does, or than who rejected it and why.
    reason:
      told?.note == null || told.note === state || (state === 'rejected' && decisions.length > 0) ? null : told.note,
  };
}

function decisionsIn(recorded: readonly Recorded[]): Decision[] {
  return recorded.flatMap(({ decision }) => decision ?? []);
}

function baselineIn(gates: readonly object[]): string | null {
  const found = gates
    .map((gate) => (gate as { readonly baseline?: unknown }).baseline)
    .find((one) => typeof one === 'string');
  return typeof found === 'string' ? found : null;
}
