import { milliseconds } from '../duration.ts';
import { checkName } from '../name.ts';
import { checkFields, invalidStep, nonEmptyText, shown } from '../options.ts';
import type { TemporalOptions } from '../spec.ts';

/** Where a step runs, and how Temporal treats it. */
export interface Placement {
  /** Resource class of `sluice.config.ts`. @default the project's default class */
  readonly on?: string;
  /** Raw Temporal activity options; they win over what Sluice would set. @default none */
  readonly temporal?: TemporalOptions;
}

export const placementFields = { on: true, temporal: true } as const;

const temporalFields = {
  heartbeatTimeout: true,
  priority: true,
  retry: true,
  scheduleToCloseTimeout: true,
  scheduleToStartTimeout: true,
  startToCloseTimeout: true,
  taskQueue: true,
} as const;

/** The part of a step's spec that says where it runs. @throws SluiceError `InvalidStep` */
export function placementOf(
  options: Placement,
  where: string,
): { on: string | null; temporal: TemporalOptions | null } {
  const { on, temporal } = options;
  if (on !== undefined) checkName('resource class', on);
  if (temporal === undefined) return { on: on ?? null, temporal: null };
  checkFields<TemporalOptions>(where, temporal, temporalFields, 'temporal');
  for (const [label, value] of Object.entries(temporal)) {
    if (value === undefined) continue;
    if (label === 'taskQueue') nonEmptyText(where, 'temporal.taskQueue', value);
    else if (label.endsWith('Timeout')) milliseconds(value as number, where, `temporal.${label}`);
    else if (typeof value !== 'object' || value === null) {
      throw invalidStep(
        where,
        `temporal.${label} is ${shown(value)}.`,
        "Give an object, as in Temporal's ActivityOptions.",
      );
    }
  }
  return { on: on ?? null, temporal };
}
