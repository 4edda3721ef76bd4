import { type OpenGate, worstOf } from '@sluice/sdk';
import type { RunView, StepView } from '../../packages/ui/src/api.ts';
import { attempt } from './attempt.ts';
import { hostile, recordedAt } from './recorded.ts';

/** The recorded run while its question was open, with the gates that were recorded with its deploy step. */
export function asking(view: RunView, { status, spec, inputs }: StepView, state: OpenGate['state']): RunView {
  const gates = (spec as unknown as { gates: OpenGate['gates'] }).gates;
  const candidate = inputs[0]?.digest ?? '';
  const bound = `${view.row.id} --step flight-delays --endpoint flight-delays --candidate ${candidate.slice(7, 19)}`;
  const verbs = [
    ...(state === 'blocked' ? [] : [`sluice approve ${bound}`]),
    `sluice override ${bound} --reason '…'`,
    `sluice reject ${bound} --reason '…'`,
  ];
  const gate: OpenGate = {
    step: 'flight-delays',
    endpoint: 'flight-delays',
    candidate,
    version: '2',
    state,
    verdict: worstOf(gates.map(({ verdict }) => verdict)),
    gates,
    expiresAt: recordedAt + 172_000_000,
    round: 1,
    commands: verbs,
  };
  const steps = view.status.steps.map((one) =>
    one.step === 'flight-delays' ? { ...status, state: 'waiting' as const, end: null, verdict: null, note: null } : one,
  );
  return {
    ...view,
    row: { ...view.row, state, endedAt: null },
    status: { ...view.status, state, steps, gates: [gate], decisions: [] },
    failure: null,
  };
}

/** A recorded run in which everything that people write is hostile. */
export function hostileRun(view: RunView): RunView {
  const step = view.status.steps[0];
  const steps = step === undefined ? [] : [{ ...step, step: 'x', note: hostile }];
  return {
    ...view,
    row: { ...view.row, by: hostile, endpoint: hostile },
    status: { ...view.status, steps, gates: [] },
    params: { [hostile]: hostile },
    failure: { code: 'TrainerFailed', message: hostile, tail: [hostile] },
    temporalUrl: 'javascript:alert(1)',
  };
}

export function hostileStep(view: StepView): StepView {
  return {
    ...view,
    status: { ...view.status, step: 'x', note: hostile },
    inputs: [{ name: hostile, kind: 'files', digest: 'sha256:00', bytes: 1 }],
    metrics: { [hostile]: 1 },
  };
}

/** A recorded run whose third step failed, after a preemption. */
export function failedRun(view: RunView): RunView {
  const steps = view.status.steps.slice(0, 3).map((one, i) =>
    i < 2
      ? one
      : {
          ...one,
          state: 'failed' as const,
          note: 'TrainerFailed: exit code 1',
          attempts: [
            attempt(1, one.start, 20_000, 'preempted'),
            { ...attempt(2, one.start + 25_000, 9000, 'failed'), code: 'TrainerFailed', message: 'exit code 1' },
          ],
          end: one.start + 34_000,
        },
  );
  const tail = [
    'Traceback (most recent call last):',
    '  File "trainers/train.py", line 41, in <module>',
    '    main()',
    "KeyError: 'sched_dep_time'",
  ];
  return {
    ...view,
    row: { ...view.row, id: 'flight-delays/failed', state: 'failed', endedAt: view.row.startedAt + 95_000 },
    status: { ...view.status, state: 'failed', steps, decisions: [] },
    failure: {
      code: 'TrainerFailed',
      message: "airport=EWR/delay: the trainer ended with exit code 1: KeyError: 'sched_dep_time'",
      tail,
    },
    result: null,
  };
}
