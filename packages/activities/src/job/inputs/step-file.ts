import { writeFileSync } from 'node:fs';
import type { Dataset, JobInput } from '@sluice/sdk';
import { PROTOCOL } from '../events/event.ts';
import type { LocalInputs } from './inputs.ts';
import type { WorkDir } from './work-dir.ts';

/** Writes what a trainer is told: the file that `SLUICE_STEP` names. Documented in `docs/trainer-protocol.md`. */
export function writeStepFile(
  work: WorkDir,
  input: JobInput,
  inputs: LocalInputs,
  resume: { readonly step: number; readonly path: string } | null,
): void {
  const { ref, spec } = input;
  const data = Object.entries(inputs.data).map(([name, path]) => {
    const { digest, rows } = spec.data[name] as Dataset;
    return [name, { path, digest, rows }] as const;
  });
  const models = spec.models.map((model, index) => ({
    name: model.step.slice(model.step.lastIndexOf('/') + 1),
    keys: model.keys,
    path: inputs.models[index],
    digest: model.digest,
  }));
  const step = {
    protocol: PROTOCOL,
    run: ref.workflowId,
    step: ref.step,
    name: ref.name,
    keys: ref.keys,
    attempt: input.attempt,
    seed: spec.seed,
    data: Object.fromEntries(data),
    models,
    hyper: spec.hyper,
    output: work.output,
    checkpoints: work.checkpoints,
    resume,
    gpus: input.gpus,
    interruptible: input.interruptible,
  };
  writeFileSync(work.step, JSON.stringify(step, null, 2));
}
