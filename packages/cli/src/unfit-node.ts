import module from 'node:module';
import type { CliErrorCode } from './errors.ts';

/** Oldest Node that loads TypeScript files without being told to. The packages' `engines` say the same. */
const OLDEST = '22.18';

/** Why this Node cannot run the command. */
export interface UnfitNode {
  readonly code: (typeof CliErrorCode)['UnsupportedNode'];
  readonly message: string;
  /** Path of the Node that runs. */
  readonly where: string;
  readonly fix: string;
}

/**
 * What keeps this Node from running the command, or null. Configs and pipelines are TypeScript that Node loads as it
 * is, and a hook resolves their `@sluice/sdk`. Nothing of ours is imported here: an old Node must be able to load it.
 */
export function unfitNode(): UnfitNode | null {
  if ('registerHooks' in module && process.features.typescript) return null;
  return {
    code: 'UnsupportedNode',
    message: `Sluice needs Node ${OLDEST} or newer, with its loading of TypeScript left on; this is Node ${process.versions.node}.`,
    where: process.execPath,
    fix: 'Install a newer Node from https://nodejs.org. If this one is new enough, take --no-strip-types out of NODE_OPTIONS.',
  };
}
