import type { SluiceActivities } from '@sluice/sdk';

type Input = Parameters<SluiceActivities['evaluate']>[0];

/** An evaluation by a suite folder. */
export interface SuiteInput {
  readonly ref: Input['ref'];
  readonly spec: Input['spec'] & { readonly endpoint: string };
  /** The suite's folder, below the project. */
  readonly folder: string;
  readonly where: string;
}
