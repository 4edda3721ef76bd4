import { isBuiltin } from 'node:module';

/** Built-in modules that Temporal's sandbox has, in part. */
const inSandbox = /^(?:node:)?(?:assert|url|util)(?:\/|$)/;
const ofWorkers = /^@temporalio\/(?:activity|client|worker|testing|core-bridge)(?:\/|$)/;

/** Cannot be in a pipeline, whatever file imports it. */
export function isForbidden(specifier: string): boolean {
  return (isBuiltin(specifier) && !inSandbox.test(specifier)) || ofWorkers.test(specifier);
}
